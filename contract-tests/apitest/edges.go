package apitest

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

func edgeCases() []Case {
	return []Case{
		{"numbers at the edges", "one absurd number spoils every sum", numberEdges},
		{"times at the edges", "a time read wrongly moves a conversation to another month", timeEdges},
		{"text at the edges", "what one store keeps another may refuse", textEdges},
		{"identifiers are compared byte for byte", "two conversations must not become one", identifierBytes},
		{"lengths at the edges", "limits hold at the byte", lengthEdges},
		{"a conversation does not grow without end", "every part that comes has all of it read again", growth},
		{"money is exact", "finance adds it up by hand", exactMoney},
	}
}

func numberEdges(w *World) {
	for i, c := range []struct {
		member string
		status int
		shown  string
	}{
		{`"csat_score":1`, 201, "1"}, {`"csat_score":5`, 201, "5"}, {`"csat_score":5.0`, 201, "5"}, {`"csat_score":50e-1`, 201, "5"},
		{`"csat_score":0`, 422, ""}, {`"csat_score":6`, 422, ""}, {`"csat_score":7`, 422, ""}, {`"csat_score":4.5`, 422, ""}, {`"csat_score":-1`, 422, ""},
		{`"csat_score":5.0000000000000000001`, 422, ""}, {`"csat_score":99999999999999999999`, 422, ""}, {`"csat_score":1e300`, 422, ""},
		{`"cost_usd":0`, 201, "0"}, {`"cost_usd":-0`, 201, "0"}, {`"cost_usd":0.000001`, 201, "0.000001"}, {`"cost_usd":1000000`, 201, "1000000"},
		{`"cost_usd":1e6`, 201, "1000000"}, {`"cost_usd":0.1`, 201, "0.1"}, {`"cost_usd":123456.789012`, 201, "123456.789012"},
		{`"cost_usd":1000000.000001`, 422, ""}, {`"cost_usd":-0.01`, 422, ""}, {`"cost_usd":1e308`, 422, ""}, {`"cost_usd":9223372036854.775808`, 422, ""},
		{`"cost_usd":0.` + strings.Repeat("1", 200), 422, ""},
		{`"resolution_time_seconds":0`, 201, "0"}, {`"resolution_time_seconds":0.5`, 201, "0.5"}, {`"resolution_time_seconds":3.2e9`, 201, "3200000000"},
		{`"resolution_time_seconds":3.2000001e9`, 422, ""}, {`"resolution_time_seconds":-1`, 422, ""}, {`"resolution_time_seconds":1e18`, 422, ""},
		{`"handle_time_seconds":-1`, 422, ""}, {`"input_tokens":1.5`, 422, ""}, {`"input_tokens":-1`, 422, ""}, {`"input_tokens":1e12`, 201, "1000000000000"},
		{`"output_tokens":1000000000001`, 422, ""}, {`"output_tokens":0`, 201, "0"},
	} {
		r := w.ingest(fmt.Sprintf(`{"conversation_id":"n%d","platform":"sdk",%s}`, i, c.member))
		name := strings.Split(c.member, `"`)[1]
		if c.status != 201 {
			w.problem(r, c.status, "validation_failed", "/"+name)
			continue
		}
		if w.status(r, 201) {
			w.want(r, "conversation."+name, c.shown)
		}
	}
}

