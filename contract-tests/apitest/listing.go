package apitest

import (
	"fmt"
	"net/url"
	"strings"
)

func listCases() []Case {
	return []Case{
		{"every filter of the listing holds", "a filter that is ignored shows what was not asked for", listFilters},
		{"what was written can be found", "search is how people find a conversation", search},
		{"hostile texts in parameters are only texts", "nothing in a query reaches a store but as a value", injections},
	}
}

func listFilters(w *World) {
	plant(w)
	for query, want := range map[string]string{
		"": "8", "platform=custom": "4", "topic=shipping": "4", "escalated=true": "2", "escalated=false": "6", "ai_handled=true": "7", "ai_handled=false": "1",
		"csat_min=4": "4", "csat_max=3": "2", "csat_min=4&csat_max=4": "2", "csat_min=1": "6", "start_date=2026-01-03&end_date=2026-01-04": "4",
		"start_date=2026-01-05": "2", "end_date=2026-01-02": "2", "start_date=2026-01-05&end_date=9999-12-31": "2", "topic=shipping&escalated=true&platform=sdk": "1", "sentiment=frustrated": "0",
	} {
		r := w.get("/api/v1/conversations?" + query)
		w.status(r, 200)
		w.want(r, "total", want)
		if got := fmt.Sprint(len(r.list("conversations"))); got != want || fmt.Sprint(r.at("count")) != want {
			w.Fault("%s: %s rows, count %v, want %s", query, got, r.at("count"), want)
		}
	}
	r := w.get("/api/v1/conversations?escalated=true&csat_min=2&limit=7&topic=shipping")
	w.want(r, "filters", `{"escalated":true,"csat_min":2,"topic":"shipping"}`)
	newest := w.get("/api/v1/conversations?limit=500")
	last := "9999"
	for i := range newest.list("conversations") {
		at := newest.text(fmt.Sprintf("conversations.%d.started_at", i))
		if at > last {
			w.Fault("row %d began at %s, after the row before it", i, at)
		}
		last = at
	}
	for query, fields := range map[string][]string{
		"limit=501&offset=-1&csat_min=7&csat_max=0": {"/limit", "/offset", "/csat_min", "/csat_max"}, "limit=0": {"/limit"}, "csat_min=4&csat_max=2": {"/csat_min"},
		"start_date=2026-02-01&end_date=2026-01-01": {"/end_date"}, "start=2026-02-01&end=2026-01-01": {"/end"}, "start=2026-01-01&start_date=2026-01-01": {"/start"},
		"csat_min=4.5": {"/csat_min"}, "start_date=yesterday": {"/start_date"}, "search=": {"/search"}, "search=%F0%9F%99%82+%21": {"/search"}, "topic=%00": {"/topic"}, "search=" + strings.Repeat("x", 501): {"/search"},
	} {
		w.problem(w.get("/api/v1/conversations?"+query), 422, "validation_failed", fields...)
	}
	for _, query := range []string{"platform=Custom", "sentiment=sad", "escalated=yes", "ai_handled=1", "total=maybe", "priority="} {
		w.problem(w.get("/api/v1/conversations?"+query), 400, "unknown_value", "/"+strings.SplitN(query, "=", 2)[0])
	}
	w.status(w.get("/api/v1/conversations?start=0001-01-01&end=9999-12-31"), 200)
	w.problem(w.get("/api/v1/conversations?topic=%ff"), 400, "", "/topic")
	w.problem(w.get("/api/v1/conversations?topic=%zz"), 400, "invalid_query")
	w.problem(w.get("/api/v1/conversations?org_id=1&Topic=x"), 400, "unknown_parameter", "/org_id", "/Topic")
}

func search(w *World) {
	for i, content := range []string{"My parcel never arrived", "The PARCEL was damaged; Ünïcode näh", "Refund please"} {
		w.status(w.ingest(fmt.Sprintf(`{"conversation_id":"s%d","platform":"sdk","messages":[{"sender_type":"customer","content":%s}]}`, i, quote(content))), 201)
	}
	for words, want := range map[string]string{"parcel": "2", "parcel arrived": "1", "refund": "1", "nothing": "0", "PARCEL": "2"} {
		r := w.get("/api/v1/conversations?search=" + url.QueryEscape(words))
		w.status(r, 200)
		w.want(r, "total", want)
	}
}

