package monitor_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/knowledge"
	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/monitor"
	"github.com/csm-monitor/csm-monitor/core/port"
)

func TestGapsFollowTheirConversations(t *testing.T) {
	d := newDesk(t)
	start := noon.Add(-72 * time.Hour)
	invoice := line{conversation.Customer, "Where can I download my invoice?"}
	again := line{conversation.Customer, "where can i download my invoice"}
	results := d.send(
		said{id: "a", start: start, topic: "billing", lines: []line{invoice, gaveUp, agent}},
		said{id: "b", start: start.Add(time.Hour), topic: "billing", lines: []line{again, gaveUp, agent}},
		said{id: "c", start: start, topic: "login", lines: []line{asks, answers, thanks}},
	)
	d.work()
	list, err := d.m.KnowledgeGaps(d.ctx, monitor.GapQuery{Org: d.org, MinOccurrences: 2})
	d.must(err)
	if len(list.Gaps) != 1 || list.Gaps[0].Count != 2 || !list.Complete || list.Gaps[0].Topic != "billing" {
		t.Fatalf("gaps: %+v", list)
	}
	gap := list.Gaps[0]
	if gap.Question != invoice.what || !gap.FirstSeen.Equal(start) || !gap.LastSeen.Equal(start.Add(time.Hour)) {
		t.Errorf("gap: %+v", gap)
	}
	if want := money.Micro(3_900_000); gap.Priority == nil || *gap.Priority < want || *gap.Priority > 2*want {
		t.Errorf("priority: two fresh escalations at 3.90 cannot cost %v", gap.Priority)
	}
	d.must(d.m.ResolveGap(d.ctx, d.org, gap.ID, true))
	d.now = d.now.Add(24 * time.Hour)
	d.send(said{id: "e", start: noon.Add(time.Hour), lines: []line{invoice, gaveUp, agent}})
	d.work()
	shown, err := d.m.KnowledgeGap(d.ctx, d.org, gap.ID)
	d.must(err)
	if shown.State != "resolved_recurring" || len(shown.Occurrences) != 3 {
		t.Errorf("one more after the fix: %+v", shown)
	}
	if got := shown.Answers[results[0].Conversation.UID()]; got != agent.what {
		t.Errorf("the human's answer: %q", got)
	}
	d.want(shown.Effect, "failure_rate_after", 100)
	_, err = d.m.DeleteOne(d.ctx, d.org, results[0].Conversation.UID())
	d.must(err)
	if shown, err = d.m.KnowledgeGap(d.ctx, d.org, gap.ID); err != nil || shown.Count != 2 {
		t.Errorf("after a deletion: %+v, %v", shown, err)
	}
}

func TestGapsAreStoredOnlyWhenTheyMove(t *testing.T) {
	d := newDesk(t)
	version := func() int64 {
		snapshot, err := d.store.Gaps.Load(d.ctx, d.org, knowledge.Whole)
		d.must(err)
		return snapshot.Version
	}
	complete := func() bool {
		list, err := d.m.KnowledgeGaps(d.ctx, monitor.GapQuery{Org: d.org})
		d.must(err)
		return list.Complete
	}
	failed := said{id: "a", start: noon, lines: []line{asks, gaveUp, agent}}
	d.send(failed)
	d.work()
	before := version()
	d.send(said{id: "b", start: noon, lines: []line{{conversation.Customer, "Is the shop open on Sunday?"}, answers, thanks}})
	failed.facts = func(s conversation.Stamp) conversation.Facts {
		customer := "mara"
		return conversation.Facts{CustomerID: conversation.State(&customer, s)}
	}
	d.send(failed)
	if complete() {
		t.Error("what was never looked at counts as looked at")
	}
	d.work()
	if after := version(); after != before || !complete() {
		t.Errorf("nothing about gaps was new, and yet version %d became %d; complete %v", before, after, complete())
	}
	failed.lines[0].what = "How do I cancel my order?"
	d.send(said{id: "c", start: noon, lines: failed.lines})
	d.work()
	if after := version(); after == before || !complete() {
		t.Errorf("a new gap was not stored: version %d, complete %v", after, complete())
	}
}

type topical struct{ down bool }

func (e *topical) Model() string { return "topical" }

func (e *topical) Embed(_ context.Context, texts []string) ([][]float32, error) {
	if e.down {
		return nil, port.ErrUnavailable
	}
	return lo.Map(texts, func(t string, _ int) []float32 {
		if strings.Contains(t, "invoice") || strings.Contains(t, "bill") {
			return []float32{1, 0.1}
		}
		return []float32{0.1, 1}
	}), nil
}

