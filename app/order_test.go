package app

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/app/builtin"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/monitor"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// account is what must come out the same, whatever the order.
type account struct {
	Said   map[string]string
	Cells  []metric.Cell
	Gaps   map[string]int
	Ledger map[string]money.Micro
}

// Any order, repetition and lateness of the same pieces gives the same conversations, cells, ledger and counts of gaps,
// on every store.
func TestOrderDoesNotMatter(t *testing.T) {
	eachStore(t, func(t *testing.T, address string) {
		var first account
		for seed := range uint64(3) {
			got := arrange(t, address, rand.New(rand.NewPCG(seed, 7)))
			if seed == 0 {
				first = got
				if len(got.Gaps) != 3 || len(got.Ledger) == 0 || len(got.Cells) == 0 {
					t.Fatalf("the pieces make too little to compare: %d gaps, %d lines, %d cells", len(got.Gaps), len(got.Ledger), len(got.Cells))
				}
				continue
			}
			if difference := cmp.Diff(first, got); difference != "" {
				t.Fatalf("order %d ends otherwise:\n%s", seed, difference)
			}
		}
	})
}

// arrange sends the pieces in an order of its own, some of them twice, with the jobs running now and then.
func arrange(t *testing.T, address string, random *rand.Rand) account {
	t.Helper()
	ctx := context.Background()
	now := time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)
	store, err := storage.Open(ctx, address, storage.Options{}, builtin.Stores()...)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	m, err := monitor.New(store, monitor.Options{Clock: func() time.Time { now = now.Add(time.Millisecond); return now }})
	if err != nil {
		t.Fatal(err)
	}
	org, err := m.CreateOrg(ctx, "Order", tenant.SelfHosted)
	if err != nil {
		t.Fatal(err)
	}
	work := func() {
		for _, job := range []func(context.Context, tenant.ID) (int, error){m.LinkReturns, m.AssignGaps, m.CorrectLedger} {
			for n := 1; n > 0; {
				if n, err = job(ctx, org.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	all := pieces(org.ID)
	for _, p := range all[:len(all):len(all)] {
		if random.IntN(3) == 0 {
			all = append(all, p)
		}
	}
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for len(all) > 0 {
		n := min(1+random.IntN(20), len(all))
		results, err := m.Ingest(ctx, all[:n])
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results {
			if r.Err != nil {
				t.Fatal(r.Err)
			}
		}
		if all = all[n:]; random.IntN(4) == 0 {
			work()
		}
	}
	work()
	return accountOf(t, ctx, m, store, org.ID)
}

func accountOf(t *testing.T, ctx context.Context, m *monitor.Monitor, store port.Storage, org tenant.ID) account {
	t.Helper()
	out := account{Said: map[string]string{}, Gaps: map[string]int{}, Ledger: map[string]money.Micro{}}
	names := map[uuid.UUID]string{}
	for c, err := range store.Conversations.Each(ctx, org, conversation.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		names[c.UID()] = c.ID
		said := fmt.Sprint(c.Facts.Rating.Get() != nil, c.Facts.Rating.Value.Score, c.Facts.Topic.Value, c.Facts.Cost.Value, c.Facts.NextContact.Value, c.Findings.Handler, c.Findings.Outcome.Kind)
		for _, message := range c.Messages {
			said += "|" + string(message.Sender) + ":" + message.Content
		}
		out.Said[c.ID] = said
	}
	window := metric.Window{Start: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), End: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)}
	sums, err := store.Rollups.Rollup(ctx, org, metric.Selection{Window: window, By: metric.Grouping{Day: true, Topic: true, Handler: true}})
	if err != nil {
		t.Fatal(err)
	}
	out.Cells = sums[0]
	gaps, err := m.KnowledgeGaps(ctx, monitor.GapQuery{Org: org, MinOccurrences: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range gaps.Gaps {
		out.Gaps[g.Question] = g.Count
	}
	month, err := m.LedgerMonth(ctx, org, "2026-05")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range month.Lines {
		ref := l.Ref
		if uid, err := uuid.Parse(l.Ref); err == nil {
			ref = names[uid]
		}
		out.Ledger[string(l.Kind)+" "+ref] += l.Amount
	}
	return out
}

// pieces are forty conversations in parts: the opening, the answer, and for some a rating that comes days later, a
// corrected cost, customer or topic, and an even earlier message. Their event times, not their arrival, decide.
func pieces(org tenant.ID) []monitor.Arrival {
	questions := []string{"Where can I download my invoice?", "How do I reset the thermostat?", "Does the train to Basel run on Sunday?"}
	var out []monitor.Arrival
	for i := range 40 {
		key := conversation.Key{Org: org, Platform: conversation.Custom, ID: fmt.Sprint("c", i)}
		start := time.Date(2026, 5, 2, 8, 0, 0, 0, time.UTC).Add(time.Duration(i) * 9 * time.Hour)
		topic, customer, cost := fmt.Sprint("topic", i%3), fmt.Sprint("customer", i%4), money.Micro(100_000*(i%5))
		add := func(after time.Duration, facts func(conversation.Stamp) conversation.Facts, messages ...conversation.Message) {
			stamp := conversation.Stamp{Trust: conversation.Signed, At: start.Add(after)}
			out = append(out, monitor.Arrival{Patch: conversation.NewPatch(key, facts(stamp), messages, stamp, start.Add(after))})
		}
		add(0, func(s conversation.Stamp) conversation.Facts {
			return conversation.Facts{Topic: conversation.State(&topic, s), CustomerID: conversation.State(&customer, s), Cost: conversation.State(&cost, s)}
		}, conversation.Message{Sender: conversation.Customer, Content: questions[i%3], At: start})
		answer := []conversation.Message{{Sender: conversation.AI, Content: "Open your account and look there.", At: start.Add(time.Minute)}}
		if i%2 == 0 {
			answer = []conversation.Message{
				{Sender: conversation.AI, Content: "I'm sorry, I don't have that information.", At: start.Add(time.Minute)},
				{Sender: conversation.HumanAgent, Content: "Let me see.", At: start.Add(5 * time.Minute)},
			}
		}
		add(10*time.Minute, func(conversation.Stamp) conversation.Facts { return conversation.Facts{} }, answer...)
		if i%4 == 1 {
			add(72*time.Hour, func(s conversation.Stamp) conversation.Facts {
				better := cost + 50_000
				return conversation.Facts{
					Rating: conversation.State(&conversation.Rating{Score: 1 + i%5, Scale: conversation.Native5, At: s.At}, s),
					Cost:   conversation.State(&better, s),
				}
			})
		}
		if i%5 == 2 {
			add(time.Hour, func(s conversation.Stamp) conversation.Facts {
				later, other := fmt.Sprint("topic", (i+1)%3), fmt.Sprint("customer", (i+1)%4)
				return conversation.Facts{Topic: conversation.State(&later, s), CustomerID: conversation.State(&other, s)}
			})
		}
		if i%6 == 5 {
			hello := conversation.Message{Sender: conversation.Customer, Content: "Hello?", At: start.Add(-20 * time.Hour)}
			add(-20*time.Hour, func(conversation.Stamp) conversation.Facts { return conversation.Facts{} }, hello)
		}
	}
	return slices.Clip(out)
}
