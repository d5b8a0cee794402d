package apitest

import (
	"fmt"
	"regexp"
	"strings"
)

func errorCases() []Case {
	return []Case{
		{"bodies of the wrong kind are refused", "what is not JSON must not be guessed at", func(w *World) {
			for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/xml", "multipart/form-data; boundary=x", "application/json; charset=latin1", "application/jsonp", "x"} {
				r := w.send(request{as: w.Member, method: "POST", path: "/api/v1/conversations", body: item(1), kind: kind, header: map[string]string{"Content-Type": kind}})
				w.problem(r, 415, "unsupported_media_type")
			}
			w.problem(w.send(request{as: w.Member, method: "POST", path: "/api/v1/conversations", body: item(1), kind: "application/x-ndjson"}), 415, "unsupported_media_type")
			for i, kind := range []string{"application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"} {
				w.status(w.send(request{as: w.Member, method: "POST", path: "/api/v1/conversations", body: item(i), kind: kind}), 201)
			}
		}},
		{"bodies over the limit are refused", "memory is bounded", func(w *World) {
			pad := func(n int) string {
				body := item(1)
				return body + strings.Repeat(" ", n-len(body))
			}
			w.status(w.ingest(pad(w.MaxBody)), 201)
			w.problem(w.ingest(pad(w.MaxBody+1)), 413, "too_large")
		}},
		{"unknown addresses and methods have the shape of all errors", "clients parse one shape", func(w *World) {
			for _, path := range []string{"/", "/nope", "/api/v1/nope", "/api/v1/conversations/x/y", "/api/v2/conversations", "/api/v1/conversations/", "/.git/config", "//api/v1/conversations", "/api/v1/../v1/conversations", "/api/v1/./conversations"} {
				w.problem(w.get(path), 404, "not_found")
			}
			for _, c := range []struct{ method, path, allow string }{
				{"PUT", "/api/v1/conversations", "POST"}, {"DELETE", "/api/v1/cs-metrics/dashboard", "GET"}, {"POST", "/healthz", "GET"}, {"PATCH", "/api/v1/keys", "GET"},
			} {
				r := w.send(request{as: w.Owner, method: c.method, path: c.path})
				w.problem(r, 405, "method_not_allowed")
				if !strings.Contains(r.header.Get("Allow"), c.allow) {
					w.Fault("%s: Allow is %q", r.request, r.header.Get("Allow"))
				}
			}
		}},
		{"errors say nothing about the inside", "SQL, paths and stacks help attackers", func(w *World) {
			inside := regexp.MustCompile(`(?i)(select |insert |sqlite|pgx|goroutine|\.go:|/root/|/home/|panic)`)
			for _, body := range []string{"", "{", with(`"csat_score":7`), `{"conversation_id":"\u0000","platform":"sdk"}`} {
				if r := w.send(request{as: w.Member, method: "POST", path: "/api/v1/conversations", body: body, kind: "application/json"}); inside.MatchString(r.raw) {
					w.Fault("%s: %s", r.request, brief(r.raw))
				}
			}
		}},
	}
}

func manageCases() []Case {
	return []Case{
		{"API keys are shown once", "a list of keys must not be a list of secrets", keysShownOnce},
		{"a key can do no more than who makes it", "an admin must not become owner", keyRoles},
		{"settings change what is sent and nothing else", "a typo must not pass for a change", settings},
	}
}

