package apitest

import (
	"fmt"
	"strings"
)

// example is the body the product's documentation shows.
const example = `{"conversation_id":"conv_123","platform":"custom","messages":[` +
	`{"sender_type":"customer","content":"I was charged twice","timestamp":"2026-01-15T10:30:00Z"},` +
	`{"sender_type":"ai","content":"I have refunded the second charge.","timestamp":"2026-01-15T10:30:05Z"}],` +
	`"csat_score":5,"escalated":false,"topic":"billing","sentiment":"positive"}`

// full says everything that can be said.
const full = `{"conversation_id":"full-1","platform":"zendesk","customer_id":"cust","ai_agent_id":"bot","messages":[` +
	`{"sender_type":"customer","content":"Hallo ☃ \u00e9 \ud83d\ude00","timestamp":"2026-01-15T10:30:00.123456+02:00","sender_id":"s1","message_id":"m1","metadata":{"k":[1,2.50,null]}}],` +
	`"csat_score":4,"sentiment":"frustrated","escalated":true,"escalation_reason":"asked for a person","resolution_time_seconds":12.5,` +
	`"first_contact_resolution":false,"ai_handled":true,"topic":"t","subtopic":"s","priority":"urgent","cost_usd":0.1,` +
	`"metadata":{"a":{"b":"c"}},"tags":["x","y"],"created_at":"2026-01-15T08:00:00Z","closed_at":"2026-01-15T12:00:00Z",` +
	`"rated_at":"2026-01-15T13:00:00Z","handed_off_at":"2026-01-15T09:00:00Z","survey_offered":true,"handle_time_seconds":60,` +
	`"input_tokens":1000,"output_tokens":20}`