// payloads are texts that have gone wrong somewhere.
func payloads() []string {
	return []string{
		"'", "''", `"`, "`", ";", "--", "/*", "*/", "\\", "%", "_", "%%", "%25", "\\%", "[a]", "(", ")", "NULL", "null", "' OR '1'='1", "' OR 1=1 --", `" OR ""="`,
		"'; DROP TABLE conversations; --", "1; SELECT pg_sleep(5)", "') UNION SELECT * FROM orgs --", "$1", "?", ":topic", "@p1", "{{7*7}}", "${7*7}", "\r\nX: y", "\u202e", "ſ", "🙂",
		"a' AND randomblob(1000000000) --", "x' COLLATE NOCASE --", "*", "^", "NEAR(a b)", `"a" AND "b"`, "a OR b", "-a", "a*", "..", "/", "\u2028", "'||(SELECT 1)||'",
	}
}

func injections(w *World) {
	for i, p := range payloads() {
		if i%6 == 0 { // some of them exist, and are found
			w.status(w.ingest(fmt.Sprintf(`{"conversation_id":%s,"platform":"sdk","topic":%s,"ai_agent_id":%s}`, quote(p), quote(p), quote(p))), 201)
		}
	}
	w.status(w.ingest(`{"conversation_id":"plain","platform":"sdk","topic":"plain"}`), 201)
	all := show(w.get("/api/v1/conversations?limit=500").at("total"))
	for i, p := range payloads() {
		want := map[bool]string{true: "1", false: "0"}[i%6 == 0]
		for _, name := range []string{"topic", "ai_agent_id"} {
			r := w.get("/api/v1/conversations?" + name + "=" + url.QueryEscape(p))
			w.status(r, 200)
			w.want(r, "total", want)
		}
		w.want(w.get("/api/v1/cs-metrics/escalation-patterns?time_range=48&topic="+url.QueryEscape(p)), "total.total_conversations", want)
		w.status(w.get("/api/v1/conversations/knowledge-gaps?topic="+url.QueryEscape(p)), 200)
		for _, name := range []string{"search", "cursor", "platform", "sentiment", "priority", "escalated", "limit", "offset", "start", "end", "time_zone", "csat_min"} {
			if r := w.get("/api/v1/conversations?" + name + "=" + url.QueryEscape(p)); r.status >= 500 || r.status == 0 || name != "search" && r.status == 200 {
				w.Fault("%s=%q: status %d", name, p, r.status)
			}
		}
		if r := w.get("/api/v1/conversations/" + url.PathEscape(p)); r.status >= 500 || r.status == 200 {
			w.Fault("id %q: status %d", p, r.status)
		}
	}
	if now := show(w.get("/api/v1/conversations?limit=500").at("total")); now != all {
		w.Fault("there were %s conversations and now there are %s", all, now)
	}
}

func pagingCases() []Case {
	return []Case{
		{"pages neither overlap nor skip", "an export page by page must be complete", walkPages},
		{"a cursor opens its own listing and nothing else", "a cursor is not a way around the filters or the organisation", cursors},
		{"paging at the edges", "nobody reads a million rows by offset", pagingEdges},
	}
}

