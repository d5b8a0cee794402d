package golden

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"sort"
	"strings"
)

// An op answers one kind of case: inputs in, outputs out, both as JSON.
type op func(inputs json.RawMessage) (any, error)

// call adapts a typed function to an op. The inputs must have exactly the keys of In, at every depth: an unknown key
// and a missing key are both errors, so a case can never pass by being half understood.
func call[In, Out any](fn func(In) (Out, error)) op {
	return func(raw json.RawMessage) (any, error) {
		var in In
		if err := decodeStrict(raw, &in); err != nil {
			return nil, err
		}
		return fn(in)
	}
}

func decodeStrict(raw json.RawMessage, into any) error {
	if err := sameKeys("inputs", raw, reflect.TypeOf(into).Elem()); err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	return dec.Decode(into)
}

func sameKeys(path string, raw json.RawMessage, t reflect.Type) error {
	if string(bytes.TrimSpace(raw)) == "null" {
		return nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		return sameKeys(path, raw, t.Elem())
	case reflect.Slice:
		if t == reflect.TypeFor[json.RawMessage]() {
			return nil
		}
		var items []json.RawMessage
		if err := json.Unmarshal(raw, &items); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		for i, item := range items {
			if err := sameKeys(fmt.Sprintf("%s[%d]", path, i), item, t.Elem()); err != nil {
				return err
			}
		}
	case reflect.Struct:
		return sameStruct(path, raw, t)
	}
	return nil
}

func sameStruct(path string, raw json.RawMessage, t reflect.Type) error {
	var got map[string]json.RawMessage
	if err := json.Unmarshal(raw, &got); err != nil {
		return nil // a struct that reads itself from a string or number, such as a time
	}
	var faults []string
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		value, ok := got[name]
		if !ok {
			faults = append(faults, fmt.Sprintf("%s: key %q is missing", path, name))
			continue
		}
		delete(got, name)
		if err := sameKeys(path+"."+name, value, t.Field(i).Type); err != nil {
			faults = append(faults, err.Error())
		}
	}
	for name := range got {
		faults = append(faults, fmt.Sprintf("%s: key %q is not known", path, name))
	}
	if len(faults) == 0 {
		return nil
	}
	sort.Strings(faults)
	return fmt.Errorf("%s", strings.Join(faults, "; "))
}
