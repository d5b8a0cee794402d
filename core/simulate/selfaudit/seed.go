package selfaudit

import (
	"context"
	"fmt"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/monitor"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/roi"
	"github.com/csm-monitor/csm-monitor/core/simulate"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// finding is what one organisation shows.
type finding struct {
	seed          uint64
	conversations int64
	deliveries    int
	counts        counts
	gap           gapFinding
	silence       silenceFinding
	topics        topicFinding
	money         moneyFinding
	reading       readingFinding
	gaps          gapFindings
	alert         alertFinding
	// quiet counts quiet months at each of the volumes, calm organisations without a topic that stands out.
	quiet [len(volumes)]alarms
	calm  calmFinding
}

// bench is one organisation in an empty store, with the simulated time of day.
type bench struct {
	store port.Storage
	m     *monitor.Monitor
	org   tenant.ID
	now   time.Time
	plan  simulate.Plan
	truth simulate.Truth
}

func audit(ctx context.Context, seed uint64, open func(context.Context) (port.Storage, error)) (f finding, err error) {
	store, err := open(ctx)
	if err != nil {
		return f, err
	}
	defer func() { _ = store.Close() }()
	plan := simulate.NewPlan(seed, begin, days)
	plan.Drop = &simulate.Drop{At: begin.AddDate(0, 0, measured), By: fall}
	truth, deliveries := simulate.Generate(plan)
	b := &bench{store: store, plan: plan, truth: truth, now: begin}
	if b.m, err = monitor.New(store, monitor.Options{Clock: func() time.Time { return b.now }}); err != nil {
		return f, err
	}
	if err := b.found(ctx); err != nil {
		return f, err
	}
	f = finding{seed: seed, conversations: int64(len(truth.Cases)), deliveries: len(deliveries)}
	if err := b.live(ctx, deliveries, &f.money); err != nil {
		return f, err
	}
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error { return b.readCounts(ctx, &f.counts) },
		func(ctx context.Context) error { return b.readGap(ctx, &f.gap, &f.silence) },
		func(ctx context.Context) error { return b.readTopics(ctx, &f.topics) },
		func(ctx context.Context) error { return b.readMoney(ctx, &f.money) },
		func(ctx context.Context) error { return b.readConversations(ctx, &f.reading, &f.gaps) },
		func(ctx context.Context) error { return b.readAlerts(ctx, &f.alert) },
	} {
		if err := step(ctx); err != nil {
			return f, err
		}
	}
	for i, perDay := range volumes {
		f.quiet[i] = quiet(seed, perDay)
	}
	f.calm = calm(seed)
	return f, nil
}

// found makes the organisation.
func (b *bench) found(ctx context.Context) error {
	o, err := b.m.CreateOrg(ctx, "Fjell & Trail", tenant.SelfHosted)
	if err != nil {
		return err
	}
	b.org = o.ID
	_, err = b.m.UpdateSettings(ctx, b.org, b.plan.Settings)
	return err
}

// batch is how many deliveries are taken in at a time.
const batch = 100

// live lets the organisation's months pass: deliveries come in as they arrive, and each month is closed on the third
// day after it, when some of its deliveries are still under way.
func (b *bench) live(ctx context.Context, deliveries []simulate.Delivered, f *moneyFinding) error {
	type closing struct {
		at     time.Time
		period roi.Period
	}
	closings := []closing{{begin.AddDate(0, 1, 2), "2026-01"}, {begin.AddDate(0, 2, 2), "2026-02"}}
	for len(deliveries) > 0 {
		n := min(batch, len(deliveries))
		if len(closings) > 0 {
			due := closings[0]
			before := lo.CountBy(deliveries[:n], func(d simulate.Delivered) bool { return d.At.Before(due.at) })
			if before < n {
				n = before
			}
			if n == 0 {
				b.now = due.at
				if err := b.close(ctx, due.period, f); err != nil {
					return err
				}
				closings = closings[1:]
				continue
			}
		}
		b.now = deliveries[n-1].At
		if err := b.ingest(ctx, deliveries[:n]); err != nil {
			return err
		}
		deliveries = deliveries[n:]
	}
	b.now = b.now.AddDate(0, 0, 8)
	return b.work(ctx, b.m.LinkReturns, b.m.AssignGaps, b.m.CorrectLedger)
}

