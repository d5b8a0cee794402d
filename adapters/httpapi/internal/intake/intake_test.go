package intake

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/core/conversation"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)

func frame() Frame {
	return Frame{
		Org: uuid.UUID{1}, Now: now,
		Zone: func() *time.Location { return time.FixedZone("Asia/Somewhere", 5*3600) },
	}
}

// typical is a body of 1.5 KB with six messages.
func typical() []byte {
	var b strings.Builder
	b.WriteString(`{"conversation_id":"conv-0001","platform":"custom","customer_id":"cust-42","ai_agent_id":"bot-7","messages":[`)
	for i := range 6 {
		if i > 0 {
			b.WriteByte(',')
		}
		sender := []string{"customer", "ai"}[i%2]
		fmt.Fprintf(&b, `{"sender_type":%q,"content":"Hello, I was charged twice for my order of last week \u2013 could you please look into it for me and tell me what happened? Part %d","timestamp":"2026-02-28T10:0%d:00Z","message_id":"m-%d"}`, sender, i, i, i)
	}
	b.WriteString(`],"csat_score":5,"sentiment":"positive","escalated":false,"topic":"billing","priority":"high","cost_usd":0.0123,"resolution_time_seconds":300,"metadata":{"plan":"pro","region":"eu"},"tags":["refund","vip"]}`)
	return []byte(b.String())
}

func TestReadsEveryField(t *testing.T) {
	body := `{"conversation_id":"c","platform":"zendesk","customer_id":"u","ai_agent_id":"b","messages":[
		{"sender_type":"human_agent","content":"x\u0000y","timestamp":"2026-02-28T10:00:00.5+02:00","sender_id":"s","message_id":"m","metadata":{ "a" : [1, 2] }},
		{"sender_type":"customer","content":"","timestamp":"2026-02-28"}],
		"csat_score":5.0,"sentiment":"frustrated","escalated":true,"escalation_reason":"r","resolution_time_seconds":1.5,
		"first_contact_resolution":false,"ai_handled":true,"topic":"t","subtopic":"s","priority":"urgent","cost_usd":0.1,
		"metadata":{},"tags":["a","b"],"created_at":"2026-02-28T10:00:00Z","closed_at":"2026-02-28T11:00:00Z",
		"rated_at":"2026-02-28T12:00:00Z","handed_off_at":"2026-02-28T10:30:00Z","survey_offered":true,
		"handle_time_seconds":60,"input_tokens":1e3,"output_tokens":0,"Topic":"no","org_id":"no"}`
	var r Reader
	p, warnings, err := r.Read([]byte(body), frame())
	if err != nil {
		t.Fatal(err)
	}
	f := p.Facts
	m := p.Messages
	for name, ok := range map[string]bool{
		"key":      p.Key == conversation.Key{Org: uuid.UUID{1}, Platform: conversation.Zendesk, ID: "c"},
		"facts":    f.CustomerID.Value == "u" && f.AIAgentID.Value == "b" && f.EscalationReason.Value == "r" && f.Topic.Value == "t" && f.Subtopic.Value == "s",
		"rating":   f.Rating.Value.Score == 5 && f.Rating.Value.At.Equal(time.Date(2026, 2, 28, 12, 0, 0, 0, time.UTC)),
		"enums":    f.Sentiment.Value == conversation.Frustrated && f.Priority.Value == conversation.Urgent,
		"flags":    f.Escalated.Value && f.FirstContactResolution.OK() && !f.FirstContactResolution.Value && f.AIHandled.Value && f.Offered.Value,
		"numbers":  f.ResolutionSeconds.Value == 1.5 && f.HandleSeconds.Value == 60 && f.TokensIn.Value == 1000 && f.TokensOut.OK(),
		"cost":     f.Cost.Value == 100_000,
		"metadata": f.Metadata.Value == "{}" && len(f.Tags.Value) == 2,
		"stamp":    f.Topic.Stamp == conversation.Stamp{Trust: conversation.Signed, At: now},
		"message": len(m) == 2 && m[1].Sender == conversation.HumanAgent && m[1].Content == "x\ufffdy" && m[1].Metadata == `{"a":[1,2]}` &&
			m[1].ID == "m" && m[1].SenderID == "s" && m[1].At.Equal(time.Date(2026, 2, 28, 8, 0, 0, 5e8, time.UTC)),
		"zone": m[0].At.Equal(time.Date(2026, 2, 27, 19, 0, 0, 0, time.UTC)),
	} {
		if !ok {
			t.Errorf("%s was not read: %+v", name, p)
		}
	}
	var said []string
	for _, w := range warnings {
		said = append(said, w.Field+" "+w.Message)
	}
	want := "/messages/0/content 1 NUL characters replaced by U+FFFD; /messages/1/timestamp no zone given, read in Asia/Somewhere; /Topic unknown field, ignored; /org_id unknown field, ignored"
	if got := strings.Join(said, "; "); got != want {
		t.Errorf("warnings\n got %s\nwant %s", got, want)
	}
}

