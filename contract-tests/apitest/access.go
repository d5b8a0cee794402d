package apitest

import (
	"net/http"
	"sort"
	"strings"
)

func accessCases() []Case {
	return []Case{
		{"nothing answers without a valid credential", "the data belongs to one organisation", credentials},
		{"another organisation's things are as absent as what never was", "an id must not tell that something exists", foreignIDs},
		{"organisations do not see each other", "aggregates leak as well as rows", isolation},
		{"every operation asks for its role", "a viewer must not write, a member not make keys", roles},
		{"a revoked key is dead", "a leaked key must be stoppable", revocation},
		{"too many requests are refused with a time to come back", "a key that has leaked must not eat the quota", rateLimit},
		{"a server that is shutting down refuses new requests", "deployments must not lose requests", draining},
	}
}

// operation is one operation of the server's own description.
type operation struct{ method, path, role string }

// operations reads what the server says it can do.
func (w *World) operations() []operation {
	r := w.send(request{method: "GET", path: "/openapi.json"})
	paths, _ := r.at("paths").(map[string]any)
	var out []operation
	for path, methods := range paths {
		methods, _ := methods.(map[string]any)
		for method := range methods {
			role, _ := walk(methods[method], "x-role").(string)
			out = append(out, operation{strings.ToUpper(method), path, role})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].path+out[i].method < out[j].path+out[j].method })
	if len(out) == 0 {
		w.Fault("/openapi.json lists no operations")
	}
	return out
}

func (o operation) on(id string) string { return strings.ReplaceAll(o.path, "{id}", id) }

func credentials(w *World) {
	for _, o := range w.operations() {
		if o.role == "" {
			w.status(w.send(request{method: o.method, path: o.path}), 200)
			continue
		}
		for _, header := range []map[string]string{
			{}, {"X-API-Key": ""}, {"X-API-Key": "amo_" + strings.Repeat("0", 32)}, {"X-API-Key": w.Viewer[:12] + strings.Repeat("0", 24)}, {"X-API-Key": w.Viewer + "0"},
			{"X-API-Key": strings.ToUpper(w.Viewer)}, {"X-API-Key": " "}, {"Authorization": "Bearer x"}, {"Authorization": "Basic YTpi"}, {"Authorization": w.Viewer}, {"Authorization": "Bearer " + w.Viewer},
			{"X-API-Key": w.Owner, "Authorization": "Bearer x"},
			{"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJvcmciOiIwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDAiLCJyb2xlIjoib3duZXIifQ."},
		} {
			r := w.send(request{method: o.method, path: o.on("1"), header: header})
			w.problem(r, 401, "unauthenticated")
			if r.header.Get("WWW-Authenticate") == "" {
				w.Fault("%s: no WWW-Authenticate", r.request)
			}
		}
	}
}

func foreignIDs(w *World) {
	id := w.ingest(example).text("conversation.id")
	w.plantGap()
	keys := w.send(request{as: w.Owner, method: "GET", path: "/api/v1/keys"})
	never := "00000000-0000-8000-8000-000000000000"
	for _, o := range w.operations() {
		if !strings.Contains(o.path, "{id}") {
			continue
		}
		existing := id
		if strings.Contains(o.path, "/keys/") {
			existing = keys.text("keys.0.id")
		}
		if strings.Contains(o.path, "knowledge-gaps") {
			existing = "1"
		}
		body := ""
		if o.method == "PATCH" {
			body = `{"csat_score":1}`
		}
		foreign := w.send(request{as: w.Stranger, method: o.method, path: o.on(existing), body: body})
		absent := w.send(request{as: w.Stranger, method: o.method, path: o.on(never), body: body})
		w.problem(foreign, 404, "not_found")
		w.problem(absent, 404, "not_found")
		for _, name := range []string{"detail", "title", "type", "code"} {
			if foreign.text(name) != absent.text(name) {
				w.Fault("%s %s: %s tells a foreign thing from an absent one", o.method, o.path, name)
			}
		}
	}
	w.want(w.get("/api/v1/conversations/"+id), "conversation.csat_score", "5")
	if w.send(request{as: w.Owner, method: "GET", path: "/api/v1/keys"}).raw != keys.raw {
		w.Fault("the keys have changed")
	}
}