func TestGapsByMeaning(t *testing.T) {
	d := newDesk(t)
	model := &topical{}
	restart := func() {
		m, err := monitor.New(d.store, monitor.Options{Clock: func() time.Time { return d.now }, Meaning: monitor.Meaning{Embedder: model, Threshold: 0.8}})
		d.must(err)
		d.m = m
	}
	ask := func(id, question string) said {
		return said{id: id, start: noon.Add(-time.Hour), lines: []line{{conversation.Customer, question}, gaveUp, agent}}
	}
	restart()
	d.send(ask("a", "Where can I download my invoice?"), ask("b", "Why was the bill higher than usual?"), ask("c", "How do I reset the thermostat?"))
	d.work()
	restart() // what was learnt is what is stored
	d.send(ask("d", "Can you split one bill into two?"))
	d.work()
	model.down = true
	d.send(ask("e", "Can you resend the invoice?"))
	if _, err := d.m.AssignGaps(d.ctx, d.org); !errors.Is(err, port.ErrUnavailable) {
		t.Errorf("an outage of the model: %v", err)
	}
	model.down = false
	d.work()
	gaps, err := d.m.KnowledgeGaps(d.ctx, monitor.GapQuery{Org: d.org, MinOccurrences: 1})
	d.must(err)
	counts := lo.Map(gaps.Gaps, func(g monitor.Gap, _ int) int { return g.Count })
	if !slices.Equal(counts, []int{4, 1}) || !gaps.Complete {
		t.Errorf("wanted 4 about money and 1 other, got %v, complete %v", counts, gaps.Complete)
	}
}

func TestGapsAreMergedAndSplitByPeople(t *testing.T) {
	d := newDesk(t)
	ask := func(id, question string, hour int) said {
		return said{id: id, start: noon.Add(time.Duration(hour-100) * time.Hour), lines: []line{{conversation.Customer, question}, gaveUp, agent}}
	}
	results := d.send(
		ask("a", "Where can I download my invoice?", 1), ask("b", "Where can I download my invoice?", 2),
		ask("c", "How do I reset the thermostat?", 3),
	)
	d.work()
	list := func() []monitor.Gap {
		gaps, err := d.m.KnowledgeGaps(d.ctx, monitor.GapQuery{Org: d.org, MinOccurrences: 1})
		d.must(err)
		return gaps.Gaps
	}
	before := list()
	if len(before) != 2 {
		t.Fatalf("wanted two gaps, got %+v", before)
	}
	kept, err := d.m.MergeGaps(d.ctx, d.org, []int64{before[0].ID, before[1].ID})
	d.must(err)
	if merged := list(); len(merged) != 1 || merged[0].ID != kept || merged[0].Count != 3 || kept != min(before[0].ID, before[1].ID) {
		t.Fatalf("merged into %d: %+v", kept, merged)
	}
	other := max(before[0].ID, before[1].ID)
	if led, err := d.m.KnowledgeGap(d.ctx, d.org, other); err != nil || led.ID != kept {
		t.Errorf("the old id leads to %+v, %v", led.Gap, err)
	}
	stayed, taken, err := d.m.SplitGap(d.ctx, d.org, kept, []uuid.UUID{results[2].Conversation.UID()})
	d.must(err)
	if stayed != kept || taken <= other {
		t.Errorf("split %d into %d and %d: an id is never used again", kept, stayed, taken)
	}
	after := list()
	if len(after) != 2 || after[0].Count+after[1].Count != 3 {
		t.Errorf("after the split: %+v", after)
	}
	// What comes next goes to the part it belongs to.
	d.now = d.now.Add(time.Minute)
	d.send(ask("d", "How do I reset the thermostat?", 4))
	d.work()
	apart, err := d.m.KnowledgeGap(d.ctx, d.org, taken)
	d.must(err)
	if apart.Count != 2 || apart.Question != "How do I reset the thermostat?" {
		t.Errorf("the part taken out: %+v", apart.Gap)
	}
	var invalid *conversation.Invalid
	if _, err := d.m.MergeGaps(d.ctx, d.org, []int64{kept, other}); !errors.As(err, &invalid) {
		t.Errorf("merging a gap with itself: %v", err)
	}
	if _, _, err := d.m.SplitGap(d.ctx, d.org, 999, nil); !errors.Is(err, port.ErrNotFound) {
		t.Errorf("splitting what is not there: %v", err)
	}
}