func timeEdges(w *World) {
	now := time.Now().UTC()
	for i, c := range []struct {
		time   string
		status int
		shown  string
	}{
		{"2026-01-15T10:30:00Z", 201, "2026-01-15T10:30:00Z"},
		{"2026-01-15T10:30:00+05:30", 201, "2026-01-15T05:00:00Z"},
		{"2026-01-15T10:30:00-0800", 201, "2026-01-15T18:30:00Z"},
		{"2026-01-15T10:30:00+01", 201, "2026-01-15T09:30:00Z"},
		{"2026-01-15t10:30:00z", 201, "2026-01-15T10:30:00Z"},
		{"2026-01-15 10:30:00Z", 201, "2026-01-15T10:30:00Z"},
		{"2026-01-15T10:30Z", 201, "2026-01-15T10:30:00Z"},
		{"2026-01-15T10:30:00.123456789Z", 201, "2026-01-15T10:30:00.123456Z"},
		{"2026-01-15T10:30:00,5Z", 201, "2026-01-15T10:30:00.5Z"},
		{"2026-01-15T10:30:00", 201, "2026-01-15T10:30:00Z"},
		{"2026-01-15", 201, "2026-01-15T00:00:00Z"},
		{"2024-02-29", 201, "2024-02-29T00:00:00Z"},
		{"2000-01-01T00:00:00Z", 201, "2000-01-01T00:00:00Z"},
		{now.Add(23 * time.Hour).Format(time.RFC3339), 201, now.Add(23 * time.Hour).Format(time.RFC3339)},
		{"1999-12-31T23:59:59Z", 422, ""},
		{now.Add(25 * time.Hour).Format(time.RFC3339), 422, ""},
		{"2023-02-29", 422, ""}, {"2026-13-01", 422, ""}, {"2026-00-10", 422, ""}, {"2026-04-31T00:00:00Z", 422, ""},
		{"2026-01-15T24:00:00Z", 422, ""}, {"2026-01-15T10:60:00Z", 422, ""}, {"2016-12-31T23:59:60Z", 422, ""},
		{"0000-01-01T00:00:00Z", 422, ""}, {"10000-01-01T00:00:00Z", 422, ""}, {"9999-12-31T23:59:59Z", 422, ""}, {"9999-12-31T23:59:59-18:00", 422, ""},
		{"2026-01-15T10:30:00+19:00", 422, ""}, {"2026-01-15T10:30:00 Europe/Berlin", 422, ""}, {"2026-1-5", 422, ""}, {"15.01.2026", 422, ""},
		{"1768473000", 422, ""}, {"", 422, ""}, {"now", 422, ""}, {"2026-01-15T", 422, ""}, {"2026-01-15T10", 422, ""}, {"2026-01-15T10:30:00.Z", 422, ""},
	} {
		r := w.ingest(fmt.Sprintf(`{"conversation_id":"t%d","platform":"sdk","messages":[{"sender_type":"ai","content":"x","timestamp":%s}]}`, i, quote(c.time)))
		if c.status != 201 {
			w.problem(r, c.status, "validation_failed", "/messages/0/timestamp")
			continue
		}
		if w.status(r, 201) {
			w.want(r, "conversation.messages.0.timestamp", quote(c.shown))
			w.want(r, "conversation.started_at", quote(c.shown))
		}
	}
	w.status(w.send(request{as: w.Owner, method: "PATCH", path: "/api/v1/organization", body: `{"settings":{"time_zone":"America/New_York"}}`}), 200)
	r := w.ingest(`{"conversation_id":"zoned","platform":"sdk","created_at":"2026-07-01T08:00:00","closed_at":"2026-07-02"}`)
	w.wants(r, "conversation.created_at", `"2026-07-01T12:00:00Z"`, "conversation.closed_at", `"2026-07-02T04:00:00Z"`)
	if !strings.Contains(r.raw, "America/New_York") {
		w.Fault("the answer does not say in which zone times without one were read: %s", brief(r.raw))
	}
}

