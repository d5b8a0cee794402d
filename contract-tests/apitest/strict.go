package apitest

import (
	"fmt"
	"strings"
)

// document is a body and the status it must get.
type document struct {
	name   string
	body   string
	status int
}

// with is a minimal conversation with more members in it.
func with(members string) string {
	return `{"conversation_id":"c","platform":"sdk",` + members + `}`
}

// strictDocuments are bodies whose fate is fixed.
func strictDocuments() []document {
	wide := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"k%d":1,`, i)
		}
		return with(`"metadata":{` + strings.TrimSuffix(b.String(), ",") + `}`)
	}
	deep := func(n int) string {
		return with(`"metadata":` + strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n))
	}
	return []document{
		{"plain", with(`"topic":"t"`), 201},
		{"space around everything", " \t\r\n{ \"conversation_id\" : \"c\" ,\n\"platform\":\"sdk\" } \n", 201},
		{"an empty body", "", 400},
		{"only space", "  ", 400},
		{"not JSON", "hello", 400},
		{"an array", "[]", 422},
		{"a string", `"x"`, 422},
		{"null", "null", 422},
		{"a number", "5", 422},
		{"cut off", `{"conversation_id":"c","platform":"sdk"`, 400},
		{"a second document", `{"conversation_id":"c","platform":"sdk"}{}`, 400},
		{"trailing text", `{"conversation_id":"c","platform":"sdk"} x`, 400},
		{"trailing comma", `{"conversation_id":"c","platform":"sdk",}`, 400},
		{"leading comma", `{,"conversation_id":"c","platform":"sdk"}`, 400},
		{"no comma", `{"conversation_id":"c" "platform":"sdk"}`, 400},
		{"no colon", `{"conversation_id" "c","platform":"sdk"}`, 400},
		{"no value", `{"conversation_id":,"platform":"sdk"}`, 400},
		{"single quotes", `{'conversation_id':'c','platform':'sdk'}`, 400},
		{"bare names", `{conversation_id:"c",platform:"sdk"}`, 400},
		{"a comment", `{"conversation_id":"c",/* x */"platform":"sdk"}`, 400},
		{"a byte order mark", "\ufeff" + with(`"topic":"t"`), 400},
		{"a field twice", with(`"topic":"a","topic":"b"`), 400},
		{"the id twice", `{"conversation_id":"a","conversation_id":"b","platform":"sdk"}`, 400},
		{"a field twice, once escaped", with(`"topic":"a","\u0074opic":"b"`), 400},
		{"a metadata name twice", with(`"metadata":{"a":1,"a":2}`), 400},
		{"a deep metadata name twice", with(`"metadata":{"x":[{"a":1,"b":2,"a":3}]}`), 400},
		{"an unknown field twice", with(`"zzz":1,"zzz":2`), 400},
		{"a message field twice", with(`"messages":[{"sender_type":"ai","content":"a","content":"b"}]`), 400},
		{"the same name in two objects", with(`"metadata":{"a":{"a":1},"b":{"a":2}}`), 201},
		{"odd case is another field", `{"Conversation_ID":"c","platform":"sdk"}`, 422},
		{"a long s is another letter", `{"converſation_id":"c","platform":"sdk"}`, 422},
		{"a kelvin sign is another letter", with(`"toKen":"t"`), 201},
		{"an escaped name is the same name", `{"conversation\u005fid":"c","platform":"sdk"}`, 201},
		{"depth 32", deep(31), 201},
		{"depth 33", deep(32), 400},
		{"depth 100000", with(`"metadata":` + strings.Repeat("[", 100_000)), 400},
		{"10000 members", wide(10_000), 422}, // acceptable JSON, and more metadata than is kept
		{"10001 members", wide(10_001), 400},
		{"5000 members", wide(5_000), 201},
		{"invalid UTF-8 in a value", with("\"topic\":\"a\xff\""), 400},
		{"invalid UTF-8 in a name", with("\"a\xc3\":1"), 400},
		{"overlong UTF-8", with("\"topic\":\"\xc0\xaf\""), 400},
		{"a surrogate in UTF-8", with("\"topic\":\"\xed\xa0\x80\""), 400},
		{"half a surrogate pair", with(`"topic":"\ud83d"`), 400},
		{"the other half", with(`"topic":"\ude00"`), 400},
		{"halves in the wrong order", with(`"topic":"\ude00\ud83d"`), 400},
		{"half a pair in metadata", with(`"metadata":{"a":"\ud800"}`), 400},
		{"half a pair in a name", with(`"metadata":{"\ud800":1}`), 400},
		{"a whole pair", with(`"topic":"\ud83d\ude00"`), 201},
		{"a raw control character", with("\"topic\":\"a\nb\""), 400},
		{"an escaped control character", with(`"topic":"a\nb"`), 201},
		{"a raw NUL", with("\"topic\":\"a\x00b\""), 400},
		{"an unknown escape", with(`"topic":"\x41"`), 400},
		{"a short escape", with(`"topic":"\u12"`), 400},
		{"NaN", with(`"csat_score":NaN`), 400},
		{"Infinity", with(`"cost_usd":Infinity`), 400},
		{"1e400", with(`"cost_usd":1e400`), 400},
		{"-1e400 in metadata", with(`"metadata":{"a":-1e400}`), 400},
		{"a hexadecimal number", with(`"csat_score":0x5`), 400},
		{"a leading zero", with(`"csat_score":05`), 400},
		{"a leading plus", with(`"csat_score":+5`), 400},
		{"a bare point", with(`"cost_usd":.5`), 400},
		{"a point at the end", with(`"cost_usd":5.`), 400},
		{"an exponent without digits", with(`"cost_usd":5e`), 400},
		{"True", with(`"escalated":True`), 400},
		{"a string for a number", with(`"csat_score":"5"`), 422},
		{"a string for a truth", with(`"escalated":"false"`), 422},
		{"a number for a string", with(`"topic":5`), 422},
		{"an object for an array", with(`"messages":{}`), 422},
		{"an array for an object", with(`"metadata":[]`), 422},
		{"an unknown platform", `{"conversation_id":"c","platform":"fax"}`, 400},
		{"an enum in another case", with(`"sentiment":"Positive"`), 400},
		{"an unknown sender", with(`"messages":[{"sender_type":"robot","content":"x"}]`), 400},
		{"a message without content", with(`"messages":[{"sender_type":"ai"}]`), 422},
		{"a message without a sender", with(`"messages":[{"content":"x"}]`), 422},
		{"a message that is null", with(`"messages":[null]`), 422},
		{"an empty message", with(`"messages":[{"sender_type":"ai","content":""}]`), 201},
	}
}

func strictCases() []Case {
	return []Case{
		{"JSON is read strictly", "two readers of one document must not see two things", func(w *World) {
			for i, d := range strictDocuments() {
				// Each document is about a conversation of its own.
				body := strings.Replace(d.body, `:"c"`, fmt.Sprintf(`:"c%d"`, i), 1)
				r := w.send(request{as: w.Member, method: "POST", path: "/api/v1/conversations", body: body, kind: "application/json"})
				if r.status != d.status {
					w.Fault("%s: status %d, want %d: %s", d.name, r.status, d.status, brief(r.raw))
				}
				if r.status >= 400 {
					w.problem(r, d.status, "")
				}
			}
		}},
		{"a refused document leaves nothing behind", "half-read bodies must not be stored", func(w *World) {
			for _, d := range strictDocuments() {
				if d.status >= 400 {
					w.send(request{as: w.Member, method: "POST", path: "/api/v1/conversations", body: d.body, kind: "application/json"})
				}
			}
			w.want(w.get("/api/v1/conversations"), "total", "0")
		}},
		{"all faults are listed at once", "a sender mends them in one go", func(w *World) {
			r := w.ingest(`{"conversation_id":"","platform":"sdk","csat_score":7,"cost_usd":-1,"resolution_time_seconds":-5,"messages":[{"sender_type":"ai"},{"sender_type":"ai","content":"x","timestamp":"soon"}],"tags":[1]}`)
			w.problem(r, 422, "validation_failed", "/conversation_id", "/csat_score", "/cost_usd", "/resolution_time_seconds", "/messages/0/content", "/messages/1/timestamp", "/tags/0")
			r = w.ingest(`{"conversation_id":"c","platform":"fax","csat_score":7,"priority":"asap"}`)
			w.problem(r, 400, "unknown_value", "/platform", "/csat_score", "/priority")
		}},
		{"a body with a fault in every byte gets a short answer", "a small request must not cost much memory", func(w *World) {
			empty := func(more string) string {
				return `{"conversation_id":"c","platform":"sdk","messages":[` + strings.Repeat("{},", 4000) + `{}]` + more + `}`
			}
			many := func(r *reply, status int, code string) {
				w.problem(r, status, code)
				if n := len(r.list("errors")); n != 100 {
					w.Fault("%d faults were listed", n)
				}
			}
			many(w.ingest(empty("")), 422, "validation_failed")
			many(w.ingest(empty(`,"priority":"asap"`)), 400, "unknown_value")
			many(w.ingest(with(`"messages":[`+strings.Repeat(`{"sender_type":"ai","content":"","timestamp":"1999-01-01"},`, 4000)+`{"sender_type":"ai","content":""}]`)), 422, "validation_failed")
			many(w.send(request{as: w.Owner, method: "POST", path: "/api/v1/conversations/knowledge-gaps/merge", body: `{"ids":[` + strings.Repeat(`"x",`, 4000) + `1]}`}), 422, "validation_failed")
			if r := w.post(batchPath, "["+strings.Repeat(empty("")+",", 9)+empty("")+"]"); len(r.raw) > 200_000 {
				w.Fault("ten items without anything got an answer of %d bytes", len(r.raw))
			}
		}},
	}
}
