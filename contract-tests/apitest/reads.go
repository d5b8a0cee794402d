package apitest

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// metricsReads are the four metrics reads with the default length of their window in hours.
var metricsReads = map[string]float64{
	"/api/v1/cs-metrics/dashboard": 24, "/api/v1/cs-metrics/csat-trends": 168,
	"/api/v1/cs-metrics/escalation-patterns": 168, "/api/v1/cs-metrics/cost-analysis": 720,
}

func readCases() []Case {
	return []Case{
		{"every metrics answer states its window", "a number without its window means nothing", windows},
		{"where there is no data there is null, never 0", "an average of nothing is not 0", emptyReads},
		{"every figure stands beside its evidence", "numbers that can be believed", evidence},
		{"the reads count what was sent", "the answer to the product's four questions", knownFigures},
		{"the response rate counts only whom a source says was asked", "a rate of 100 % because nobody counted the silent is worse than none", responseRate},
		{"figures are rounded half away from zero", "who reckons along on paper must get the same", rounding},
		{"a window holds its start and not its end, and days are local", "midnight belongs to one day", windowEdges},
		{"filters of the metrics reads hold", "drill-down must agree with the headline", metricFilters},
		{"knowledge gaps are found, shown, resolved and opened again", "a list nobody can work through is no help", gaps},
	}
}

func parseTime(s string) time.Time {
	t, _ := time.Parse(time.RFC3339Nano, s)
	return t
}

func windows(w *World) {
	for path, hours := range metricsReads {
		r := w.get(path)
		w.status(r, 200)
		w.wants(r, "success", "true", "window.time_zone", `"UTC"`, "currency", `"USD"`)
		asOf, start, end := parseTime(r.text("as_of")), parseTime(r.text("window.start")), parseTime(r.text("window.end"))
		if d := time.Since(asOf); d < -time.Minute || d > time.Minute {
			w.Fault("%s: as_of is %s", path, r.text("as_of"))
		}
		if end.Sub(start) != time.Duration(hours*float64(time.Hour)) || !end.Equal(asOf) {
			w.Fault("%s: the window is %s to %s, want %v hours up to now", path, start, end, hours)
		}
		if p := parseTime(r.text("previous.start")); !p.Equal(start.Add(start.Sub(end))) || r.text("previous.end") != r.text("window.start") {
			w.Fault("%s: the previous window is %s to %s", path, r.text("previous.start"), r.text("previous.end"))
		}
		if _, ok := r.at("previous.estimates").(map[string]any); !ok {
			w.Fault("%s: the previous window has no figures", path)
		}
		r = w.get(path + "?time_range=0.5&time_zone=Asia/Kolkata")
		w.want(r, "window.time_zone", `"Asia/Kolkata"`)
		if d := parseTime(r.text("window.end")).Sub(parseTime(r.text("window.start"))); d != 30*time.Minute {
			w.Fault("%s: half an hour is %s", path, d)
		}
		r = w.get(path + "?start=2024-01-01T00:00:00Z&end=2024-01-02T00:00:00Z")
		w.wants(r, "window.start", `"2024-01-01T00:00:00Z"`, "window.end", `"2024-01-02T00:00:00Z"`, "previous.start", `"2023-12-31T00:00:00Z"`)
		for query, field := range map[string]string{
			"time_range=0": "/time_range", "time_range=-1": "/time_range", "time_range=NaN": "/time_range", "time_range=1e9": "/time_range", "time_range=day": "/time_range",
			"time_zone=Mars/Olympus": "/time_zone", "time_zone=Local": "/time_zone", "time_zone=": "/time_zone", "time_zone=../../etc/passwd": "/time_zone",
			"start=2024-01-02T00:00:00Z&end=2024-01-01T00:00:00Z": "/end", "start=soon": "/start", "end=2024-02-30": "/end",
			"time_range=24&start=2024-01-01": "/time_range", "topic=": "/topic", "start=10000-01-01": "/start",
		} {
			w.problem(w.get(path+"?"+query), 422, "validation_failed", field)
		}
		w.problem(w.get(path+"?platform=fax&priority=now"), 400, "unknown_value", "/platform", "/priority")
		w.problem(w.get(path+"?time_rang=5"), 400, "unknown_parameter", "/time_rang")
		w.problem(w.get(path+"?time_range=5&time_range=6"), 400, "unknown_parameter", "/time_range")
	}
}