func isolation(w *World) {
	stranger := func(path string) *reply { return w.send(request{as: w.Stranger, method: "GET", path: path}) }
	paths := []string{
		"/api/v1/conversations", "/api/v1/conversations/knowledge-gaps", "/api/v1/cs-metrics/dashboard?start=2026-01-01&end=2026-01-31",
		"/api/v1/cs-metrics/csat-trends?start=2026-01-01&end=2026-01-31", "/api/v1/cs-metrics/escalation-patterns?start=2026-01-01&end=2026-01-31",
		"/api/v1/cs-metrics/cost-analysis?start=2026-01-01&end=2026-01-31",
	}
	// Everything but the time of the answer.
	answer := func(path string) string {
		r := stranger(path)
		return strings.ReplaceAll(r.raw, quote(r.text("as_of")), "")
	}
	before := map[string]string{}
	for _, p := range paths {
		before[p] = answer(p)
	}
	plant(w)
	for _, p := range paths {
		if now := answer(p); now != before[p] {
			w.Fault("%s changed for a stranger: %s", p, brief(now))
		}
	}
	// The same conversation in both organisations is two.
	r := w.send(request{as: w.Stranger, method: "POST", path: "/api/v1/conversations", body: `{"conversation_id":"k1","platform":"custom","topic":"theirs"}`})
	w.status(r, 201)
	w.want(w.get("/api/v1/conversations/"+r.text("conversation.id")), "conversation.topic", `"billing"`)
	w.want(stranger("/api/v1/conversations"), "total", "1")
	w.want(w.get("/api/v1/conversations"), "total", "8")
}

func roles(w *World) {
	rank := map[string]int{"viewer": 1, "member": 2, "admin": 3, "owner": 4}
	for _, o := range w.operations() {
		if o.role == "" {
			continue
		}
		if rank[o.role] == 0 {
			w.Fault("%s %s asks for the role %q", o.method, o.path, o.role)
		}
		if o.method != http.MethodGet && o.role == "viewer" {
			w.Fault("%s %s lets a viewer write", o.method, o.path)
		}
		for role, key := range map[string]string{"viewer": w.Viewer, "member": w.Member, "admin": w.Admin, "owner": w.Owner} {
			r := w.send(request{as: key, method: o.method, path: o.on("0")})
			if allowed := rank[role] >= rank[o.role]; allowed == (r.status == 403) || r.status == 401 {
				w.Fault("%s %s as %s: status %d", o.method, o.path, role, r.status)
			}
			if r.status == 403 {
				w.problem(r, 403, "forbidden")
			}
		}
	}
}

func revocation(w *World) {
	made := w.send(request{as: w.Owner, method: "POST", path: "/api/v1/keys", body: `{"name":"short-lived","role":"viewer"}`})
	w.status(made, 201)
	secret := made.text("key.secret")
	w.status(w.send(request{as: secret, method: "GET", path: "/api/v1/conversations"}), 200)
	w.status(w.send(request{as: w.Owner, method: "DELETE", path: "/api/v1/keys/" + made.text("key.id")}), 200)
	w.problem(w.send(request{as: secret, method: "GET", path: "/api/v1/conversations"}), 401, "unauthenticated")
	w.status(w.send(request{as: w.Owner, method: "DELETE", path: "/api/v1/keys/" + made.text("key.id")}), 200)
}

func rateLimit(w *World) {
	if w.Limited == "" {
		return
	}
	w.URL = w.Limited
	for i := range 3 {
		w.status(w.send(request{as: w.Member, method: "POST", path: "/api/v1/conversations", body: item(i)}), 201)
	}
	w.problem(w.send(request{as: w.Member, method: "POST", path: "/api/v1/conversations", body: item(4)}), 429, "rate_limited")
	w.want(w.get("/api/v1/conversations"), "total", "3")
}

func draining(w *World) {
	if w.Drain == nil {
		return
	}
	w.status(w.ingest(item(1)), 201)
	w.status(w.send(request{method: "GET", path: "/readyz"}), 200)
	w.Drain()
	w.problem(w.ingest(item(2)), 503, "draining")
	w.problem(w.get("/api/v1/conversations"), 503, "draining")
	w.problem(w.send(request{method: "GET", path: "/readyz"}), 503, "draining")
	w.status(w.send(request{method: "GET", path: "/healthz"}), 200)
}
