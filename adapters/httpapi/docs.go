package httpapi

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/samber/lo"
)

//go:embed docs.html
var docsTemplate string

//go:embed docs.css
var docsStyle string

// page is the description for people: one document without scripts.
type page struct {
	html   []byte
	policy string
}

// docsField is one field of a body, for the page.
type docsField struct {
	Name, Type, Doc string
	Required        bool
}

// docsRoute is one operation, for the page.
type docsRoute struct {
	Anchor, Method, Path, Need, Summary, Details string
	Params                                       []docsField
	Body                                         []docsField
	Types                                        string
	Answers                                      []docsAnswer
	Problems                                     []int
}

// docsAnswer is one answer of an operation, for the page.
type docsAnswer struct {
	Status int
	Fields []docsField
}

// docsArea is the operations of one area, in the order of the table.
type docsArea struct {
	Name   string
	Routes []docsRoute
}

// documentation renders the page.
func documentation(routes []route, d description) (page, error) {
	t, err := template.New("docs").Option("missingkey=error").Parse(docsTemplate)
	if err != nil {
		return page{}, err
	}
	var areas []docsArea
	for _, r := range routes {
		if len(areas) == 0 || !lo.ContainsBy(areas, func(a docsArea) bool { return a.Name == r.area }) {
			areas = append(areas, docsArea{Name: r.area})
		}
		i := slices.IndexFunc(areas, func(a docsArea) bool { return a.Name == r.area })
		areas[i].Routes = append(areas[i].Routes, d.route(r))
	}
	var out bytes.Buffer
	err = t.Execute(&out, map[string]any{
		"Style": template.CSS(docsStyle), "Areas": areas, "Errors": errorRows(),
	})
	sum := sha256.Sum256([]byte(docsStyle))
	policy := fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
		base64.StdEncoding.EncodeToString(sum[:]))
	return page{out.Bytes(), policy}, err
}

// errorRow is a row of the error table, for the page.
type errorRow struct {
	Code, Title string
	Status      int
}

func errorRows() []errorRow {
	return lo.Map(errorTable, func(k errorKind, _ int) errorRow { return errorRow{k.code, k.title, k.status} })
}

func (d description) route(r route) docsRoute {
	out := docsRoute{
		Anchor: r.anchor(), Method: r.method, Path: r.path, Summary: r.summary, Details: r.details,
		Types: strings.Join(r.types, " or "), Problems: r.problems(),
	}
	out.Params = lo.Map(r.params, func(p param, _ int) docsField {
		return docsField{Name: p.name, Type: formOf(p.schema()), Doc: p.describe()}
	})
	if r.need != public {
		out.Need = string(r.need)
	}
	if r.body != nil {
		s := &schemas{components: d.schemas}
		schema := s.of(r.body)
		if r.partial {
			for _, content := range r.requestBody(s)["content"].(object) {
				schema = content.(object)["schema"].(object)
			}
		}
		out.Body = d.fields(schema)
	}
	for _, status := range lo.Keys(r.answers) {
		s := &schemas{components: d.schemas}
		out.Answers = append(out.Answers, docsAnswer{status, d.fields(s.of(r.answers[status]))})
	}
	slices.SortFunc(out.Answers, func(a, b docsAnswer) int { return a.Status - b.Status })
	return out
}

// resolve follows references and lists to the object behind them.
func (d description) resolve(schema object) object {
	for {
		if ref, ok := schema["$ref"].(string); ok {
			schema, _ = d.schemas[strings.TrimPrefix(ref, "#/components/schemas/")].(object)
			continue
		}
		if items, ok := schema["items"].(object); ok {
			schema = items
			continue
		}
		return schema
	}
}

// fields lists the fields of an object, required ones first, then by name.
func (d description) fields(schema object) []docsField {
	schema = d.resolve(schema)
	properties, _ := schema["properties"].(object)
	required, _ := schema["required"].([]string)
	out := make([]docsField, 0, len(properties))
	for _, name := range required {
		out = append(out, docField(name, properties[name].(object), true))
	}
	rest := lo.Without(lo.Keys(properties), required...)
	slices.Sort(rest)
	for _, name := range rest {
		out = append(out, docField(name, properties[name].(object), false))
	}
	return out
}

func docField(name string, schema object, required bool) docsField {
	doc, _ := schema["description"].(string)
	return docsField{Name: name, Type: formOf(schema), Doc: doc, Required: required}
}

// formOf says in words what a schema takes.
func formOf(schema object) string {
	if ref, ok := schema["$ref"].(string); ok {
		return strings.TrimPrefix(ref, "#/components/schemas/")
	}
	if either, ok := schema["anyOf"].([]any); ok {
		return strings.Join(lo.Map(either, func(v any, _ int) string { return formOf(v.(object)) }), " or ")
	}
	if doc, ok := schema["format"].(string); ok && doc == "date-time" {
		return "time"
	}
	out := ""
	switch t := schema["type"].(type) {
	case string:
		out = t
	case []string:
		out = strings.Join(t, " or ")
	}
	if items, ok := schema["items"].(object); ok {
		out += " of " + formOf(items)
	}
	switch enum := schema["enum"].(type) {
	case []string:
		out = strings.Join(enum, " · ")
	case []any:
		out = strings.Join(lo.Map(enum, func(v any, _ int) string { return fmt.Sprint(lo.CoalesceOrEmpty[any](v, "null")) }), " · ")
	}
	low, hasLow := schema["minimum"].(float64)
	high, hasHigh := schema["maximum"].(float64)
	if hasLow && hasHigh {
		out += fmt.Sprintf(", %s to %s", plain(low), plain(high))
	}
	return out
}