func emptyReads(w *World) {
	d := w.get("/api/v1/cs-metrics/dashboard")
	w.wants(d, "metrics.total_conversations", "0", "metrics.avg_csat_score", "null", "metrics.escalation_rate", "null", "metrics.cost_savings", "null",
		"metrics.estimates.avg_csat_score.value", "null", "metrics.estimates.avg_csat_score.n", "0")
	t := w.get("/api/v1/cs-metrics/csat-trends?start=2024-01-01&end=2024-01-03")
	for i, date := range []string{"2024-01-01", "2024-01-02", "2024-01-03"} {
		at := fmt.Sprintf("csat_trends.%d.", i)
		w.wants(t, at+"date", quote(date), at+"ai_avg_csat", "null", at+"human_avg_csat", "null")
	}
	if n := len(t.list("csat_trends")); n != 3 {
		w.Fault("%d days, want 3", n)
	}
	w.wants(w.get("/api/v1/cs-metrics/escalation-patterns"), "escalation_patterns", "[]")
	w.wants(w.get("/api/v1/cs-metrics/cost-analysis"), "cost_analysis.total_ai_cost", "null", "cost_analysis.cost_savings", "null", "cost_analysis.roi_percentage", "null")
	comparison := w.get("/api/v1/cs-metrics/csat-comparison")
	for i := range 3 {
		w.want(comparison, fmt.Sprintf("views.%d.support_share", i), "null")
	}
	w.wants(w.get("/api/v1/conversations"), "conversations", "[]", "count", "0", "total", "0", "next_cursor", "null", "filters", "{}")
	w.wants(w.get("/api/v1/conversations/knowledge-gaps"), "knowledge_gaps", "[]", "count", "0")
}

// evidence looks at every object of every answer that has estimates.
func evidence(w *World) {
	plant(w)
	const window = "?start=2026-01-01&end=2026-01-31"
	for path := range metricsReads {
		r := w.get(path + window)
		if n := w.estimates(path, r.value); n < 2 {
			w.Fault("%s: %d objects with estimates", path, n)
		}
	}
}

// estimates checks v and everything in it, and counts the objects that have estimates.
func (w *World) estimates(place string, v any) int {
	n := 0
	switch v := v.(type) {
	case []any:
		for i, item := range v {
			n += w.estimates(fmt.Sprintf("%s.%d", place, i), item)
		}
	case map[string]any:
		if all, ok := v["estimates"].(map[string]any); ok {
			n++
			w.besides(place, v, all)
		}
		for name, member := range v {
			if name != "estimates" {
				n += w.estimates(place+"."+name, member)
			}
		}
	}
	return n
}

func (w *World) besides(place string, v, all map[string]any) {
	for name, e := range all {
		plain, ok := v[name]
		if !ok {
			w.Fault("%s: %s has evidence and no number", place, name)
		}
		value := walk(e, "value")
		if (plain == nil) != (value == nil) {
			w.Fault("%s: %s is %s and its estimate %s", place, name, show(plain), show(value))
		}
		for _, part := range []string{"n", "denominator", "low", "high", "confidence", "definition", "maturity"} {
			if _, missing := walk(e, part).(absent); missing {
				w.Fault("%s: the estimate of %s has no %s", place, name, part)
			}
		}
		if definition, _ := walk(e, "definition").(string); !strings.Contains(definition, "/v") {
			w.Fault("%s: the definition of %s is %q", place, name, definition)
		}
		low, hasLow := number(walk(e, "low"))
		high, hasHigh := number(walk(e, "high"))
		x, known := number(value)
		if hasLow != hasHigh || hasLow && (low > high || !known || x < low-1e-9 || x > high+1e-9) {
			w.Fault("%s: %s is %v in %v to %v", place, name, x, low, high)
		}
	}
	for name, member := range v {
		if _, isNumber := member.(json.Number); isNumber && all[name] == nil && !strings.HasPrefix(name, "p_value") {
			w.Fault("%s: %s has no evidence", place, name)
		}
	}
}

func number(v any) (float64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := n.Float64()
	return f, err == nil
}

