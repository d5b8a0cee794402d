package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/wire"
)

// description is the API's OpenAPI 3.1 document.
type description struct {
	json    []byte
	schemas object
}

// describe makes the document from the route table.
func describe(routes []route, version string) (description, error) {
	s := &schemas{components: object{}}
	paths := object{}
	for _, r := range routes {
		path, ok := paths[r.path].(object)
		if !ok {
			path = object{}
			paths[r.path] = path
		}
		path[strings.ToLower(r.method)] = r.operation(s)
	}
	document := object{
		"openapi": "3.1.0",
		"info": object{
			"title": "csm-monitor", "version": lo.CoalesceOrEmpty(version, "dev"), "license": object{"name": "MIT", "identifier": "MIT"},
			"description": "Measures support chatbots: satisfaction, escalations, cost and savings, and what the bot does not know. " +
				"Null is not known, never 0. Beside each figure stands its evidence in estimates.",
		},
		"servers": []any{object{"url": "/"}},
		"paths":   paths,
		"components": object{
			"schemas":   s.components,
			"responses": object{"Problem": object{"description": "What went wrong", "content": object{"application/problem+json": object{"schema": s.of(wire.Problem{})}}}},
			"securitySchemes": object{
				"apiKey": object{"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "amo_ and 32 characters"},
				"bearer": object{"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
			},
		},
	}
	raw, err := json.MarshalIndent(document, "", " ")
	return description{raw, s.components}, err
}

func (r route) operation(s *schemas) object {
	out := object{
		"operationId": r.id(), "summary": r.summary, "tags": []string{r.area}, "responses": r.responses(s),
	}
	if r.details != "" {
		out["description"] = r.details
	}
	if params := r.parameters(); len(params) > 0 {
		out["parameters"] = params
	}
	if r.body != nil {
		out["requestBody"] = r.requestBody(s)
	}
	if r.need == public {
		out["security"] = []any{}
	} else {
		out["security"] = []any{object{"apiKey": []string{}}, object{"bearer": []string{}}}
		out["x-role"] = string(r.need)
	}
	return out
}

// id names the operation: the method with the words of its path.
func (r route) id() string {
	words := strings.FieldsFunc(strings.TrimPrefix(r.path, "/api/v1"), func(c rune) bool { return strings.ContainsRune("/-{}._", c) })
	id := strings.ToLower(r.method)
	for _, w := range words {
		id += strings.ToUpper(w[:1]) + w[1:]
	}
	return id
}

func (r route) requestBody(s *schemas) object {
	content := object{}
	for _, media := range r.types {
		schema := s.of(r.body)
		switch {
		case r.partial && reflect.TypeOf(r.body) == reflect.TypeFor[wire.NewConversation]():
			all := s.structure(reflect.TypeOf(r.body))
			delete(all, "required")
			schema = all
		case r.partial:
			schema = s.partly(reflect.TypeOf(r.body))
		case media == ndjsonType:
			schema = s.typed(reflect.TypeOf(r.body).Elem())
		}
		content[media] = object{"schema": schema}
	}
	return object{"required": true, "content": content}
}

// partly is the schema of a struct none of whose fields is required, all the way down.
func (s *schemas) partly(t reflect.Type) object {
	properties := object{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Type.Kind() == reflect.Struct && f.Type != timeType {
			properties[name] = s.partly(f.Type)
		} else {
			properties[name] = s.field(f)
		}
	}
	return object{"type": "object", "properties": properties, "additionalProperties": false}
}

func (r route) parameters() []any {
	var out []any
	if strings.Contains(r.path, "{id}") {
		kind := "string"
		if strings.Contains(r.path, "knowledge-gaps") {
			kind = "integer"
		}
		out = append(out, object{"name": "id", "in": "path", "required": true, "schema": object{"type": kind}})
	}
	for _, p := range r.params {
		out = append(out, object{"name": p.name, "in": "query", "description": p.describe(), "schema": p.schema()})
	}
	for _, p := range r.headers {
		out = append(out, object{"name": p.name, "in": "header", "description": p.describe(), "schema": p.schema()})
	}
	return out
}

func (p param) describe() string {
	if p.fallback == "" {
		return p.doc
	}
	return p.doc + " Default: " + p.fallback + "."
}

func (p param) schema() object {
	switch p.shape {
	case choice:
		return object{"type": "string", "enum": p.choices}
	case flag:
		return object{"type": "boolean"}
	case whole:
		return object{"type": "integer", "minimum": p.low, "maximum": p.high}
	case number:
		return object{"type": "number", "exclusiveMinimum": p.low, "maximum": p.high}
	case moment:
		return object{"type": "string", "description": "ISO 8601 date or time"}
	case text:
		return object{"type": "string", "minLength": p.low, "maxLength": p.high}
	}
	return object{"type": "string"}
}

func (r route) responses(s *schemas) object {
	out := object{}
	contents := map[int]object{}
	put := func(status int, media string, v any) {
		if contents[status] == nil {
			contents[status] = object{}
		}
		contents[status][media] = object{"schema": s.of(v)}
	}
	for status, v := range r.answers {
		put(status, jsonType, v)
	}
	for media, v := range r.streams {
		put(http.StatusOK, media, v)
	}
	for status, content := range contents {
		out[strconv.Itoa(status)] = object{"description": http.StatusText(status), "content": content}
	}
	for _, status := range r.problems() {
		out[strconv.Itoa(status)] = object{"$ref": "#/components/responses/Problem"}
	}
	return out
}

// problems are the statuses of error that the route can answer with.
func (r route) problems() []int {
	out := append([]int{500, 503}, r.refusals...)
	if r.need != public {
		out = append(out, 401, 403, 429)
	}
	if r.body != nil {
		out = append(out, 400, 413, 415, 422)
	}
	if len(r.params) > 0 {
		out = append(out, 400, 422)
	}
	if r.area == "conversations" && r.body != nil {
		out = append(out, 409, 410)
	}
	if strings.Contains(r.path, "{id}") {
		out = append(out, 404)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// anchor names the operation's place on the page.
func (r route) anchor() string { return fmt.Sprintf("op-%s", r.id()) }
