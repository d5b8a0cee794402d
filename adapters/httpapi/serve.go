package httpapi

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// ServeHTTP answers one request and writes one line about it.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	rec := &recorder{ResponseWriter: w, api: a, id: requestID(r.Header.Get("X-Request-Id"))}
	h := rec.Header()
	rec.values.id[0] = rec.id
	h["X-Request-Id"] = rec.values.id[:]
	h["X-Content-Type-Options"] = noSniff
	defer func() {
		for _, release := range rec.after {
			release()
		}
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler {
				panic(p)
			}
			rec.fail(r, &Failure{Code: codeInternal, Cause: fmt.Errorf("panic: %v", p)})
		}
		a.access(r, rec, time.Since(start))
	}()
	if a.draining.Load() && r.URL.Path != "/healthz" {
		h.Set("Connection", "close")
		rec.fail(r, &Failure{Code: codeDraining, RetryAfter: 5 * time.Second})
		return
	}
	if found := a.plain[address{r.Method, r.URL.Path}]; found != nil && r.URL.RawPath == "" {
		found.ServeHTTP(rec, r)
		return
	}
	switch found, pattern := a.mux.Handler(r); {
	case pattern == "":
		rec.fail(r, a.unrouted(found, r))
	case !direct(r.URL.EscapedPath()): // the router would redirect, with a page of HTML
		rec.fail(r, nowhere())
	default:
		a.mux.ServeHTTP(rec, r)
	}
}

// unrouted gives what the router says about a path or method it does not know the shape of all other errors.
func (a *API) unrouted(found http.Handler, r *http.Request) *Failure {
	probe := &probe{header: http.Header{}}
	found.ServeHTTP(probe, r)
	if probe.status == http.StatusMethodNotAllowed {
		allow := probe.header.Get("Allow")
		return &Failure{Code: codeMethodNotAllowed, Detail: "allowed here: " + allow, Allow: allow}
	}
	return nowhere()
}

func nowhere() *Failure { return failure(codeNotFound, "there is nothing at this address; see /docs") }

// direct says whether a path has no detours such as // or /../ in it.
func direct(escaped string) bool { return path.Clean(escaped) == escaped }

// probe is a ResponseWriter that keeps nothing but the header.
type probe struct {
	header http.Header
	status int
}

// Header is the header of the answer.
func (p *probe) Header() http.Header { return p.header }

// WriteHeader notes the status.
func (p *probe) WriteHeader(status int) { p.status = status }

// Write drops the body.
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }

// access writes the line about a request. It holds no query, no credential and nothing a customer said.
func (a *API) access(r *http.Request, w *recorder, took time.Duration) {
	ctx, handler := r.Context(), a.Logger.Handler()
	if !handler.Enabled(ctx, slog.LevelInfo) {
		return
	}
	route := w.route
	if route == "" {
		route = "unknown"
	}
	fields := append(make([]slog.Attr, 0, 10),
		slog.String("request_id", w.id), slog.String("method", visible(r.Method, 20)), slog.String("route", route),
		slog.String("path", visible(concealed(r.URL.Path), 200)), slog.Int("status", w.status), slog.Int64("bytes", w.bytes),
		slog.Float64("ms", float64(took.Microseconds())/1000), slog.String("remote", r.RemoteAddr),
	)
	if w.who.org != uuid.Nil {
		fields = append(fields, slog.String("org", w.who.org.String()), slog.String("credential", w.who.id))
	}
	// Made by hand, as the logger would look up the place in the source, which is always this one.
	line := slog.NewRecord(time.Now(), slog.LevelInfo, "request", 0)
	line.AddAttrs(slog.GroupAttrs("", fields...)) // one by one, most would be copied
	_ = handler.Handle(ctx, line)
}

// recorder is the answer under way, with what the log wants to know of it.
type recorder struct {
	http.ResponseWriter
	api    *API
	id     string
	route  string
	who    principal
	status int
	bytes  int64
	// values are those of headers, which then need no place of their own.
	values struct{ id, length [1]string }
	// after runs when the request is over.
	after []func()
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader notes the status and sends it.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write counts and sends.
func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// requestID keeps the sender's own when it is harmless.
func requestID(given string) string {
	if given != "" && len(given) <= 64 && strings.IndexFunc(given, func(r rune) bool {
		return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' || r == '_' || r == '.')
	}) < 0 {
		return given
	}
	var room [24]byte
	return string(strconv.AppendUint(append(room[:0], "req_"...), rand.Uint64()|1<<63, 36))
}

// The marks that our secrets begin with, and what looks like one of them. The first characters of a key are not secret.
var (
	keyMarks   = []string{"amo_", "csmkey_"}
	secretText = regexp.MustCompile(`(amo_[0-9a-z]{0,8}|csmkey_)[0-9A-Za-z_-]+`)
)

// concealed leaves of secrets in a path only how they begin: whoever revokes a key may name it by its secret.
func concealed(path string) string {
	if !slices.ContainsFunc(keyMarks, func(mark string) bool { return strings.Contains(path, mark) }) {
		return path
	}
	return secretText.ReplaceAllString(path, "$1…")
}

// visible escapes control characters and cuts what is long, so that nobody writes lines of our log for us.
func visible(s string, most int) string {
	if len(s) <= most && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '"' || r == '\\' }) {
		return s
	}
	quoted := strconv.Quote(cut(s, most))
	return quoted[1 : len(quoted)-1]
}

// cut shortens s to at most n bytes at a character's edge.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