// plant sends eight conversations of January 2026 with known figures: six with the AI, two of them escalated; ratings
// 5 4 5 3 2 of the AI's own, 4 of a human's; two topics.
func plant(w *World) {
	conversation := func(id int, day int, topic, platform string, human bool, ai bool, more string) {
		at := func(minute int) string { return fmt.Sprintf("2026-01-%02dT10:%02d:00Z", day, minute) }
		messages := fmt.Sprintf(`{"sender_type":"customer","content":"A question about %s","timestamp":%q}`, topic, at(0))
		if ai {
			messages += fmt.Sprintf(`,{"sender_type":"ai","content":"Here is what you asked for.","timestamp":%q}`, at(1))
		}
		if human {
			messages += fmt.Sprintf(`,{"sender_type":"human_agent","content":"I will see to it.","timestamp":%q}`, at(5))
		}
		w.status(w.ingest(fmt.Sprintf(`{"conversation_id":"k%d","platform":%q,"topic":%q,"messages":[%s]%s}`, id, platform, topic, messages, more)), 201)
	}
	conversation(1, 2, "billing", "custom", false, true, `,"csat_score":5,"cost_usd":0.10,"ai_agent_id":"bot-a","priority":"high"`)
	conversation(2, 2, "billing", "custom", false, true, `,"csat_score":4,"cost_usd":0.20,"ai_agent_id":"bot-b"`)
	conversation(3, 3, "billing", "sdk", false, true, `,"csat_score":5,"cost_usd":0.30`)
	conversation(4, 3, "shipping", "sdk", false, true, `,"csat_score":3,"cost_usd":0.40`)
	conversation(5, 4, "shipping", "sdk", true, true, `,"cost_usd":0.50`)
	conversation(6, 4, "shipping", "custom", true, true, `,"cost_usd":0.60`)
	conversation(7, 5, "billing", "custom", true, false, `,"csat_score":4`)
	conversation(8, 6, "shipping", "zendesk", false, true, `,"csat_score":2`)
}

func responseRate(w *World) {
	const window = "?start=2026-01-01&end=2026-01-31"
	rates := func(rate, share string) {
		w.wants(w.get("/api/v1/cs-metrics/dashboard"+window), "metrics.response_rate_pct", rate, "metrics.rated_share_of_closed_pct", share)
		w.wants(w.get("/api/v1/cs-metrics/csat-comparison"+window), "non_response.figures.response_rate_pct", rate,
			"non_response.figures.rated_share_of_closed_pct", share)
	}
	n := 0
	arrives := func(more string) {
		n++
		w.status(w.ingest(fmt.Sprintf(`{"conversation_id":"r%d","platform":"custom","created_at":"2026-01-02T10:00:00Z"%s}`, n, more)), 201)
	}
	rates("null", "null")
	arrives(`,"csat_score":5`)
	rates("null", "100.0")
	arrives(`,"survey_offered":true,"closed_at":"2026-01-02T11:00:00Z"`)
	rates("0.0", "50.0")
	arrives(`,"survey_offered":true,"csat_score":2`)
	rates("50.0", "66.7")
	arrives(`,"survey_offered":false,"closed_at":"2026-01-02T11:00:00Z"`)
	arrives(`,"survey_offered":false,"csat_score":4`)
	arrives("")
	rates("50.0", "60.0")
	w.status(w.ingest(`{"conversation_id":"r2","platform":"custom","csat_score":1}`), 200)
	rates("100.0", "80.0")
}

func knownFigures(w *World) {
	plant(w)
	const window = "?start=2026-01-01&end=2026-01-31"
	d := w.get("/api/v1/cs-metrics/dashboard" + window)
	w.wants(d, "metrics.total_conversations", "8", "metrics.escalation_rate", "25.0", "metrics.avg_csat_score", "3.83", "metrics.total_ai_cost", "2.10",
		"metrics.estimates.escalation_rate.denominator", "8", "metrics.estimates.avg_csat_score.n", "6", "previous.total_conversations", "0")
	t := w.get("/api/v1/cs-metrics/csat-trends" + window)
	if n := len(t.list("csat_trends")); n != 31 {
		w.Fault("%d days of January", n)
	}
	w.wants(t, "csat_trends.1.date", `"2026-01-02"`, "csat_trends.1.ai_avg_csat", "4.50", "csat_trends.1.human_avg_csat", "null",
		"csat_trends.4.human_avg_csat", "4.00", "csat_trends.4.ai_avg_csat", "null", "csat_trends.1.estimates.ai_avg_csat.n", "2")
	e := w.get("/api/v1/cs-metrics/escalation-patterns" + window)
	seen := map[string]bool{}
	for i := range e.list("escalation_patterns") {
		at := fmt.Sprintf("escalation_patterns.%d.", i)
		topic := e.text(at + "topic")
		seen[topic] = true
		switch topic {
		case "billing":
			w.wants(e, at+"total_conversations", "4", at+"escalation_rate", "0.0")
		case "shipping":
			w.wants(e, at+"total_conversations", "4", at+"escalation_rate", "50.0")
		}
	}
	if len(seen) != 2 || !seen["billing"] || !seen["shipping"] {
		w.Fault("topics %v", seen)
	}
	c := w.get("/api/v1/cs-metrics/cost-analysis" + window)
	w.wants(c, "cost_analysis.total_ai_cost", "2.10")
	for _, name := range []string{"total_estimated_human_cost", "cost_savings", "roi_percentage"} {
		if _, missing := c.at("cost_analysis." + name).(absent); missing {
			w.Fault("cost_analysis has no %s", name)
		}
	}
}

