package monitor_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/storage/memory"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/monitor"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// noon is the tests' first time of day; a desk moves its own clock.
var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// desk is one organisation in an empty store, with a clock the test turns.
type desk struct {
	*testing.T
	ctx   context.Context
	m     *monitor.Monitor
	store port.Storage
	org   tenant.ID
	now   time.Time
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{T: t, ctx: context.Background(), store: memory.New(), now: noon}
	t.Cleanup(func() { d.store.Close() })
	m, err := monitor.New(d.store, monitor.Options{Clock: func() time.Time { return d.now }})
	d.must(err)
	d.m = m
	org, err := m.CreateOrg(d.ctx, "Acme", tenant.SelfHosted)
	d.must(err)
	d.org = org.ID
	return d
}

func (d *desk) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// said is a conversation in short: who said what, a minute apart from start on.
type said struct {
	id       string
	start    time.Time
	topic    string
	customer string
	lines    []line
	facts    func(conversation.Stamp) conversation.Facts
}

type line struct {
	who  conversation.Sender
	what string
}

var (
	asks    = line{conversation.Customer, "How do I change my delivery address?"}
	answers = line{conversation.AI, "Open your account, choose Addresses and edit the one you use."}
	thanks  = line{conversation.Customer, "Thanks, that solved it."}
	gaveUp  = line{conversation.AI, "I'm sorry, I don't have that information."}
	agent   = line{conversation.HumanAgent, "Hello, I am Kim and will look into it."}
)

func (d *desk) patch(s said) conversation.Patch {
	stamp := conversation.Stamp{Trust: conversation.Signed, At: d.now}
	var facts conversation.Facts
	if s.facts != nil {
		facts = s.facts(stamp)
	}
	if s.topic != "" {
		facts.Topic = conversation.State(&s.topic, stamp)
	}
	if s.customer != "" {
		facts.CustomerID = conversation.State(&s.customer, stamp)
	}
	messages := lo.Map(s.lines, func(l line, i int) conversation.Message {
		return conversation.Message{Sender: l.who, Content: l.what, At: s.start.Add(time.Duration(i) * time.Minute)}
	})
	key := conversation.Key{Org: d.org, Platform: conversation.Custom, ID: s.id}
	return conversation.NewPatch(key, facts, messages, stamp, d.now)
}

func (d *desk) send(list ...said) []conversation.Result {
	d.Helper()
	results, err := d.m.Ingest(d.ctx, lo.Map(list, func(s said, _ int) monitor.Arrival { return monitor.Arrival{Patch: d.patch(s)} }))
	d.must(err)
	for _, r := range results {
		d.must(r.Err)
	}
	return results
}

// work runs the jobs until they have nothing left.
func (d *desk) work() {
	d.Helper()
	for _, job := range []func(context.Context, tenant.ID) (int, error){d.m.LinkReturns, d.m.AssignGaps, d.m.CorrectLedger} {
		for {
			n, err := job(d.ctx, d.org)
			d.must(err)
			if n == 0 {
				break
			}
		}
	}
}

func rated(score int) func(conversation.Stamp) conversation.Facts {
	return func(s conversation.Stamp) conversation.Facts {
		return conversation.Facts{Rating: conversation.State(&conversation.Rating{Score: score, Scale: conversation.Native5, At: s.At}, s)}
	}
}

func cost(micro money.Micro) func(conversation.Stamp) conversation.Facts {
	return func(s conversation.Stamp) conversation.Facts {
		return conversation.Facts{Cost: conversation.State(&micro, s)}
	}
}

func (d *desk) window() monitor.Request {
	return monitor.Request{Org: d.org, Start: noon.AddDate(0, 0, -30), End: noon.AddDate(0, 0, 30)}
}

func (d *desk) want(f monitor.Figures, name string, want float64) {
	d.Helper()
	figure, ok := f.Get(name)
	if !ok {
		d.Fatalf("no figure %s", name)
	}
	if figure.Estimate.Value == nil || *figure.Estimate.Value != want {
		d.Errorf("%s: wanted %v, got %v", name, want, show(figure.Estimate.Value))
	}
}

func (d *desk) wantUnknown(f monitor.Figures, names ...string) {
	d.Helper()
	for _, name := range names {
		figure, ok := f.Get(name)
		if !ok || figure.Estimate.Value != nil || figure.Money != nil {
			d.Errorf("%s: wanted unknown, got %+v", name, figure)
		}
	}
}

func show(v *float64) string {
	if v == nil {
		return "unknown"
	}
	return fmt.Sprint(*v)
}