func (b *bench) ingest(ctx context.Context, deliveries []simulate.Delivered) error {
	results, err := b.m.Ingest(ctx, lo.Map(deliveries, func(d simulate.Delivered, _ int) monitor.Arrival {
		return monitor.Arrival{Patch: d.Patch(b.org)}
	}))
	if err != nil {
		return err
	}
	for i, r := range results {
		if r.Err != nil {
			return fmt.Errorf("conversation %s: %w", deliveries[i].Case, r.Err)
		}
	}
	return nil
}

// work runs jobs until they have nothing left.
func (b *bench) work(ctx context.Context, jobs ...func(context.Context, tenant.ID) (int, error)) error {
	for _, job := range jobs {
		for {
			n, err := job(ctx, b.org)
			if err != nil {
				return err
			}
			if n == 0 {
				break
			}
		}
	}
	return nil
}

// window is the request for the measured months.
func (b *bench) window() monitor.Request {
	return monitor.Request{Org: b.org, Start: begin, End: begin.AddDate(0, 0, measured)}
}

// value is a figure that must be there.
func value(f monitor.Figures, name string) (float64, error) {
	figure, ok := f.Get(name)
	if !ok || !figure.Estimate.Known() {
		return 0, fmt.Errorf("the figure %s is missing", name)
	}
	return *figure.Estimate.Value, nil
}

func amount(f monitor.Figures, name string) (money.Micro, error) {
	figure, ok := f.Get(name)
	if !ok || figure.Money == nil {
		return 0, fmt.Errorf("the amount %s is missing", name)
	}
	return *figure.Money, nil
}

// counts are exact: what came in is what is counted.
type counts struct{ exact bool }

func (b *bench) readCounts(ctx context.Context, f *counts) error {
	d, err := b.m.Dashboard(ctx, b.window())
	if err != nil {
		return err
	}
	truth := b.truth.Between(begin, begin.AddDate(0, 0, measured))
	f.exact = true
	for name, keep := range map[string]func(simulate.Case) bool{
		"total_conversations":     func(simulate.Case) bool { return true },
		"ai_conversations":        func(c simulate.Case) bool { return c.Handler.AIInvolved() },
		"escalated_conversations": func(c simulate.Case) bool { return c.Escalated },
		"rated_conversations":     func(c simulate.Case) bool { return c.Rated },
	} {
		got, err := value(d.Metrics, name)
		if err != nil {
			return err
		}
		f.exact = f.exact && got == float64(truth.Count(keep))
	}
	return nil
}

// readingFinding is how well single conversations are read.
type readingFinding struct {
	outcomes, outcomesRight int64
	reasons, reasonsRight   int64
}

func (b *bench) readConversations(ctx context.Context, f *readingFinding, gaps *gapFindings) error {
	truth := lo.KeyBy(b.truth.Cases, func(c simulate.Case) string { return c.ID })
	questions := map[string]string{}
	for c, err := range b.store.Conversations.Each(ctx, b.org, conversation.Query{}) {
		if err != nil {
			return err
		}
		t := truth[c.ID]
		if t.Handler.AIInvolved() {
			f.outcomes++
			f.outcomesRight += lo.Ternary[int64](c.Findings.Outcome.Kind == t.Outcome(), 1, 0)
		}
		if t.Escalated {
			f.reasons++
			f.reasonsRight += lo.Ternary[int64](c.Findings.Escalation.Primary == t.Reason, 1, 0)
		}
		if t.Question != "" {
			questions[c.UID().String()] = t.Question
		}
	}
	return b.readGaps(ctx, questions, gaps)
}
