package app

import (
	"container/heap"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/samber/lo"
	"go.uber.org/fx"

	"github.com/csm-monitor/csm-monitor/app/config"
	"github.com/csm-monitor/csm-monitor/core/monitor"
	"github.com/csm-monitor/csm-monitor/core/simulate"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// demoFlag asks for the demo. It is no setting: no variable may turn a server into one that keeps nothing.
const demoFlag = "--demo"

// withDemo takes the demo's flag out of the arguments. With it the program serves a made-up organisation from memory.
func (p Program) withDemo(args []string) (Program, []string) {
	if p.Name != ServerProgram().Name || !slices.Contains(args, demoFlag) {
		return p, args
	}
	p.Graph = Demo
	return p, append(lo.Without(args, demoFlag), "--storage", "memory://")
}

// Demo is a server with a living example organisation: its last two months are there when it starts, and new
// conversations come in while it runs. With any store but one in memory it refuses to start.
func Demo(cfg config.Config) fx.Option {
	if scheme := cfg.Storage.Scheme(); scheme != "memory" {
		return fx.Error(fmt.Errorf("the demo keeps nothing and so needs memory://, not %s://", scheme))
	}
	return fx.Options(
		fx.Provide(newDemo),
		fx.Invoke(func(lc fx.Lifecycle, d *demo) { lc.Append(fx.StartHook(d.begin)) }),
		Server(cfg),
		fx.Invoke(func(lc fx.Lifecycle, d *demo) {
			lc.Append(fx.StartHook(d.tell))
			inBackground(lc, d.live)
		}),
	)
}

// What the demo organisation has behind it when it starts, and how often something new happens.
const (
	demoSeed  = 2
	demoDays  = 61
	demoFall  = 6 * 24 * time.Hour // how long ago satisfaction fell
	demoEvery = 15 * time.Second
	demoBatch = 250
)

type demo struct {
	welcome   *welcome
	monitor   *monitor.Monitor
	clock     func() time.Time
	out       Output
	log       *slog.Logger
	generator *simulate.Generator
	org       tenant.ID
	// waiting are deliveries under way.
	waiting deliveries
	// told is how many conversations there were at the start.
	told int
}

func newDemo(w *welcome, m *monitor.Monitor, clock func() time.Time, o Output, log *slog.Logger) *demo {
	return &demo{welcome: w, monitor: m, clock: clock, out: o, log: log}
}

// begin fills the store with what has happened so far.
func (d *demo) begin(ctx context.Context) error {
	if err := d.welcome.prepare(ctx); err != nil {
		return err
	}
	org, found, err := d.welcome.organisation(ctx)
	if err != nil || !found {
		return fmt.Errorf("the demo's organisation cannot be found: %w", err)
	}
	d.org = org.ID
	now := d.clock().UTC()
	plan := simulate.NewPlan(demoSeed, now.AddDate(0, 0, -demoDays+1), demoDays)
	plan.Drop = &simulate.Drop{At: now.Add(-demoFall).Truncate(24 * time.Hour), By: 0.6}
	if _, err := d.monitor.UpdateSettings(ctx, d.org, plan.Settings); err != nil {
		return err
	}
	d.generator = simulate.New(plan)
	var past deliveries
	for range demoDays {
		cases, made := d.generator.Day()
		// Of conversations that have not begun nothing is known; the rest of today is made up as it comes.
		begun := lo.SliceToMap(cases, func(c simulate.Case) (string, bool) { return c.ID, !c.Start.After(now) })
		d.told += lo.CountBy(cases, func(c simulate.Case) bool { return begun[c.ID] })
		for _, x := range made {
			switch {
			case begun[x.Case] && !x.At.After(now):
				past = append(past, x)
			case begun[x.Case]:
				heap.Push(&d.waiting, x)
			}
		}
	}
	slices.SortStableFunc(past, func(a, b simulate.Delivered) int { return a.At.Compare(b.At) })
	for _, some := range lo.Chunk(past, demoBatch) {
		if err := d.ingest(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) ingest(ctx context.Context, some []simulate.Delivered) error {
	results, err := d.monitor.Ingest(ctx, lo.Map(some, func(x simulate.Delivered, _ int) monitor.Arrival {
		return monitor.Arrival{Patch: x.Patch(d.org)}
	}))
	if err != nil {
		return err
	}
	for _, r := range results {
		if r.Err != nil {
			return r.Err
		}
	}
	return nil
}

// tell says what there is to look at.
func (d *demo) tell() error {
	_, err := fmt.Fprintf(d.out.Out, `This is a demo: a made-up online shop with %d conversations of the last %d days, a new one
every %d seconds, and satisfaction that fell six days ago. Nothing is kept when it stops.

`, d.told, demoDays, int(demoEvery/time.Second))
	return err
}

// live begins a new conversation every now and then and delivers what is under way, until ctx ends.
func (d *demo) live(ctx context.Context) {
	next := d.clock().Add(demoEvery)
	for {
		wake := next
		if len(d.waiting) > 0 && d.waiting[0].At.Before(wake) {
			wake = d.waiting[0].At
		}
		if pause(ctx, wake.Sub(d.clock())) != nil {
			return
		}
		now := d.clock()
		if !now.Before(next) {
			d.start(now)
			next = now.Add(demoEvery)
		}
		d.deliver(ctx, now)
	}
}

// start begins a conversation.
func (d *demo) start(now time.Time) {
	_, made := d.generator.At(now)
	for _, x := range made {
		heap.Push(&d.waiting, x)
	}
}

// deliver takes in what has arrived by now.
func (d *demo) deliver(ctx context.Context, now time.Time) {
	for len(d.waiting) > 0 && !d.waiting[0].At.After(now) {
		x := heap.Pop(&d.waiting).(simulate.Delivered)
		if err := d.ingest(ctx, []simulate.Delivered{x}); err != nil && ctx.Err() == nil {
			d.log.Warn("a demo conversation was not taken in", "conversation", x.Case, "error", err)
		}
	}
}

// deliveries is a heap by the time of arrival.
type deliveries []simulate.Delivered

func (h deliveries) Len() int           { return len(h) }
func (h deliveries) Less(i, j int) bool { return h[i].At.Before(h[j].At) }
func (h deliveries) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *deliveries) Push(x any)        { *h = append(*h, x.(simulate.Delivered)) }
func (h *deliveries) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
