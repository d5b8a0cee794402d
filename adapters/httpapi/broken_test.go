package httpapi_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/csm-monitor/csm-monitor/contract-tests/apitest"
)

// broken is a server that was broken on purpose, and the promise it breaks.
type broken struct {
	name, promise string
	// ask spoils the request, answer the answer; either may be nil.
	ask    func(apitest.Target, *http.Request)
	answer func(*http.Request, *httptest.ResponseRecorder) (status int, body string)
}

func query(change func(url.Values)) func(apitest.Target, *http.Request) {
	return func(_ apitest.Target, r *http.Request) {
		q := r.URL.Query()
		change(q)
		r.URL.RawQuery = q.Encode()
	}
}

func body(change func(string) string) func(apitest.Target, *http.Request) {
	return func(_ apitest.Target, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		changed := change(string(b))
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(changed)), int64(len(changed))
	}
}

func answer(change func(string) string) func(*http.Request, *httptest.ResponseRecorder) (int, string) {
	return func(_ *http.Request, w *httptest.ResponseRecorder) (int, string) {
		return w.Code, change(w.Body.String())
	}
}

func brokenServers() []broken {
	return []broken{
		{
			name: "answers 200 for what is new", promise: "the documented example is taken as it is",
			answer: func(_ *http.Request, w *httptest.ResponseRecorder) (int, string) {
				return map[bool]int{true: 200, false: w.Code}[w.Code == 201], w.Body.String()
			},
		},
		{
			name: "loses tags", promise: "every field reads back as it was sent",
			ask: body(func(b string) string { return strings.Replace(b, `"tags":`, `"gats":`, 1) }),
		},
		{
			name: "folds the case of names", promise: "JSON is read strictly",
			ask: body(func(b string) string { return strings.Replace(b, "Conversation_ID", "conversation_id", 1) }),
		},
		{
			name: "repairs invalid UTF-8", promise: "JSON is read strictly",
			ask: body(func(b string) string { return strings.ToValidUTF8(b, "?") }),
		},
		{
			name: "reports one fault at a time", promise: "all faults are listed at once",
			ask: body(func(b string) string { return strings.Replace(b, `"csat_score":7`, `"csat_score":5`, 1) }),
		},
		{
			name: "says 0 for unknown", promise: "where there is no data there is null, never 0",
			answer: answer(func(b string) string {
				return strings.ReplaceAll(b, `"avg_csat_score":null`, `"avg_csat_score":0`)
			}),
		},
		{
			name: "takes a rating for a survey", promise: "the response rate counts only whom a source says was asked",
			ask: body(func(b string) string {
				return strings.Replace(b, `"csat_score":5`, `"csat_score":5,"survey_offered":true`, 1)
			}),
		},
		{
			name: "writes money as it likes", promise: "money is exact",
			answer: answer(func(b string) string { return strings.ReplaceAll(b, "2500.00", "2500") }),
		},
		{
			name: "forgets the evidence of one figure", promise: "every figure stands beside its evidence",
			answer: answer(func(b string) string {
				return strings.ReplaceAll(b, `"estimates":{"total_conversations"`, `"estimates":{"conversations"`)
			}),
		},
		{
			name: "ignores a filter", promise: "every filter of the listing holds",
			ask: query(func(q url.Values) { q.Del("topic") }),
		},
		{
			name: "cuts the last day of a window", promise: "a window holds its start and not its end, and days are local",
			ask: query(func(q url.Values) {
				if q.Get("end") == "2026-03-01" {
					q.Set("end", "2026-03-01T00:00:00")
				}
			}),
		},
		{
			name: "overlooks a foreign cursor", promise: "a cursor opens its own listing and nothing else",
			ask: query(func(q url.Values) { q.Del("cursor") }),
		},
		{
			name: "drops a row of each page", promise: "pages neither overlap nor skip",
			ask: query(func(q url.Values) {
				if q.Get("limit") == "7" {
					q.Set("limit", "6")
					q.Set("offset", "1")
					q.Del("cursor")
				}
			}),
		},
		{
			name: "takes everybody for one organisation", promise: "another organisation's things are as absent as what never was",
			ask: func(target apitest.Target, r *http.Request) {
				if r.Header.Get("X-API-Key") == target.Stranger {
					r.Header.Set("X-API-Key", target.Owner)
				}
			},
		},
		{
			name: "lets viewers write", promise: "every operation asks for its role",
			ask: func(target apitest.Target, r *http.Request) {
				if r.Header.Get("X-API-Key") == target.Viewer {
					r.Header.Set("X-API-Key", target.Owner)
				}
			},
		},
		{
			name: "needs no credential", promise: "nothing answers without a valid credential",
			ask: func(target apitest.Target, r *http.Request) {
				if r.Header.Get("X-API-Key") == "" {
					r.Header.Set("X-API-Key", target.Viewer)
				}
			},
		},
		{
			name: "forgets idempotency keys", promise: "an idempotency key answers as the first time",
			ask: func(_ apitest.Target, r *http.Request) { r.Header.Del("Idempotency-Key") },
		},
		{
			name: "tells what went wrong inside", promise: "errors say nothing about the inside",
			answer: answer(func(b string) string { return strings.Replace(b, `"detail":"`, `"detail":"SELECT 1; `, 1) }),
		},
		{
			name: "answers errors in plain text", promise: "unknown addresses and methods have the shape of all errors",
			answer: func(_ *http.Request, w *httptest.ResponseRecorder) (int, string) {
				if w.Code >= 400 {
					w.Header().Set("Content-Type", "text/plain")
				}
				return w.Code, w.Body.String()
			},
		},
		{
			name: "lets answers be cached", promise: "answers are neither cached nor sniffed",
			answer: func(_ *http.Request, w *httptest.ResponseRecorder) (int, string) {
				w.Header().Set("Cache-Control", "max-age=60")
				return w.Code, w.Body.String()
			},
		},
		{
			name: "ends a batch at the first bad item", promise: "one bad item never loses the good ones, wherever it stands",
			ask: body(func(b string) string {
				if i := strings.Index(b, `"csat_score":7`); i >= 0 {
					return b[:i]
				}
				return b
			}),
		},
		{
			name: "runs a script on its page", promise: "the page for people runs no script and loads nothing",
			answer: answer(func(b string) string { return strings.Replace(b, "</main>", "<script src=x></script></main>", 1) }),
		},
		{
			name: "describes what it does not answer", promise: "the server describes itself",
			answer: answer(func(b string) string { return strings.Replace(b, `"as_of"`, `"asof"`, 1) }),
		},
		{
			name: "tells what was wrong as what it is not described to be", promise: "what is answered is described, refusals and streams too",
			answer: answer(func(b string) string { return strings.Replace(b, `"value":"9"`, `"value":9`, 1) }),
		},
		{
			name: "refuses a null", promise: "what may be null in a request is described so",
			ask: body(func(b string) string { return strings.Replace(b, `"tags":null`, `"tags":0`, 1) }),
		},
	}
}