func keysShownOnce(w *World) {
	r := w.send(request{as: w.Admin, method: "POST", path: "/api/v1/keys", body: `{"name":"ci"}`})
	w.status(r, 201)
	secret := r.text("key.secret")
	if !regexp.MustCompile(`^amo_[0-9a-z]{32}$`).MatchString(secret) {
		w.Fault("the key has the form %q", secret)
		return
	}
	w.wants(r, "key.name", `"ci"`, "key.role", `"member"`, "key.revoked_at", "null", "key.prefix", quote(secret[:12]))
	w.status(w.send(request{as: secret, method: "POST", path: "/api/v1/conversations", body: item(1)}), 201)
	list := w.send(request{as: w.Admin, method: "GET", path: "/api/v1/keys"})
	if strings.Contains(list.raw, secret[12:]) || strings.Contains(list.raw, "hash") || strings.Contains(list.raw, `"secret"`) {
		w.Fault("the list shows more than it may: %s", brief(list.raw))
	}
	if !strings.Contains(list.raw, secret[:12]) {
		w.Fault("the list does not show the key: %s", brief(list.raw))
	}
	for body, field := range map[string]string{
		`{}`: "/name", `{"name":""}`: "/name", `{"name":"` + strings.Repeat("x", 101) + `"}`: "/name", `{"name":5}`: "/name", `{"name":"x","org_id":"y"}`: "/org_id", `{"name":"x","Role":"viewer"}`: "/Role", `[]`: "",
	} {
		w.problem(w.send(request{as: w.Admin, method: "POST", path: "/api/v1/keys", body: body}), 422, "validation_failed", field)
	}
	w.problem(w.send(request{as: w.Admin, method: "POST", path: "/api/v1/keys", body: `{"name":"x","role":"god"}`}), 400, "unknown_value", "/role")
	w.problem(w.send(request{as: w.Admin, method: "POST", path: "/api/v1/keys", body: `{"name":"x","name":"y"}`}), 400, "invalid_json")
}

func keyRoles(w *World) {
	for _, c := range []struct {
		as, role string
		status   int
	}{{w.Admin, "owner", 403}, {w.Admin, "admin", 201}, {w.Admin, "viewer", 201}, {w.Owner, "owner", 201}, {w.Member, "viewer", 403}} {
		w.status(w.send(request{as: c.as, method: "POST", path: "/api/v1/keys", body: fmt.Sprintf(`{"name":"x","role":%q}`, c.role)}), c.status)
	}
}

func settings(w *World) {
	patch := func(body string) *reply {
		return w.send(request{as: w.Admin, method: "PATCH", path: "/api/v1/organization", body: body})
	}
	before := w.get("/api/v1/organization")
	w.wants(before, "success", "true", "organization.settings.time_zone", `"UTC"`, "organization.settings.currency", `"USD"`, "organization.settings.costs.human_hourly", "null")
	r := patch(`{"settings":{"csat_threshold":3.5,"retention_days":30,"policy_topics":["legal"],"costs":{"human_hourly":31.50,"per_resolution":0.99}}}`)
	w.status(r, 200)
	w.wants(r, "organization.settings.csat_threshold", "3.5", "organization.settings.retention_days", "30", "organization.settings.policy_topics", `["legal"]`,
		"organization.settings.costs.human_hourly", "31.5", "organization.settings.costs.per_resolution", "0.99", "organization.settings.time_zone", `"UTC"`)
	r = patch(`{"settings":{"retention_days":null,"costs":{"human_hourly":null}}}`)
	w.wants(r, "organization.settings.retention_days", "null", "organization.settings.costs.human_hourly", "null", "organization.settings.costs.per_resolution", "0.99")
	for body, field := range map[string]string{
		`{"name":"x"}`: "/name", `{"plan":"enterprise"}`: "/plan", `{"settings":{"Currency":"EUR"}}`: "/settings/Currency", `{"settings":{"plan":"free"}}`: "/settings/plan", `{"settings":{"costs":{"x":1}}}`: "/settings/costs/x",
		`{"settings":{"time_zone":"Mars"}}`: "/settings/time_zone", `{"settings":{"currency":"XXX"}}`: "/settings/currency", `{"settings":{"csat_threshold":6}}`: "/settings/csat_threshold", `{"settings":{"retention_days":-1}}`: "/settings/retention_days",
		`{"settings":{"retention_days":1.5}}`: "/settings/retention_days", `{"settings":{"costs":{"monthly_fee":-1}}}`: "/settings/costs/monthly_fee", `{"settings":{"currency":null}}`: "/settings/currency", `{"settings":5}`: "/settings",
	} {
		w.problem(patch(body), 422, "validation_failed", field)
	}
	w.problem(patch(`{"settings":{"csat_threshold":6,"currency":"XXX"}}`), 422, "validation_failed", "/settings/csat_threshold", "/settings/currency")
	after := w.get("/api/v1/organization")
	w.wants(after, "organization.settings.currency", `"USD"`, "organization.settings.csat_threshold", "3.5", "organization.plan", show(before.at("organization.plan")))
	w.want(w.send(request{as: w.Stranger, method: "GET", path: "/api/v1/organization"}), "organization.settings.csat_threshold", "4")
}