func walkPages(w *World) {
	const n = 57
	for i := range n {
		// Many begin at the same time, so that ties decide.
		w.status(w.ingest(fmt.Sprintf(`{"conversation_id":"p%d","platform":"sdk","topic":"t%d","created_at":"2026-01-01T10:00:0%dZ"}`, i, i%2, i%5)), 201)
	}
	var byOffset []string
	for offset := 0; ; offset += 10 {
		r := w.get(fmt.Sprintf("/api/v1/conversations?limit=10&offset=%d", offset))
		w.want(r, "total", fmt.Sprint(n))
		for i := range r.list("conversations") {
			byOffset = append(byOffset, r.text(fmt.Sprintf("conversations.%d.id", i)))
		}
		if len(r.list("conversations")) < 10 {
			w.want(r, "next_cursor", "null")
			break
		}
	}
	var byCursor []string
	for next := ""; ; {
		r := w.get("/api/v1/conversations?limit=7" + next)
		for i := range r.list("conversations") {
			byCursor = append(byCursor, r.text(fmt.Sprintf("conversations.%d.id", i)))
		}
		if r.text("next_cursor") == "" || len(byCursor) > n {
			break
		}
		next = "&cursor=" + r.text("next_cursor")
	}
	if len(byOffset) != n || strings.Join(byOffset, " ") != strings.Join(byCursor, " ") {
		w.Fault("%d rows by offset and %d by cursor, or in another order", len(byOffset), len(byCursor))
	}
	w.want(w.get("/api/v1/conversations?limit=3&topic=t1"), "total", "28")
	w.want(w.get("/api/v1/conversations?limit=3&total=false"), "total", "null")
}

func cursors(w *World) {
	for i := range 6 {
		w.status(w.ingest(fmt.Sprintf(`{"conversation_id":"p%d","platform":"sdk","topic":"t"}`, i)), 201)
		w.status(w.send(request{as: w.Stranger, method: "POST", path: "/api/v1/conversations", body: fmt.Sprintf(`{"conversation_id":"p%d","platform":"sdk","topic":"t"}`, i)}), 201)
	}
	cursor := w.get("/api/v1/conversations?limit=2").text("next_cursor")
	filtered := w.get("/api/v1/conversations?limit=2&topic=t").text("next_cursor")
	if cursor == "" || filtered == "" {
		w.Fault("there is no next_cursor")
		return
	}
	w.status(w.get("/api/v1/conversations?limit=3&cursor="+cursor), 200)
	refused := func(as, query string) {
		w.problem(w.send(request{as: as, method: "GET", path: "/api/v1/conversations?" + query}), 400, "invalid_cursor", "/cursor")
	}
	refused(w.Stranger, "cursor="+cursor)
	refused(w.Viewer, "cursor="+filtered)
	refused(w.Viewer, "topic=t&cursor="+cursor)
	refused(w.Viewer, "topic=T&cursor="+filtered)
	for i := range len(cursor) {
		flipped := "A"
		if cursor[i] == 'A' {
			flipped = "B"
		}
		if i%5 == 0 || i == len(cursor)-1 {
			refused(w.Viewer, "cursor="+cursor[:i]+flipped+cursor[i+1:])
		}
	}
	for _, c := range []string{"x", "AAAA", cursor + "A", cursor[1:], strings.Repeat("A", len(cursor)), "null", "0"} {
		refused(w.Viewer, "cursor="+c)
	}
	w.problem(w.get("/api/v1/conversations?offset=1&cursor="+cursor), 422, "validation_failed", "/offset")
}

func pagingEdges(w *World) {
	for _, c := range []struct{ query, field string }{
		{"limit=-1", "/limit"}, {"limit=0", "/limit"}, {"limit=501", "/limit"}, {"limit=2147483648", "/limit"}, {"limit=9223372036854775808", "/limit"}, {"limit=1e2", "/limit"}, {"limit=ten", "/limit"}, {"limit=", "/limit"},
		{"offset=-1", "/offset"}, {"offset=100001", "/offset"}, {"offset=2147483648", "/offset"}, {"offset=9223372036854775808", "/offset"}, {"offset=0x10", "/offset"}, {"offset=-9223372036854775809", "/offset"},
	} {
		r := w.get("/api/v1/conversations?" + c.query)
		w.problem(r, 422, "validation_failed", c.field)
		if c.field == "/offset" && !strings.Contains(r.raw, "next_cursor") {
			w.Fault("%s: no hint to the cursor: %s", c.query, brief(r.raw))
		}
	}
	for _, query := range []string{"limit=1", "limit=500", "offset=0", "offset=100000"} {
		w.status(w.get("/api/v1/conversations?"+query), 200)
	}
}