func ingestCases() []Case {
	return []Case{
		{"the documented example is taken as it is", "the first thing anybody pastes", func(w *World) {
			r := w.ingest(example)
			w.status(r, 201)
			w.wants(r, "success", "true", "conversation.conversation_id", `"conv_123"`, "conversation.platform", `"custom"`,
				"conversation.csat_score", "5", "conversation.escalated", "false", "conversation.topic", `"billing"`,
				"conversation.sentiment", `"positive"`, "conversation.sentiment_source", `"declared"`,
				"conversation.messages.1.sender_type", `"ai"`, "conversation.handler", `"ai_only"`,
				"conversation.started_at", `"2026-01-15T10:30:00Z"`, "conversation.ended_at", `"2026-01-15T10:30:05Z"`)
			again := w.ingest(example)
			w.status(again, 200)
			w.want(again, "conversation.id", quote(r.text("conversation.id")))
			w.want(again, "effect", `"unchanged"`)
		}},
		{"every field reads back as it was sent", "a field that is lost is lost for good", everyField},
		{"the smallest conversation is taken", "everything else is optional", func(w *World) {
			r := w.ingest(`{"conversation_id":"c","platform":"sdk"}`)
			w.status(r, 201)
			w.wants(r, "conversation.messages", "[]", "conversation.csat_score", "null", "conversation.sentiment", "null",
				"conversation.escalated", "false", "conversation.ai_handled", "false", "conversation.cost_usd", "null",
				"conversation.topic", "null", "conversation.metadata", "null", "conversation.tags", "null")
		}},
		{"null says nothing", "clients write null for what they do not know", func(w *World) {
			w.status(w.ingest(`{"conversation_id":"c","platform":"sdk","topic":"kept","csat_score":3}`), 201)
			r := w.ingest(`{"conversation_id":"c","platform":"sdk","topic":null,"csat_score":null,"messages":null,"tags":null,"metadata":null,"cost_usd":null,"escalated":null}`)
			w.status(r, 200)
			w.wants(r, "conversation.topic", `"kept"`, "conversation.csat_score", "3", "effect", `"unchanged"`)
		}},
		{"an update replaces what it says and keeps the rest", "a rating that comes a day later must not erase the conversation", func(w *World) {
			w.status(w.ingest(`{"conversation_id":"c","platform":"sdk","topic":"a","subtopic":"s","messages":[{"sender_type":"customer","content":"one","message_id":"1","timestamp":"2026-01-01T10:00:00Z"}]}`), 201)
			r := w.ingest(`{"conversation_id":"c","platform":"sdk","topic":"b","csat_score":2,"messages":[{"sender_type":"ai","content":"two","message_id":"2","timestamp":"2026-01-01T10:01:00Z"},{"sender_type":"customer","content":"one, corrected","message_id":"1","timestamp":"2026-01-01T10:00:00Z"}]}`)
			w.status(r, 200)
			w.wants(r, "conversation.topic", `"b"`, "conversation.subtopic", `"s"`, "conversation.csat_score", "2", "effect", `"updated"`,
				"conversation.messages.0.content", `"one, corrected"`, "conversation.messages.1.content", `"two"`)
			if n := len(r.list("conversation.messages")); n != 2 {
				w.Fault("%d messages after the merge, want 2", n)
			}
		}},
		{"messages without an id merge by who, when and what", "replays of platforms that give no ids", func(w *World) {
			body := `{"conversation_id":"c","platform":"sdk","messages":[{"sender_type":"customer","content":"yes"},{"sender_type":"ai","content":"sure?"},{"sender_type":"customer","content":"yes"}]}`
			w.status(w.ingest(body), 201)
			r := w.ingest(body)
			w.want(r, "effect", `"unchanged"`)
			if n := len(r.list("conversation.messages")); n != 3 {
				w.Fault("%d messages after the replay, want 3", n)
			}
		}},
		{"said no and said nothing are told apart", "an escalation nobody flagged is still one", func(w *World) {
			const messages = `"messages":[{"sender_type":"customer","content":"Hi","timestamp":"2026-01-01T10:00:00Z"},{"sender_type":"ai","content":"Hello","timestamp":"2026-01-01T10:01:00Z"},{"sender_type":"human_agent","content":"I take over","timestamp":"2026-01-01T10:02:00Z"}]`
			r := w.ingest(`{"conversation_id":"derived","platform":"sdk",` + messages + `}`)
			w.wants(r, "conversation.escalated", "true", "conversation.escalated_source", `"derived"`, "conversation.ai_handled", "true", "conversation.handler", `"ai_then_human"`)
			r = w.ingest(`{"conversation_id":"declared","platform":"sdk","escalated":true}`)
			w.wants(r, "conversation.escalated", "true", "conversation.escalated_source", `"declared"`)
			if evidence := w.ingest(`{"conversation_id":"derived","platform":"sdk"}`).list("conversation.findings.escalation.evidence"); len(evidence) == 0 {
				w.Fault("a derived escalation has no evidence")
			}
		}},
		{"unknown fields are ignored and named", "new clients talk to old servers, and nobody sets what is not theirs", func(w *World) {
			r := w.ingest(`{"conversation_id":"c","platform":"sdk","org_id":"x","id":"y","trust":"signed","created_by":1,"Topic":"no","messages":[{"sender_type":"ai","content":"a","role":"x"}]}`)
			w.status(r, 201)
			w.want(r, "conversation.topic", "null")
			for _, field := range []string{"/org_id", "/id", "/trust", "/created_by", "/Topic", "/messages/0/role"} {
				if !strings.Contains(r.raw, quote(field)) {
					w.Fault("no warning names %s: %s", field, brief(r.raw))
				}
			}
		}},
		{"an idempotency key answers as the first time", "a client that lost the answer asks again", idempotency},
		{"a patch adds to one conversation", "ratings come later than conversations", patching},
		{"what was deleted stays deleted", "erasure must survive replays", deleting},
	}
}

func everyField(w *World) {
	r := w.ingest(full)
	if !w.status(r, 201) {
		return
	}
	pairs := []string{
		"customer_id", `"cust"`, "ai_agent_id", `"bot"`, "messages.0.content", `"Hallo ☃ é 😀"`, "messages.0.timestamp", `"2026-01-15T08:30:00.123456Z"`,
		"messages.0.sender_id", `"s1"`, "messages.0.message_id", `"m1"`, "messages.0.metadata", `{"k":[1,2.50,null]}`,
		"csat_score", "4", "sentiment", `"frustrated"`, "escalated", "true", "escalated_source", `"declared"`, "escalation_reason", `"asked for a person"`,
		"resolution_time_seconds", "12.5", "first_contact_resolution", "false", "topic", `"t"`, "subtopic", `"s"`, "priority", `"urgent"`,
		"cost_usd", "0.1", "metadata", `{"a":{"b":"c"}}`, "tags", `["x","y"]`, "created_at", `"2026-01-15T08:00:00Z"`, "closed_at", `"2026-01-15T12:00:00Z"`,
		"rated_at", `"2026-01-15T13:00:00Z"`, "handed_off_at", `"2026-01-15T09:00:00Z"`, "survey_offered", "true", "handle_time_seconds", "60",
		"input_tokens", "1000", "output_tokens", "20", "started_at", `"2026-01-15T08:30:00.123456Z"`,
	}
	got := w.get("/api/v1/conversations/" + r.text("conversation.id"))
	w.status(got, 200)
	listed := w.get("/api/v1/conversations?platform=zendesk")
	for i := 0; i < len(pairs); i += 2 {
		w.want(r, "conversation."+pairs[i], pairs[i+1])
		w.want(got, "conversation."+pairs[i], pairs[i+1])
		w.want(listed, "conversations.0."+pairs[i], pairs[i+1])
	}
}