// TestTheSuiteSeesBrokenServers makes sure that the suite goes red when a promise is broken.
func TestTheSuiteSeesBrokenServers(t *testing.T) {
	cases := map[string]apitest.Case{}
	for _, c := range apitest.Cases() {
		cases[c.Name] = c
	}
	for _, b := range brokenServers() {
		t.Run(b.name, func(t *testing.T) {
			c, ok := cases[b.promise]
			if !ok {
				t.Fatalf("there is no case %q", b.promise)
			}
			whole := target(t)
			spoilt := whole
			server := httptest.NewServer(b.wrap(whole))
			defer server.Close()
			spoilt.URL = server.URL
			if len(apitest.Try(c, spoilt)) == 0 {
				t.Errorf("the case %q did not notice", b.promise)
			}
		})
	}
}

// wrap passes requests to a whole server and spoils them or their answers on the way.
func (b broken) wrap(whole apitest.Target) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b.ask != nil {
			b.ask(whole, r)
		}
		sent, _ := io.ReadAll(r.Body)
		onward, err := http.NewRequestWithContext(r.Context(), r.Method, whole.URL+r.URL.RequestURI(), bytes.NewReader(sent))
		if err != nil {
			panic(err)
		}
		onward.Header = r.Header
		got, err := http.DefaultTransport.RoundTrip(onward)
		if err != nil {
			panic(err)
		}
		defer got.Body.Close()
		rec := httptest.NewRecorder()
		for name, values := range got.Header {
			rec.Header()[name] = values
		}
		rec.WriteHeader(got.StatusCode)
		if strings.HasPrefix(got.Header.Get("Content-Type"), "text/event-stream") {
			_, _ = io.CopyN(rec.Body, got.Body, 1) // a stream has no end
		} else {
			_, _ = io.Copy(rec.Body, got.Body)
		}
		status, text := rec.Code, rec.Body.String()
		if b.answer != nil {
			status, text = b.answer(r, rec)
		}
		for name, values := range rec.Header() {
			if name != "Content-Length" {
				w.Header()[name] = values
			}
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	})
}