// rounding sends 2,000 conversations, so that 7 escalated are a tie that no binary fraction holds, and ratings that add up to
// 33 of 8.
func rounding(w *World) {
	var body strings.Builder
	for i := range 2000 {
		score := ""
		if i < 8 {
			score = fmt.Sprintf(`,"csat_score":%d`, map[bool]int{true: 5, false: 4}[i == 0])
		}
		fmt.Fprintf(&body, `{"conversation_id":"r%d","platform":"sdk","created_at":"2026-02-03T10:00:00Z","ai_handled":true,"escalated":%t%s}`+"\n", i, i < 7, score)
	}
	w.status(w.send(request{as: w.Member, method: "POST", path: batchPath, body: body.String(), kind: "application/x-ndjson"}), 200)
	const window = "?start=2026-02-03&end=2026-02-03"
	w.wants(w.get("/api/v1/cs-metrics/dashboard"+window), "metrics.total_conversations", "2000", "metrics.escalation_rate", "0.4", "metrics.avg_csat_score", "4.13")
	w.want(w.get("/api/v1/cs-metrics/csat-trends"+window), "csat_trends.0.avg_csat", "4.13")
	w.want(w.get("/api/v1/cs-metrics/escalation-patterns"+window), "escalation_patterns.0.escalation_rate", "0.4")
}

func windowEdges(w *World) {
	for i, at := range []string{
		"2026-03-01T00:00:00Z", "2026-03-01T23:59:59.999999Z", "2026-03-02T00:00:00Z", "2026-03-02T04:59:59Z",
		"2025-09-07T03:59:59Z", "2025-09-07T04:00:00Z", // Chile's clocks go from the end of 6 September to one o'clock on the 7th
	} {
		w.status(w.ingest(fmt.Sprintf(`{"conversation_id":"w%d","platform":"sdk","created_at":%q}`, i, at)), 201)
	}
	for query, want := range map[string]string{
		"start=2026-03-01&end=2026-03-01":                                              "2",
		"start=2026-03-01T00:00:00Z&end=2026-03-01T23:59:59.999999Z":                   "1",
		"start=2026-03-01T00:00:00Z&end=2026-03-02T00:00:00Z":                          "2",
		"start=2026-03-01T00:00:00.000001Z&end=2026-03-02T00:00:00.000001Z":            "2",
		"start=2026-03-02&end=2026-03-02":                                              "2",
		"start=2026-03-01&end=2026-03-01&time_zone=America/New_York":                   "3",
		"start=2026-02-28T19:00:00-05:00&end=2026-03-01T19:00:00-05:00":                "2",
		"start=2026-03-01T00:00:00&end=2026-03-02T00:00:00&time_zone=America/New_York": "3",
		"start=2025-09-06&end=2025-09-06&time_zone=America/Santiago":                   "1",
		"start=2025-09-07&end=2025-09-07&time_zone=America/Santiago":                   "1",
	} {
		query = strings.ReplaceAll(query, "+", "%2B")
		w.want(w.get("/api/v1/cs-metrics/dashboard?"+query), "metrics.total_conversations", want)
		w.want(w.get("/api/v1/conversations?"+query), "total", want)
		dates := strings.NewReplacer("start=", "start_date=", "end=", "end_date=").Replace(query)
		w.want(w.get("/api/v1/conversations?"+dates), "total", want)
	}
}

