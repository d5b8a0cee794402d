package apitest

import (
	"strings"
)

func surfaceCases() []Case {
	return []Case{
		{"the server describes itself", "clients are made from the description", description},
		{"what is answered is described, refusals and streams too", "a client made from the description must read every answer", describedAnswers},
		{"what may be null in a request is described so", "a client made from the description must be able to send it", describedNulls},
		{"the page for people runs no script and loads nothing", "documentation must work anywhere and leak nothing", page},
		{"answers are neither cached nor sniffed", "browsers and proxies keep what they are allowed to", headers},
		{"a request keeps its sender's id when that is harmless", "one id through all logs", requestIDs},
	}
}

func description(w *World) {
	r := w.send(request{method: "GET", path: "/openapi.json"})
	w.status(r, 200)
	w.want(r, "openapi", `"3.1.0"`)
	paths, _ := r.at("paths").(map[string]any)
	for _, path := range []string{
		"/api/v1/conversations", "/api/v1/conversations/batch", "/api/v1/conversations/{id}", "/api/v1/conversations/knowledge-gaps", "/api/v1/cs-metrics/dashboard",
		"/api/v1/cs-metrics/csat-trends", "/api/v1/cs-metrics/escalation-patterns", "/api/v1/cs-metrics/cost-analysis", "/healthz", "/readyz", "/openapi.json", "/docs",
	} {
		if paths[path] == nil {
			w.Fault("the description lacks %s", path)
		}
	}
	w.references(r.value, r.value)
	ids := map[any]bool{}
	for _, o := range w.operations() {
		operation := walk(paths[o.path], strings.ToLower(o.method))
		id := walk(operation, "operationId")
		if ids[id] {
			w.Fault("the operation id %v comes twice", id)
		}
		ids[id] = true
		if o.method == "GET" && !strings.Contains(o.path, "{id}") {
			as := ""
			if o.role != "" {
				as = w.Owner
			}
			answer := w.send(request{as: as, method: "GET", path: o.path})
			w.status(answer, 200)
			w.agrees(r.value, operation, answer)
		}
	}
}

// references makes sure that every $ref leads somewhere.
func (w *World) references(root, v any) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			w.references(root, item)
		}
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok {
			if _, missing := walk(root, strings.ReplaceAll(strings.TrimPrefix(ref, "#/"), "/", ".")).(absent); missing {
				w.Fault("%s leads nowhere", ref)
			}
		}
		for _, member := range v {
			w.references(root, member)
		}
	}
}

func page(w *World) {
	r := w.send(request{method: "GET", path: "/docs"})
	w.status(r, 200)
	for _, bad := range []string{"<script", "javascript:", "http://", "https://", " onload=", "@import", "<iframe", "<img"} {
		if strings.Contains(r.raw, bad) {
			w.Fault("the page contains %s", bad)
		}
	}
	policy := r.header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "script-src") {
		w.Fault("the page's policy is %q", policy)
	}
	if !strings.HasPrefix(r.header.Get("Content-Type"), "text/html") || !strings.Contains(r.raw, "prefers-color-scheme") {
		w.Fault("the page is not HTML for light and dark")
	}
	for _, o := range w.operations() {
		if !strings.Contains(r.raw, o.path) {
			w.Fault("the page lacks %s", o.path)
		}
	}
}

func headers(w *World) {
	for _, o := range w.operations() {
		for _, as := range []string{"", w.Viewer, w.Owner} {
			r := w.send(request{as: as, method: o.method, path: o.on("0")})
			if r.header.Get("X-Content-Type-Options") != "nosniff" {
				w.Fault("%s: no nosniff", r.request)
			}
			if o.role != "" && r.header.Get("Cache-Control") != "no-store" {
				w.Fault("%s: Cache-Control is %q", r.request, r.header.Get("Cache-Control"))
			}
			if kind := r.header.Get("Content-Type"); strings.HasPrefix(o.path, "/api/") && (kind == "" || strings.Contains(kind, "html")) {
				w.Fault("%s: Content-Type is %q", r.request, r.header.Get("Content-Type"))
			}
			if r.header.Get("X-Request-Id") == "" {
				w.Fault("%s: no X-Request-Id", r.request)
			}
		}
	}
}

func requestIDs(w *World) {
	with := func(id string) string {
		return w.send(request{method: "GET", path: "/healthz", header: map[string]string{"X-Request-Id": id}}).header.Get("X-Request-Id")
	}
	if got := with("trace-1_A.b"); got != "trace-1_A.b" {
		w.Fault("the id became %q", got)
	}
	for _, id := range []string{"", "a b", "<script>", "é", strings.Repeat("x", 65), `"`} {
		if got := with(id); got == id || got == "" {
			w.Fault("%q was answered by %q", id, got)
		}
	}
	if first, second := with(""), with(""); first == second {
		w.Fault("two requests have one id")
	}
}
