package apitest

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// agrees compares an answer with what the description says of it: its status and its content type are described, every
// required member is there, none that is not described, and each is of a type that is.
func (w *World) agrees(root, operation any, r *reply) {
	answer := resolve(root, walk(operation, "responses."+strconv.Itoa(r.status)))
	content, _ := walk(answer, "content").(map[string]any)
	kind, _, _ := strings.Cut(r.header.Get("Content-Type"), ";")
	media, ok := content[kind]
	if !ok {
		w.Fault("%s: status %d with %s is not described", r.request, r.status, kind)
		return
	}
	if r.value != nil {
		w.fits(root, walk(media, "schema"), r.value, r.request.path)
	}
}

// resolve follows a reference into the description.
func resolve(root, v any) any {
	if ref, ok := walk(v, "$ref").(string); ok {
		return walk(root, strings.ReplaceAll(strings.TrimPrefix(ref, "#/"), "/", "."))
	}
	return v
}

func (w *World) fits(root, schema, v any, place string) {
	if either, ok := walk(schema, "anyOf").([]any); ok { // one of them is null
		if v == nil {
			return
		}
		schema = either[0]
	}
	schema = resolve(root, schema)
	if types := typesOf(schema); len(types) > 0 && !slices.ContainsFunc(types, func(t any) bool { return isA(v, t) }) {
		w.Fault("%s: %s is described as %s", place, brief(show(v)), show(types))
	}
	properties, _ := walk(schema, "properties").(map[string]any)
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			w.fits(root, walk(schema, "items"), item, place+"[]")
		}
	case map[string]any:
		if properties == nil {
			return
		}
		required, _ := walk(schema, "required").([]any)
		for _, name := range required {
			if _, ok := v[name.(string)]; !ok {
				w.Fault("%s: %s is described and not there", place, name)
			}
		}
		_, open := walk(schema, "additionalProperties").(map[string]any)
		for name, member := range v {
			described, ok := properties[name]
			if !ok && !open {
				w.Fault("%s: %s is there and not described", place, name)
			}
			if ok {
				w.fits(root, described, member, place+"."+name)
			}
		}
	}
}

// typesOf lists the types a schema lets through; none stands for all.
func typesOf(schema any) []any {
	switch t := walk(schema, "type").(type) {
	case string:
		return []any{t}
	case []any:
		return t
	}
	return nil
}

// isA says whether a value is of a type of JSON Schema.
func isA(v, name any) bool {
	switch v := v.(type) {
	case nil:
		return name == "null"
	case bool:
		return name == "boolean"
	case string:
		return name == "string"
	case []any:
		return name == "array"
	case map[string]any:
		return name == "object"
	case json.Number:
		return name == "number" || name == "integer" && !strings.ContainsAny(v.String(), ".eE")
	}
	return false
}

func describedAnswers(w *World) {
	root := w.send(request{method: "GET", path: "/openapi.json"}).value
	paths, _ := walk(root, "paths").(map[string]any)
	const export, stream, gaps = "/api/v1/conversations/export", "/api/v1/stream", "/api/v1/conversations/knowledge-gaps"
	w.status(w.ingest(example), 201)
	for _, c := range []struct {
		status                    int
		method, path, query, body string
		header                    map[string]string
	}{
		{200, "GET", export, "", "", nil},
		{200, "GET", export, "?format=csv", "", nil},
		{200, "GET", stream, "", "", nil},
		{200, "GET", "/docs", "", "", nil},
		{200, "GET", "/openapi.json", "", "", nil},
		{400, "GET", stream, "?topic=x", "", nil},
		{400, "GET", stream, "", "", map[string]string{"Last-Event-ID": "yesterday"}},
		{400, "GET", "/api/v1/conversations", "?platform=fax", "", nil},
		{422, "GET", "/api/v1/conversations", "?csat_min=9", "", nil},
		{404, "POST", gaps + "/merge", "", `{"ids":[901,902]}`, nil},
		{200, "POST", "/api/v1/conversations/batch", "", "[" + item(1) + ",{}]", nil},
	} {
		r := w.send(request{as: w.Owner, method: c.method, path: c.path + c.query, body: c.body, header: c.header})
		if w.status(r, c.status) {
			w.agrees(root, walk(paths[c.path], strings.ToLower(c.method)), r)
		}
	}
	if _, missing := walk(paths["/api/v1/roi/ledger/close"], "post.responses.409").(absent); missing {
		w.Fault("nothing says what the slower one of two who close a month at once is answered")
	}
	for _, c := range []struct{ method, path, header string }{
		{"get", stream, "Last-Event-ID"}, {"post", "/api/v1/conversations", "Idempotency-Key"},
		{"post", "/api/v1/conversations/batch", "Idempotency-Key"}, {"patch", "/api/v1/conversations/{id}", "Idempotency-Key"},
	} {
		parameters, _ := walk(paths[c.path], c.method+".parameters").([]any)
		if !slices.ContainsFunc(parameters, func(p any) bool { return walk(p, "in") == "header" && walk(p, "name") == c.header }) {
			w.Fault("%s %s: the header %s is not described", c.method, c.path, c.header)
		}
	}
}

// describedNulls sends null for every member of a conversation that may be left out.
func describedNulls(w *World) {
	root := w.send(request{method: "GET", path: "/openapi.json"}).value
	schema := walk(root, "components.schemas.NewConversation")
	properties, _ := walk(schema, "properties").(map[string]any)
	required, _ := walk(schema, "required").([]any)
	w.status(w.ingest(`{"conversation_id":"c","platform":"sdk"}`), 201)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if slices.Contains(required, any(name)) {
			continue
		}
		w.status(w.ingest(`{"conversation_id":"c","platform":"sdk",`+quote(name)+`:null}`), 200)
		w.fits(root, properties[name], nil, "/"+name)
	}
}
