package apitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"
)

// request is one request to the server.
type request struct {
	// as is the key that asks; empty asks without one.
	as           string
	method, path string
	body         string
	// kind is the content type; empty is JSON where there is a body.
	kind   string
	header map[string]string
}

// reply is what the server answered.
type reply struct {
	request request
	status  int
	header  http.Header
	raw     string
	value   any
}

// send makes a request. A server that does not answer is a fault, and the reply is empty.
func (w *World) send(r request) *reply {
	out := &reply{request: r, header: http.Header{}}
	req, err := http.NewRequest(r.method, w.URL+r.path, strings.NewReader(r.body))
	if err != nil {
		w.Fault("%s %s: %v", r.method, r.path, err)
		return out
	}
	if r.as != "" {
		req.Header.Set("X-API-Key", r.as)
	}
	if r.kind == "" && r.body != "" {
		r.kind = "application/json"
	}
	if r.kind != "" {
		req.Header.Set("Content-Type", r.kind)
	}
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	return w.receive(out, req)
}

func (w *World) receive(out *reply, req *http.Request) *reply {
	answer, err := w.client.Do(req)
	if err != nil {
		w.Fault("%s: no answer: %v", out.request, err)
		return out
	}
	defer answer.Body.Close()
	raw, err := readAll(answer)
	if err != nil {
		w.Fault("%s: the answer broke off: %v", out.request, err)
	}
	out.status, out.header, out.raw = answer.StatusCode, answer.Header, string(raw)
	if strings.Contains(answer.Header.Get("Content-Type"), "json") && !strings.Contains(answer.Header.Get("Content-Type"), "ndjson") {
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.UseNumber()
		if err := decoder.Decode(&out.value); err != nil {
			w.Fault("%s: the answer is not JSON: %v", out.request, err)
		}
	}
	if out.status >= 500 && out.status != http.StatusServiceUnavailable {
		w.Fault("%s: status %d: %s", out.request, out.status, brief(out.raw))
	}
	return out
}

func (w *World) get(path string) *reply {
	return w.send(request{as: w.Viewer, method: "GET", path: path})
}

func (w *World) post(path, body string) *reply {
	return w.send(request{as: w.Member, method: "POST", path: path, body: body})
}

// ingest sends one conversation.
func (w *World) ingest(body string) *reply { return w.post("/api/v1/conversations", body) }

// readAll reads an answer to its end; of one that has none, a stream of events, only what comes first.
func readAll(answer *http.Response) ([]byte, error) {
	if !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/event-stream") {
		return io.ReadAll(answer.Body)
	}
	first := make([]byte, 4096)
	n, err := answer.Body.Read(first)
	if err == io.EOF {
		err = nil
	}
	return first[:n], err
}

// String names a request in a fault.
func (r request) String() string {
	if r.body == "" {
		return r.method + " " + brief(r.path)
	}
	return r.method + " " + brief(r.path) + " " + brief(r.body)
}

// status makes sure that the answer has one.
func (w *World) status(r *reply, want int) bool {
	if r.status == want {
		return true
	}
	w.Fault("%s: status %d, want %d: %s", r.request, r.status, want, brief(r.raw))
	return false
}

// at is the value at a path such as conversation.messages.0.content; absent is told apart from null.
func (r *reply) at(path string) any { return walk(r.value, path) }

// absent stands for what is not there.
type absent struct{}

func walk(v any, path string) any {
	for step := range strings.SplitSeq(path, ".") {
		switch here := v.(type) {
		case map[string]any:
			next, ok := here[step]
			if !ok {
				return absent{}
			}
			v = next
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(here) {
				return absent{}
			}
			v = here[i]
		default:
			return absent{}
		}
	}
	return v
}

// want makes sure that a value of the answer is what the JSON text says.
func (w *World) want(r *reply, path, text string) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var expected any
	if err := decoder.Decode(&expected); err != nil {
		w.Fault("the expectation %s is not JSON: %v", text, err)
		return
	}
	if got := r.at(path); !reflect.DeepEqual(got, expected) {
		w.Fault("%s: %s is %s, want %s", r.request, path, show(got), text)
	}
}

// wants is want for pairs of path and text.
func (w *World) wants(r *reply, pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		w.want(r, pairs[i], pairs[i+1])
	}
}

// problem makes sure that the answer is an error of the promised shape, with faults in exactly these fields when any
// are named.
func (w *World) problem(r *reply, status int, code string, fields ...string) {
	if !w.status(r, status) {
		return
	}
	if got := r.header.Get("Content-Type"); got != "application/problem+json" {
		w.Fault("%s: content type %q of an error", r.request, got)
	}
	w.wants(r, "success", "false", "status", strconv.Itoa(status))
	if code != "" {
		w.want(r, "code", strconv.Quote(code))
	}
	for _, name := range []string{"type", "title", "detail", "instance", "code", "request_id"} {
		if s, ok := r.at(name).(string); !ok || s == "" {
			w.Fault("%s: the error has no %s: %s", r.request, name, brief(r.raw))
		}
	}
	if id := r.header.Get("X-Request-Id"); id == "" || r.at("request_id") != id {
		w.Fault("%s: request_id %s is not that of the header, %q", r.request, show(r.at("request_id")), id)
	}
	if (status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable) && r.header.Get("Retry-After") == "" {
		w.Fault("%s: no Retry-After", r.request)
	}
	if len(fields) > 0 {
		w.fields(r, fields)
	}
}

func (w *World) fields(r *reply, want []string) {
	listed, _ := r.at("errors").([]any)
	got := map[string]bool{}
	for _, e := range listed {
		field, _ := walk(e, "field").(string)
		got[field] = true
		if message, _ := walk(e, "message").(string); message == "" {
			w.Fault("%s: the fault in %s has no message", r.request, field)
		}
	}
	for _, field := range want {
		if !got[field] {
			w.Fault("%s: no fault names %s: %s", r.request, field, brief(r.raw))
		}
		delete(got, field)
	}
	for field := range got {
		w.Fault("%s: %s was not at fault: %s", r.request, field, brief(r.raw))
	}
}

// list is the array at a path.
func (r *reply) list(path string) []any {
	v, _ := r.at(path).([]any)
	return v
}

// text is the string at a path.
func (r *reply) text(path string) string {
	s, _ := r.at(path).(string)
	return s
}

func show(v any) string {
	if _, ok := v.(absent); ok {
		return "absent"
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

// brief cuts a text for a message.
func brief(s string) string {
	const most = 300
	if len(s) > most {
		s = s[:most] + "…"
	}
	return strconv.Quote(s)
}

// quote is the JSON text of a string.
func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}
