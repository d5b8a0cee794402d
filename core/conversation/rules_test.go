package conversation_test

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/money"
)

var signed = conversation.Stamp{Trust: conversation.Signed, At: noon}

func said[T any](v T) conversation.Said[T] { return conversation.State(&v, signed) }

func fields(err error) []string {
	var invalid *conversation.Invalid
	if !errors.As(err, &invalid) {
		return nil
	}
	out := []string{}
	for _, f := range invalid.Faults {
		out = append(out, f.Field)
	}
	return out
}

func TestValidateAcceptsTheEnds(t *testing.T) {
	long := strings.Repeat("x", conversation.MaxIDBytes)
	p := conversation.Patch{
		Key: conversation.Key{Platform: conversation.SDK, ID: long},
		Facts: conversation.Facts{
			CustomerID: said(long), Rating: said(conversation.Rating{Score: 1}), ResolutionSeconds: said(float64(conversation.MaxSeconds)),
			HandleSeconds: said(0.0), Cost: said(money.Micro(conversation.MaxCostMicro)), TokensIn: said(int64(conversation.MaxTokens)),
			Topic: said(strings.Repeat("t", conversation.MaxLabelBytes)), CreatedAt: said(conversation.MinTime), ClosedAt: said(noon.Add(24 * time.Hour)),
			Tags: said(slices.Repeat([]string{"tag"}, conversation.MaxTags)), Metadata: said(strings.Repeat(" ", conversation.MaxMetadataBytes)),
			EscalationReason: said(strings.Repeat("r", conversation.MaxReasonBytes)),
		},
		Messages: []conversation.Message{{Sender: conversation.System}, {Sender: conversation.Bot, Content: strings.Repeat("c", conversation.MaxContentBytes), At: conversation.MinTime}},
	}
	if err := p.Validate(noon); err != nil {
		t.Error(err)
	}
}

func TestValidateListsEveryFaultAtOnce(t *testing.T) {
	long := strings.Repeat("x", 256)
	late := noon.Add(24*time.Hour + time.Microsecond)
	p := conversation.Patch{
		Key: conversation.Key{Platform: "zendesc"},
		Facts: conversation.Facts{
			CustomerID: said(""), AIAgentID: said("a\x00b"), Rating: said(conversation.Rating{Score: 6, At: late}), Sentiment: said(conversation.Sentiment("angry")),
			Priority: said(conversation.Priority("")), EscalationReason: said(strings.Repeat("r", conversation.MaxReasonBytes+1)), Topic: said(long),
			Subtopic: said("\xff"), ResolutionSeconds: said(math.NaN()), HandleSeconds: said(-0.1), Cost: said(money.Micro(-1)), TokensIn: said(int64(-1)),
			TokensOut: said(int64(conversation.MaxTokens + 1)), Metadata: said(strings.Repeat(" ", conversation.MaxMetadataBytes+1)),
			Tags: said([]string{"fine", long, "\x00"}), CreatedAt: said(conversation.MinTime.Add(-time.Microsecond)), ClosedAt: said(late), HandedOffAt: said(time.Time{}),
		},
		Messages: []conversation.Message{
			{Sender: conversation.Customer, Content: "fine"},
			{Sender: "robot", Content: "\x00", ID: long, SenderID: "\xff", At: late, Metadata: strings.Repeat(" ", conversation.MaxMetadataBytes+1)},
			{},
		},
	}
	want := []string{
		"/conversation_id", "/platform", "/customer_id", "/ai_agent_id", "/csat_score", "/rated_at", "/sentiment", "/priority", "/escalation_reason",
		"/topic", "/subtopic", "/resolution_time_seconds", "/handle_time_seconds", "/cost_usd", "/input_tokens", "/output_tokens", "/metadata",
		"/tags/1", "/tags/2", "/created_at", "/closed_at", "/handed_off_at",
		"/messages/1/sender_type", "/messages/1/content", "/messages/1/message_id", "/messages/1/sender_id", "/messages/1/timestamp", "/messages/1/metadata",
		"/messages/2/sender_type",
	}
	err := p.Validate(noon)
	if got := fields(err); !slices.Equal(want, got) {
		t.Errorf("wanted %v\ngot    %v", want, got)
	}
	for _, field := range want {
		if !strings.Contains(err.Error(), field) {
			t.Errorf("the error's text does not name %s", field)
		}
	}
}

func TestValidateCounts(t *testing.T) {
	p := conversation.Patch{
		Key:      conversation.Key{Platform: conversation.Custom, ID: "1"},
		Facts:    conversation.Facts{Tags: said(slices.Repeat([]string{"tag"}, conversation.MaxTags+1))},
		Messages: slices.Repeat([]conversation.Message{{Sender: conversation.AI}}, conversation.MaxMessages+1),
	}
	if got := fields(p.Validate(noon)); !slices.Equal(got, []string{"/tags", "/messages"}) {
		t.Errorf("got %v", got)
	}
}

// A fault of any field is found whatever else is right.
func TestValidateOfWhatWasAcceptedMerges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := few{t}.patch()
		if err := p.Validate(noon.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if c := conversation.Merge(nil, &p); c.Key != p.Key {
			t.Fatalf("the key is %v", c.Key)
		}
	})
}

