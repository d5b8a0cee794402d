package httpapi

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/csm-monitor/csm-monitor/adapters/wire"
)

// object is a JSON object of the description.
type object = map[string]any

// schemas makes JSON Schemas (draft 2020-12, as OpenAPI 3.1 wants them) from the types of package wire, so that the
// description cannot say anything else than the code does.
type schemas struct{ components object }

var (
	timeType    = reflect.TypeFor[time.Time]()
	numberType  = reflect.TypeFor[wire.Number]()
	rawType     = reflect.TypeFor[json.RawMessage]()
	figuresType = reflect.TypeFor[wire.Figures]()
)

// of is the schema of a value's type; named types are put into the components and referred to.
func (s *schemas) of(v any) object { return s.typed(reflect.TypeOf(v)) }

func (s *schemas) typed(t reflect.Type) object {
	switch t {
	case timeType:
		return object{"type": "string", "format": "date-time"}
	case numberType:
		return object{"type": []string{"number", "null"}}
	case rawType:
		return object{"type": []string{"object", "null"}}
	case figuresType:
		return s.figures(object{"type": "object", "properties": object{}}, "")
	}
	switch t.Kind() {
	case reflect.Pointer:
		return nullable(s.typed(t.Elem()))
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.Map:
		return object{"type": "object"}
	case reflect.Slice:
		return object{"type": "array", "items": s.typed(t.Elem())}
	case reflect.Struct:
		if _, ok := s.components[t.Name()]; !ok {
			s.components[t.Name()] = nil // keeps a type that holds itself from going round for ever
			s.components[t.Name()] = s.structure(t)
		}
		return object{"$ref": "#/components/schemas/" + t.Name()}
	}
	return object{}
}

// structure is the schema of a struct with its fields.
func (s *schemas) structure(t reflect.Type) object {
	properties, required := object{}, []string{}
	out := object{"type": "object", "properties": properties}
	s.members(t, properties, &required)
	if len(required) > 0 {
		out["required"] = required
	}
	if f, ok := t.FieldByName("Figures"); ok && f.Type == figuresType && f.Tag.Get("json") == "-" {
		out = s.figures(out, f.Tag.Get("figures"))
	}
	return out
}

func (s *schemas) members(t reflect.Type, properties object, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			s.members(f.Type, properties, required)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		properties[name] = s.field(f)
		if options == "" || f.Tag.Get("required") == "true" {
			*required = append(*required, name)
		}
	}
}

// field is the schema of a struct's field, with what its tags say.
func (s *schemas) field(f reflect.StructField) object {
	var out object
	if f.Type == figuresType {
		out = s.figures(object{"type": "object", "properties": object{}}, f.Tag.Get("figures"))
	} else {
		out = s.typed(f.Type)
	}
	if f.Type.Kind() == reflect.Slice && f.Type != rawType && strings.Contains(f.Tag.Get("doc"), "Null") {
		out = nullable(out)
	}
	if doc := f.Tag.Get("doc"); doc != "" {
		out["description"] = doc
	}
	if enum := f.Tag.Get("enum"); enum != "" {
		values := []any{}
		for v := range strings.SplitSeq(enum, ",") {
			values = append(values, v)
		}
		if f.Type.Kind() == reflect.Pointer {
			values = append(values, nil)
		}
		out["enum"] = values
	}
	for _, limit := range []string{"minimum", "maximum", "minLength", "maxLength"} {
		if v, err := strconv.ParseFloat(f.Tag.Get(limit), 64); err == nil {
			out[limit] = v
		}
	}
	return out
}

// figures adds named numbers and their estimates to an object. names lists those that are always there.
func (s *schemas) figures(out object, names string) object {
	properties := out["properties"].(object)
	required, _ := out["required"].([]string)
	for name := range strings.SplitSeq(names, ",") {
		if name == "" {
			continue
		}
		properties[name] = object{"type": []string{"number", "null"}}
		required = append(required, name)
	}
	properties["estimates"] = object{
		"type": "object", "additionalProperties": s.typed(reflect.TypeFor[wire.Estimate]()),
		"description": "The evidence of each figure beside it, under the same name.",
	}
	out["required"] = append(required, "estimates")
	out["additionalProperties"] = object{"type": []string{"number", "null"}}
	return out
}

// nullable lets a schema be null as well.
func nullable(schema object) object {
	if t, ok := schema["type"].(string); ok {
		schema["type"] = []string{t, "null"}
		return schema
	}
	if _, ok := schema["$ref"]; ok {
		return object{"anyOf": []any{schema, object{"type": "null"}}}
	}
	return schema
}
