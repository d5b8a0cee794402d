package golden

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
)

// tolerance says how close a number must come; exactly one of the three is set.
type tolerance struct {
	Abs   *float64 `json:"abs"`
	Rel   *float64 `json:"rel"`
	Exact bool     `json:"exact"`
}

func (t tolerance) valid() bool {
	n := 0
	for _, set := range []bool{t.Abs != nil, t.Rel != nil, t.Exact} {
		if set {
			n++
		}
	}
	return n == 1
}

func (t tolerance) holds(want, got float64) bool {
	diff := math.Abs(got - want)
	switch {
	case t.Abs != nil:
		return diff <= *t.Abs
	case t.Rel != nil:
		return diff <= *t.Rel*math.Abs(want)
	default:
		return got == want
	}
}

// toJSON turns an op's answer into the plain values compare works on. NaN and infinity are errors here, as JSON has
// neither.
func toJSON(v any) (any, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return parse(raw)
}

func parse(raw []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var out any
	err := dec.Decode(&out)
	return out, err
}

// compare returns every difference as "path: wanted X, got Y". Keys of got that want does not have are ignored.
func compare(path string, want, got any, tol tolerance) []string {
	differ := func() []string {
		return []string{fmt.Sprintf("%s: wanted %s, got %s", path, show(want), show(got))}
	}
	switch w := want.(type) {
	case json.Number:
		g, ok := got.(json.Number)
		if !ok {
			return differ()
		}
		wf, err1 := w.Float64()
		gf, err2 := g.Float64()
		if err1 != nil || err2 != nil || !tol.holds(wf, gf) {
			return differ()
		}
		return nil
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return differ()
		}
		var out []string
		for i := range w {
			out = append(out, compare(fmt.Sprintf("%s[%d]", path, i), w[i], g[i], tol)...)
		}
		return out
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return differ()
		}
		var out []string
		for k := range w {
			gv, there := g[k]
			if !there {
				out = append(out, fmt.Sprintf("%s.%s: wanted %s, got no such key", path, k, show(w[k])))
				continue
			}
			out = append(out, compare(path+"."+k, w[k], gv, tol)...)
		}
		return out
	default: // string, bool, null
		if want != got {
			return differ()
		}
		return nil
	}
}

func show(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%v", v)
	}
	return string(raw)
}