func textEdges(w *World) {
	r := w.ingest(`{"conversation_id":"t1","platform":"sdk","messages":[{"sender_type":"ai","content":"a\u0000b\u0000","metadata":{"k":"x\u0000"}}],"metadata":{"k\u0000":"\u0000"}}`)
	w.status(r, 201)
	w.wants(r, "conversation.messages.0.content", `"a\ufffdb\ufffd"`, "conversation.messages.0.metadata.k", `"x\ufffd"`, "warnings.0.field", `"/messages/0/content"`)
	if !strings.Contains(r.text("warnings.0.message"), "2") {
		w.Fault("the replaced NUL characters were not counted: %s", brief(r.raw))
	}
	for _, c := range []struct{ body, field string }{
		{`{"conversation_id":"a\u0000b","platform":"sdk"}`, "/conversation_id"},
		{with(`"customer_id":"\u0000"`), "/customer_id"}, {with(`"ai_agent_id":"x\u0000"`), "/ai_agent_id"}, {with(`"topic":"x\u0000"`), "/topic"},
		{with(`"tags":["a","\u0000"]`), "/tags/1"}, {with(`"messages":[{"sender_type":"ai","content":"x","message_id":"\u0000"}]`), "/messages/0/message_id"},
	} {
		w.problem(w.ingest(c.body), 422, "validation_failed", c.field)
	}
	for i, content := range []string{
		"<script>alert(1)</script>", "a\u2028b\u2029c", "\u202eright to left", "👩‍👩‍👧‍👦", "e\u0301 é", "\ufeffmark inside", "\U0010ffff", "\x7f", "=1+1", "'; DROP TABLE conversations; --", strings.Repeat("x", 100_000),
	} {
		r := w.ingest(fmt.Sprintf(`{"conversation_id":"text%d","platform":"sdk","messages":[{"sender_type":"customer","content":%s}]}`, i, quote(content)))
		w.status(r, 201)
		got := w.get("/api/v1/conversations/" + r.text("conversation.id"))
		if got.text("conversation.messages.0.content") != content {
			w.Fault("text %q came back as %q", brief(content), brief(got.text("conversation.messages.0.content")))
		}
	}
}

func identifierBytes(w *World) {
	ids := []string{"A", "a", "é", "e\u0301", "x", "x ", " x", "ſ", "s", "S", "Ａ", "ß", "ss", "K", "\u212a", "0", "00", "%", "_", "\\", "'", `"`, "a/b", "a\nb", "..", "null", strings.Repeat("é", 127) + "x"}
	uids := map[string]string{}
	for _, platform := range []string{"custom", "sdk"} {
		for _, id := range ids {
			r := w.ingest(fmt.Sprintf(`{"conversation_id":%s,"platform":%q}`, quote(id), platform))
			w.status(r, 201)
			w.want(r, "conversation.conversation_id", quote(id))
			uid := r.text("conversation.id")
			if other, ok := uids[uid]; ok {
				w.Fault("%q and %q are one conversation", other, id)
			}
			uids[uid] = platform + " " + id
		}
	}
	w.want(w.get("/api/v1/conversations"), "total", fmt.Sprint(2*len(ids)))
	for _, topic := range []string{"T", "t", "t "} {
		w.status(w.ingest(fmt.Sprintf(`{"conversation_id":%q,"platform":"intercom","topic":%q}`, topic, topic)), 201)
	}
	w.want(w.get("/api/v1/conversations?topic=t"), "total", "1")
}

func lengthEdges(w *World) {
	long := func(n int) string { return strings.Repeat("x", n) }
	for i, c := range []struct {
		member string
		status int
	}{
		{`"topic":"` + long(255) + `"`, 201}, {`"topic":"` + long(256) + `"`, 422}, {`"customer_id":"` + long(255) + `"`, 201}, {`"customer_id":"` + long(256) + `"`, 422},
		{`"customer_id":""`, 422}, {`"escalation_reason":"` + long(2001) + `"`, 422}, {`"tags":["` + long(256) + `"]`, 422},
		{`"tags":[` + strings.TrimSuffix(strings.Repeat(`"t",`, 100), ",") + `]`, 201}, {`"tags":[` + strings.TrimSuffix(strings.Repeat(`"t",`, 101), ",") + `]`, 422},
		{`"metadata":{"k":"` + long(64<<10) + `"}`, 422}, {`"messages":[{"sender_type":"ai","content":"` + long(256<<10) + `"}]`, 201},
		{`"messages":[{"sender_type":"ai","content":"` + long(256<<10+1) + `"}]`, 422},
		{`"messages":[` + strings.TrimSuffix(strings.Repeat(`{"sender_type":"ai","content":"x"},`, 5000), ",") + `]`, 201},
		{`"messages":[` + strings.TrimSuffix(strings.Repeat(`{"sender_type":"ai","content":"x"},`, 5001), ",") + `]`, 422},
	} {
		w.status(w.ingest(fmt.Sprintf(`{"conversation_id":"l%d","platform":"sdk",%s}`, i, c.member)), c.status)
	}
	w.status(w.ingest(`{"conversation_id":"`+long(255)+`","platform":"sdk"}`), 201)
	w.status(w.ingest(`{"conversation_id":"`+long(256)+`","platform":"sdk"}`), 422)
}