func metricFilters(w *World) {
	plant(w)
	for query, want := range map[string]string{
		"platform=custom": "4", "platform=sdk": "3", "platform=freshdesk": "0", "topic=billing": "4", "topic=Billing": "0", "priority=high": "1",
		"priority=low": "0", "ai_agent_id=bot-a": "1", "ai_agent_id=none": "0", "platform=sdk&topic=shipping": "2",
	} {
		query += "&start=2026-01-01&end=2026-01-31"
		w.want(w.get("/api/v1/cs-metrics/dashboard?"+query), "metrics.total_conversations", want)
		w.want(w.get("/api/v1/conversations?"+query), "total", want)
		w.want(w.get("/api/v1/cs-metrics/csat-trends?"+query), "total.total_conversations", want)
		w.want(w.get("/api/v1/cs-metrics/escalation-patterns?"+query), "total.total_conversations", want)
		w.status(w.get("/api/v1/cs-metrics/cost-analysis?"+query), 200)
	}
}

func gaps(w *World) {
	const path = "/api/v1/conversations/knowledge-gaps"
	for query, field := range map[string]string{"limit=0": "/limit", "limit=101": "/limit", "min_occurrences=0": "/min_occurrences", "min_occurrences=x": "/min_occurrences"} {
		w.problem(w.get(path+"?"+query), 422, "validation_failed", field)
	}
	w.problem(w.get(path+"?resolved=maybe"), 400, "unknown_value", "/resolved")
	for _, id := range []string{"1", "0", "-1", "x", "01", "9223372036854775808", "1.0"} {
		w.problem(w.get(path+"/"+id), 404, "not_found")
		w.problem(w.post(path+"/"+id+"/resolve", ""), 404, "not_found")
	}
	if w.Settle == nil {
		return
	}
	w.plantGap()
	list := w.get(path)
	w.wants(list, "success", "true", "count", "1", "complete", "true", "knowledge_gaps.0.topic", `"billing"`, "knowledge_gaps.0.occurrence_count", "3", "knowledge_gaps.0.resolved", "false",
		"knowledge_gaps.0.first_seen_at", `"2026-01-01T10:00:00Z"`, "knowledge_gaps.0.last_seen_at", `"2026-01-03T10:00:00Z"`)
	if !strings.Contains(list.text("knowledge_gaps.0.question"), "address") {
		w.Fault("the question is %q", list.text("knowledge_gaps.0.question"))
	}
	id, ok := list.at("knowledge_gaps.0.id").(json.Number)
	if !ok {
		w.Fault("the id is no number: %s", brief(list.raw))
		return
	}
	one := path + "/" + id.String()
	if got := w.get(one); len(got.list("conversations")) != 3 {
		w.Fault("the gap does not show its conversations: %s", brief(got.raw))
	}
	for _, action := range []string{"", "/resolve", "/reopen"} {
		method := map[bool]string{true: "GET", false: "POST"}[action == ""]
		w.problem(w.send(request{as: w.Stranger, method: method, path: one + action}), 404, "not_found")
	}
	w.want(w.post(one+"/resolve", ""), "knowledge_gap.resolved", "true")
	w.want(w.get(path+"?resolved=true"), "count", "1")
	w.want(w.get(path+"?resolved=false"), "count", "0")
	w.want(w.post(one+"/reopen", ""), "knowledge_gap.resolved", "false")
	w.want(w.get(path+"?topic=shipping"), "count", "0")
	w.want(w.get(path+"?min_occurrences=4"), "count", "0")
}

// plantGap sends three conversations that ask the same question in vain, and has the gap made, which gets the number 1.
func (w *World) plantGap() {
	if w.Settle == nil {
		return
	}
	for i := range 3 {
		w.status(w.ingest(fmt.Sprintf(`{"conversation_id":"g%d","platform":"sdk","topic":"billing","escalated":true,"messages":[`+
			`{"sender_type":"customer","content":"How do I change the address on my invoice?","timestamp":"2026-01-0%dT10:00:00Z"},`+
			`{"sender_type":"ai","content":"I am not sure about that.","timestamp":"2026-01-0%dT10:01:00Z"},`+
			`{"sender_type":"human_agent","content":"Let me do it for you.","timestamp":"2026-01-0%dT10:05:00Z"}]}`, i, i+1, i+1, i+1)), 201)
	}
	if err := w.Settle(); err != nil {
		w.Fault("the work behind the write failed: %v", err)
	}
}