func TestUIDIsAFunctionOfPlatformAndIDAlone(t *testing.T) {
	a := conversation.Key{Org: uuid.UUID{1}, Platform: conversation.Zendesk, ID: "4711"}
	b := a
	b.Org = uuid.UUID{2}
	if a.UID() != b.UID() {
		t.Error("the organisation changes the UID")
	}
	if got := a.UID(); got.Version() != 8 || got.Variant() != uuid.RFC4122 {
		t.Errorf("version %d, variant %s", got.Version(), got.Variant())
	}
	// The form is stored: it must not change.
	if got, want := a.UID().String(), "00001267-d6e7-82c2-9446-ceb82db098e4"; got != want {
		t.Errorf("wanted %s, got %s", want, got)
	}
	for id, want := range map[string]string{
		"4711": "00001267", "conv-4711": "00001267", "2024/0004711": "00001267", "4294967297": "00000001", "none": "00000000", "4711x": "00000000",
		"018f4e5a-1111-7000-8000-000000000012": "018f4e5a", "f47ac10b-58cc-4372-a567-0e02b2c3d479": "00000000",
	} {
		if got := (conversation.Key{Platform: conversation.Custom, ID: id}).UID().String()[:8]; got != want {
			t.Errorf("the UID of %s begins with %s, wanted %s", id, got, want)
		}
	}
	seen := map[uuid.UUID]conversation.Key{}
	for _, platform := range conversation.Platforms() {
		for _, id := range []string{"", "a", "A", "a ", "caf\u00e9", "cafe\u0301", "ſ", "s", "zendesk", strings.Repeat("n", 255), strings.Repeat("n", 254)} {
			k := conversation.Key{Platform: platform, ID: id}
			if other, taken := seen[k.UID()]; taken {
				t.Errorf("%v and %v have one UID", k, other)
			}
			seen[k.UID()] = k
		}
	}
}

func TestSearchWords(t *testing.T) {
	for text, want := range map[string][]string{
		"":                         nil,
		" ,.-!":                    nil,
		"Where is my REFUND?":      {"where", "is", "my", "refund"},
		"no, No, NO":               {"no"},
		"ＣＡＦÉ café cafe\u0301":     {"café"},
		"don't":                    {"don", "t"},
		"order #12345/b":           {"order", "12345", "b"},
		"Straße STRASSE":           {"straße", "strasse"},
		"東京 タワー":                   {"東京", "タワー"},
		"100% sure_thing\nby-pass": {"100", "sure", "thing", "by", "pass"},
	} {
		if got := conversation.SearchWords(text); !slices.Equal(want, got) {
			t.Errorf("%q: wanted %q, got %q", text, want, got)
		}
	}
}

func TestReturnedWithin(t *testing.T) {
	day := 24 * time.Hour
	c := conversation.Conversation{EndedAt: noon}
	if c.ReturnedWithin(day) {
		t.Error("nobody stated a return")
	}
	for after, want := range map[time.Duration]bool{-time.Second: false, 0: true, day - 1: true, day: false} {
		c.Facts.NextContact = said(noon.Add(after))
		if got := c.ReturnedWithin(day); got != want {
			t.Errorf("%s after the end: wanted %v, got %v", after, want, got)
		}
	}
	c.EndedAt = time.Time{}
	c.Facts.NextContact = said(time.Time{})
	if c.ReturnedWithin(day) {
		t.Error("a return at no time is none")
	}
}

func TestSentimentPrefersWhatWasDeclared(t *testing.T) {
	var c conversation.Conversation
	c.Findings.Sentiment.Label = conversation.Negative
	if got := c.Sentiment(); got != conversation.Negative {
		t.Errorf("got %q", got)
	}
	c.Facts.Sentiment = said(conversation.Positive)
	if got := c.Sentiment(); got != conversation.Positive {
		t.Errorf("got %q", got)
	}
}

func TestClosed(t *testing.T) {
	for name, facts := range map[string]conversation.Facts{
		"closed":   {ClosedAt: said(noon)},
		"rated":    {Rating: said(conversation.Rating{Score: 3})},
		"resolved": {ResolutionSeconds: said(0.0)},
	} {
		if c := (&conversation.Conversation{Facts: facts}); !c.Closed() {
			t.Errorf("%s: not closed", name)
		}
	}
	if new(conversation.Conversation).Closed() {
		t.Error("nothing is known, and it is closed")
	}
}

// Every fact must be merged, compared, stamped and cut to microseconds. The four lists in facts.go are written by hand;
// this walks over the fields.
func TestEveryFactIsHandled(t *testing.T) {
	facts := reflect.TypeFor[conversation.Facts]()
	for i := range facts.NumField() {
		name := facts.Field(i).Name
		at := time.Date(2025, 6, 1, 12, 0, 0, 1_999, time.FixedZone("+01", 3600))
		var f conversation.Facts
		field := reflect.ValueOf(&f).Elem().Field(i)
		field.FieldByName("Stamp").Set(reflect.ValueOf(conversation.Stamp{Trust: conversation.Confirmed, At: at}))
		if v := field.FieldByName("Value"); v.Kind() == reflect.Slice {
			v.Set(reflect.ValueOf([]string{"x"}))
		}
		p := conversation.NewPatch(key, f, nil, signed, noon)
		empty := conversation.NewPatch(key, conversation.Facts{}, nil, signed, noon)
		c := merged(empty, p)
		stamp := reflect.ValueOf(c.Facts).Field(i).FieldByName("Stamp").Interface().(conversation.Stamp)
		if stamp.IsZero() {
			t.Errorf("%s is not merged", name)
		}
		if stamp.At.Nanosecond() != 1_000 || stamp.At.Location() != time.UTC {
			t.Errorf("%s: the stamp is %s", name, stamp.At)
		}
		if without := merged(empty); c.SameAs(&without) && name != "CreatedAt" {
			t.Errorf("%s: stated or not, a reader sees no difference", name)
		}
		later := p
		reflect.ValueOf(&later.Facts).Elem().Field(i).FieldByName("Stamp").Set(reflect.ValueOf(conversation.Stamp{Trust: conversation.Signed, At: at}))
		if d := conversation.Merge(&c, &later); d.SameVersion(&c) {
			t.Errorf("%s: a weightier stamp makes no new version", name)
		}
	}
}