func TestNullSaysNothing(t *testing.T) {
	var r Reader
	p, _, err := r.Read([]byte(`{"conversation_id":"c","platform":"sdk","topic":null,"csat_score":null,"escalated":null,"messages":null,"metadata":null,"tags":null,"cost_usd":null,"sentiment":null,"created_at":null,"input_tokens":null}`), frame())
	if err != nil {
		t.Fatal(err)
	}
	if f := p.Facts; f.Topic.OK() || f.Rating.OK() || f.Escalated.OK() || f.Metadata.OK() || f.Tags.OK() || f.Cost.OK() || f.Sentiment.OK() || f.CreatedAt.OK() || f.TokensIn.OK() || len(p.Messages) > 0 {
		t.Errorf("null said something: %+v", p)
	}
}

func TestListsEveryFaultAtOnce(t *testing.T) {
	body := `{"conversation_id":"","platform":"fax","messages":[{"sender_type":"robot","content":7},{"content":"x"},5,{"sender_type":"ai","content":"a","timestamp":"2016-12-31T23:59:60Z"}],
		"csat_score":4.5,"escalated":"yes","cost_usd":-1,"resolution_time_seconds":-1,"metadata":[],"tags":["a",7],"topic":{},"input_tokens":1.5,"created_at":"0000-01-01","priority":"High"}`
	var r Reader
	_, _, err := r.Read([]byte(body), frame())
	var faults Faults
	if !errors.As(err, &faults) {
		t.Fatalf("got %v", err)
	}
	unknown := map[string]bool{}
	got := map[string]bool{}
	for _, f := range faults {
		if got[f.Field] {
			t.Errorf("%s comes twice", f.Field)
		}
		got[f.Field], unknown[f.Field] = true, f.Unknown
	}
	for _, want := range []string{
		"/conversation_id", "/platform", "/messages/0/sender_type", "/messages/0/content", "/messages/1/sender_type", "/messages/2",
		"/messages/3/timestamp", "/csat_score", "/escalated", "/cost_usd", "/resolution_time_seconds", "/metadata", "/tags/1", "/topic",
		"/input_tokens", "/created_at", "/priority",
	} {
		if !got[want] {
			t.Errorf("%s is missing from %v", want, err)
		}
		delete(got, want)
	}
	if len(got) > 0 {
		t.Errorf("unexpected faults: %v", got)
	}
	if !unknown["/platform"] || !unknown["/priority"] || !unknown["/messages/0/sender_type"] || unknown["/csat_score"] {
		t.Errorf("unknown values told apart wrongly: %v", unknown)
	}
}

func TestKnownKey(t *testing.T) {
	known := conversation.Key{Org: uuid.UUID{1}, Platform: conversation.Intercom, ID: "k"}
	f := frame()
	f.Key = &known
	var r Reader
	p, _, err := r.Read([]byte(`{"csat_score":4}`), f)
	if err != nil || p.Key != known {
		t.Errorf("got %v, %v", p.Key, err)
	}
	if _, _, err := r.Read([]byte(`{"conversation_id":"k","platform":"intercom"}`), f); err != nil {
		t.Error(err)
	}
	if _, _, err := r.Read([]byte(`{"conversation_id":"other","platform":"sdk"}`), f); err == nil || !strings.Contains(err.Error(), "/conversation_id") || !strings.Contains(err.Error(), "/platform") {
		t.Errorf("another key was accepted: %v", err)
	}
}

func TestWholeNumbers(t *testing.T) {
	for text, want := range map[string]int64{"5": 5, "5.0": 5, "5e0": 5, "0.5e1": 5, "50e-1": 5, "-0": 0, "1e3": 1000, "5.000000000": 5} {
		if got, ok := Whole([]byte(text)); !ok || got != want {
			t.Errorf("%s: %d, %v", text, got, ok)
		}
	}
	for _, text := range []string{"4.5", "5.00000000000000000001", "1e-1", "1e300", "99999999999999999999"} {
		if got, ok := Whole([]byte(text)); ok {
			t.Errorf("%s was read as %d", text, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(typical())
	f.Add([]byte(`{"conversation_id":"c","platform":"sdk","messages":[{"sender_type":"ai","content":"\ud83d\ude00"}]}`))
	f.Add([]byte(`{"a":{"b":[[[]]]},"cost_usd":1e-7,"csat_score":5.0}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var r Reader
		p, _, err := r.Read(body, frame())
		if err != nil {
			return
		}
		if p.Key.Platform == "" {
			t.Error("a patch without a platform was accepted")
		}
		again, _, err := r.Read(body, frame())
		if err != nil || again.Key != p.Key || len(again.Messages) != len(p.Messages) {
			t.Errorf("the second reading differs: %v", err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	body := typical()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	var r Reader
	f := frame()
	for b.Loop() {
		if _, _, err := r.Read(body, f); err != nil {
			b.Fatal(err)
		}
	}
}