// growth adds to one conversation until it holds as much as it may, 4 MiB.
func growth(w *World) {
	part := func(i, length int) string {
		return fmt.Sprintf(`{"conversation_id":"g","platform":"sdk","messages":[{"sender_type":"ai","message_id":"%02d","content":%q}]}`, i, strings.Repeat("x", length))
	}
	for i := range 15 {
		w.status(w.ingest(part(i, 256<<10)), map[bool]int{true: 201, false: 200}[i == 0])
	}
	// The identifiers count too.
	w.problem(w.ingest(part(15, 256<<10-31)), 422, "validation_failed", "/messages")
	w.problem(w.ingest(part(15, 256<<10)), 422, "validation_failed", "/messages")
	w.status(w.ingest(part(15, 256<<10-32)), 200)
	w.status(w.ingest(`{"conversation_id":"g","platform":"sdk","csat_score":4}`), 200)
}

// exactMoney plants 500.00 of AI cost and 3,000.00 of human cost.
func exactMoney(w *World) {
	w.status(w.send(request{as: w.Owner, method: "PATCH", path: "/api/v1/organization", body: `{"settings":{"costs":{"human_hourly":300.00,"handle_seconds":3600}}}`}), 200)
	for i := range 10 {
		w.status(w.ingest(fmt.Sprintf(`{"conversation_id":"m%d","platform":"sdk","cost_usd":50.00,"csat_score":5,"topic":"billing","messages":[`+
			`{"sender_type":"customer","content":"Where is my invoice?","timestamp":"2026-01-10T10:00:00Z"},`+
			`{"sender_type":"ai","content":"It is in your account under Invoices.","timestamp":"2026-01-10T10:00:10Z"}]}`, i)), 201)
	}
	r := w.get("/api/v1/cs-metrics/cost-analysis?start=2026-01-01&end=2026-01-31")
	for _, text := range []string{`"total_ai_cost":500.00`, `"total_estimated_human_cost":3000.00`, `"cost_savings":2500.00`, `"roi_percentage":500.0`} {
		if !strings.Contains(r.raw, text) {
			w.Fault("the answer does not contain %s byte for byte: %s", text, brief(r.raw))
		}
	}
	if d := w.get("/api/v1/cs-metrics/dashboard?start=2026-01-01&end=2026-01-31"); !strings.Contains(d.raw, `"cost_savings":2500.00`) || !strings.Contains(d.raw, `"avg_csat_score":5.00`) {
		w.Fault("the dashboard says otherwise: %s", brief(d.raw))
	}
	for i, cost := range []string{"0.1", "0.2", "0.7"} {
		w.status(w.ingest(fmt.Sprintf(`{"conversation_id":"e%d","platform":"sdk","cost_usd":%s,"ai_handled":true,"created_at":"2025-06-01T10:00:00Z"}`, i, cost)), 201)
	}
	if r := w.get("/api/v1/cs-metrics/cost-analysis?start=2025-06-01&end=2025-06-01"); r.at("cost_analysis.total_ai_cost") != json.Number("1.00") {
		w.Fault("0.1 + 0.2 + 0.7 is %s", show(r.at("cost_analysis.total_ai_cost")))
	}
}