func idempotency(w *World) {
	keyed := func(token, body string) *reply {
		return w.send(request{as: w.Member, method: "POST", path: "/api/v1/conversations", body: body, header: map[string]string{"Idempotency-Key": token}})
	}
	const body = `{"conversation_id":"c","platform":"sdk","topic":"one"}`
	w.status(keyed("k1", body), 201)
	w.status(w.ingest(`{"conversation_id":"c","platform":"sdk","topic":"two"}`), 200)
	again := keyed("k1", body)
	w.status(again, 201)
	w.want(w.get("/api/v1/conversations/"+again.text("conversation.id")), "conversation.topic", `"two"`)
	w.problem(keyed("k1", `{"conversation_id":"c","platform":"sdk","topic":"three"}`), 409, "idempotency_key_reused")
	w.want(w.get("/api/v1/conversations/"+again.text("conversation.id")), "conversation.topic", `"two"`)
	w.status(keyed("k2", `{"conversation_id":"d","platform":"sdk"}`), 201)
	for _, token := range []string{" ", "with space", strings.Repeat("k", 201), "é"} {
		w.problem(keyed(token, body), 400, "invalid_header")
	}
	stranger := w.send(request{as: w.Stranger, method: "POST", path: "/api/v1/conversations", body: `{"conversation_id":"s","platform":"sdk"}`, header: map[string]string{"Idempotency-Key": "k1"}})
	w.status(stranger, 201)
}

func patching(w *World) {
	id := w.ingest(example).text("conversation.id")
	patch := func(as, id, body string) *reply {
		return w.send(request{as: as, method: "PATCH", path: "/api/v1/conversations/" + id, body: body})
	}
	r := patch(w.Member, id, `{"csat_score":1,"messages":[{"sender_type":"customer","content":"It came back","timestamp":"2026-01-15T11:00:00Z"}]}`)
	w.status(r, 200)
	w.wants(r, "conversation.csat_score", "1", "conversation.topic", `"billing"`, "conversation.messages.2.content", `"It came back"`)
	w.status(patch(w.Member, id, `{"conversation_id":"conv_123","platform":"custom"}`), 200)
	w.problem(patch(w.Member, id, `{"conversation_id":"other","platform":"sdk"}`), 422, "validation_failed", "/conversation_id", "/platform")
	w.problem(patch(w.Member, id, `{"csat_score":7}`), 422, "validation_failed", "/csat_score")
	w.problem(patch(w.Stranger, id, `{"csat_score":2}`), 404, "not_found")
	w.want(w.get("/api/v1/conversations/"+id), "conversation.csat_score", "1")
}

func deleting(w *World) {
	id := w.ingest(example).text("conversation.id")
	remove := func(as string) *reply {
		return w.send(request{as: as, method: "DELETE", path: "/api/v1/conversations/" + id})
	}
	w.problem(remove(w.Stranger), 404, "not_found")
	r := remove(w.Owner)
	w.status(r, 200)
	w.wants(r, "success", "true", "receipt.conversations", "1", "receipt.messages", "2")
	w.problem(w.get("/api/v1/conversations/"+id), 404, "not_found")
	w.problem(remove(w.Owner), 404, "not_found")
	w.problem(w.ingest(example), 410, "conversation_gone")
	w.want(w.get("/api/v1/conversations"), "total", "0")
	w.want(w.get("/api/v1/cs-metrics/dashboard?start=2026-01-01&end=2026-02-01"), "metrics.total_conversations", "0")
	w.status(w.ingest(fmt.Sprintf(`{"conversation_id":%q,"platform":"sdk"}`, "conv_123")), 201)
}
