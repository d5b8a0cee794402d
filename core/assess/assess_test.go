package assess_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/core/assess"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/simulate"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// A simulated organisation read without a store: every count of the summary is the planted one.
func TestSummaryCountsWhatWasPlanted(t *testing.T) {
	t.Parallel()
	plan := simulate.NewPlan(5, start, 20)
	truth, deliveries := simulate.Generate(plan)
	settings, err := plan.Settings(tenant.DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	a := assess.New(settings)
	for _, d := range deliveries {
		if _, err := a.Add(d.Patch(uuid.Nil), d.At); err != nil {
			t.Fatalf("%s: %v", d.Case, err)
		}
	}
	s, err := a.Summary()
	if err != nil {
		t.Fatal(err)
	}
	escalated := truth.Count(func(c simulate.Case) bool { return c.Escalated })
	rated := truth.Count(func(c simulate.Case) bool { return c.Rated })
	if s.Conversations != int64(len(truth.Cases)) || s.Average.N != rated || s.Escalation.N != int64(len(truth.Cases)) {
		t.Errorf("%d conversations and %d ratings, planted %d and %d", s.Conversations, s.Average.N, len(truth.Cases), rated)
	}
	want := 100 * float64(escalated) / float64(len(truth.Cases))
	if s.Escalation.Value == nil || *s.Escalation.Value != want {
		t.Errorf("escalation rate %v, planted %v", s.Escalation.Value, want)
	}
	var reasons int64
	for _, c := range s.Reasons {
		reasons += c.Count
	}
	if reasons != escalated {
		t.Errorf("%d reasons for %d escalations", reasons, escalated)
	}
	for _, h := range s.Handlers {
		planted := truth.Count(func(c simulate.Case) bool { return string(c.Handler) == h.Name })
		if h.Count != planted {
			t.Errorf("%s: %d, planted %d", h.Name, h.Count, planted)
		}
	}
}

// A later piece is read together with the earlier ones, and one that cannot be changes nothing.
func TestPiecesComeTogether(t *testing.T) {
	t.Parallel()
	key := conversation.Key{Platform: conversation.Custom, ID: "c1"}
	stamp := conversation.Stamp{Trust: conversation.Signed, At: start}
	piece := func(facts conversation.Facts, messages ...conversation.Message) conversation.Patch {
		return conversation.NewPatch(key, facts, messages, stamp, start)
	}
	a := assess.New(tenant.DefaultSettings())
	c, err := a.Add(piece(conversation.Facts{},
		conversation.Message{ID: "1", Sender: conversation.Customer, Content: "How do I pause my plan?", At: start},
		conversation.Message{ID: "2", Sender: conversation.AI, Content: "I don't have that information.", At: start.Add(time.Minute)}), start)
	if err != nil || c.Findings.Handler != conversation.AIOnly || c.Findings.Outcome.Kind != conversation.OutcomeAbandoned {
		t.Fatalf("the first piece reads %+v, %v", c.Findings, err)
	}
	var invalid *conversation.Invalid
	score := conversation.Rating{Score: 9, Scale: conversation.Native5}
	if _, err := a.Add(piece(conversation.Facts{Rating: conversation.State(&score, stamp)}), start); !errors.As(err, &invalid) {
		t.Errorf("a rating of 9 gives %v", err)
	}
	c, err = a.Add(piece(conversation.Facts{},
		conversation.Message{ID: "3", Sender: conversation.HumanAgent, Content: "Hi, done.", At: start.Add(2 * time.Minute)}), start)
	if err != nil || !c.Findings.Escalation.Escalated || c.Findings.Escalation.Primary != conversation.KnowledgeGap {
		t.Errorf("both pieces read %+v, %v", c.Findings.Escalation, err)
	}
	if all := a.Conversations(); len(all) != 1 || len(all[0].Messages) != 3 {
		t.Errorf("%d conversations are kept", len(all))
	}
}

// Without conversations nothing is known, and nothing is 0.
func TestEmptySummaryIsUnknown(t *testing.T) {
	t.Parallel()
	s, err := assess.New(tenant.DefaultSettings()).Summary()
	if err != nil || s.Conversations != 0 || s.Escalation.Known() || s.Average.Known() || len(s.Reasons) != 0 {
		t.Errorf("%+v, %v", s, err)
	}
}
