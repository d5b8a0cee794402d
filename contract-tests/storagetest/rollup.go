package storagetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

const rollup = "Rollups.Rollup"

// zones have offsets of half and quarter hours, and clocks that change; one has days that begin at one o'clock.
var zones = []string{"UTC", "Asia/Kolkata", "Asia/Kathmandu", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana"}

func location(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err) // the machine has no time zones
	}
	return zone
}

func rollupCases() []Case {
	return []Case{
		{
			About: rollup, Sentence: "an empty store has no cells",
			Reason: "nothing and zero are different answers",
			Check:  in(func(r *room) error { return r.cells() }),
		},
		{
			About: rollup, Sentence: "equals the fold for any window, ragged ends too",
			Reason: "a figure that depends on how it was stored cannot be believed",
			Check:  filled(150, 60*24*time.Hour, func(r *room) error { return r.windows(newGen(50), 60) }),
		},
		{
			About: rollup, Sentence: "equals the fold for every grouping and filter",
			Reason: "the parts of a figure must add up to it",
			Check:  filled(120, 40*24*time.Hour, groupings),
		},
		{
			About: rollup, Sentence: "days are local, of 23 and 25 hours too",
			Reason: "a day's figure is what happened on that day where the people are",
			Check:  filled(150, 60*24*time.Hour, days),
		},
		{
			About: rollup, Sentence: "a part of a local day is of that day, however little of it is left out",
			Reason: "some of today would be told as yesterday's, or tomorrow as less than nothing",
			Check:  filled(250, 10*24*time.Hour, partsOfDays),
		},
		{
			About: rollup, Sentence: "equals the fold where thousands of conversations on thousands of topics began in a quarter hour",
			Reason: "what is kept of so many is read and written in pieces",
			Check:  in(multitude),
		},
		{
			About: rollup, Sentence: "a conversation that starts at a window's start is in it, one at its end is not",
			Reason: "neighbouring windows would count it twice or never",
			Check:  in(edges),
		},
		{
			About: rollup, Sentence: "a new version takes the old one's part away from every cell",
			Reason: "a late rating would count a conversation twice",
			Check:  in(moves),
		},
		{
			About: rollup, Sentence: "equals the fold after deletions and expiries, to the instant",
			Reason: "deleted conversations do not count, expired ones do",
			Check: filled(120, 40*24*time.Hour, func(r *room) error {
				return first(
					func() error { return r.erase(conversation.Query{Topic: ptr("billing")}) },
					func() error { return r.age(noon.Add(20*24*time.Hour), 1000) },
					func() error { return r.erase(conversation.Query{Customer: ptr("ann")}) },
					func() error { return r.windows(newGen(51), 40) },
				)
			}),
		},
	}
}

// windows compares random windows, alone and several at once: those of an answer often begin where others end.
func (r *room) windows(g gen, n int) error {
	for n > 0 {
		asked := make([]metric.Selection, min(n, 1+g.IntN(5)))
		for i := range asked {
			asked[i] = r.selection(g)
			if i > 0 && g.IntN(2) == 0 {
				asked[i].Window = asked[i-1].Window
			} else if i > 0 && g.IntN(2) == 0 {
				asked[i].Window = asked[i-1].Window.Previous()
			}
		}
		if err := r.rollup(asked...); err != nil {
			return err
		}
		n -= len(asked)
	}
	return nil
}

// selection asks for a random window; two in three ends fall close to where a conversation starts.
func (r *room) selection(g gen) metric.Selection {
	starts := []time.Time{noon}
	for _, c := range r.counted() {
		starts = append(starts, c.StartedAt)
	}
	slices.SortFunc(starts, time.Time.Compare)
	at := func() time.Time {
		switch g.IntN(3) {
		case 0:
			return noon.Add(time.Duration(g.Int64N(int64(70*24*time.Hour))) - 5*24*time.Hour).Truncate(metric.Quarter)
		case 1:
			return one(g, starts...).Add(time.Duration(g.IntN(3)-1) * time.Microsecond)
		default:
			return one(g, starts...).Add(time.Duration(g.IntN(1200)-600) * time.Second)
		}
	}
	a, b := at(), at()
	if b.Before(a) {
		a, b = b, a
	}
	s := metric.Selection{Window: metric.Window{Start: a, End: b, Zone: location(one(g, zones...))}, By: g.grouping(), Where: g.filter(), SumsOnly: g.IntN(2) == 0}
	if g.IntN(2) == 0 {
		s.Where = metric.Filter{}
	}
	return s
}

func (g gen) grouping() metric.Grouping {
	yes := func() bool { return g.IntN(2) == 0 }
	return metric.Grouping{Day: yes(), Topic: yes(), Priority: yes(), Handler: yes(), Platform: yes()}
}

func (g gen) filter() metric.Filter {
	var f metric.Filter
	if g.IntN(3) == 0 {
		f.Topic = ptr(one(g, "billing", "Billing", metric.UnknownTopic, "nothing"))
	}
	if g.IntN(3) == 0 {
		f.Priority = ptr(one(g, append(conversation.Priorities(), "")...))
	}
	if g.IntN(3) == 0 {
		f.Handler = one(g, conversation.Handlers()...)
	}
	if g.IntN(3) == 0 {
		f.Platform = one(g, conversation.Custom, conversation.Zendesk, conversation.SDK)
	}
	return f
}

func groupings(r *room) error {
	g := newGen(52)
	window := metric.Window{Start: noon.Add(37 * time.Hour), End: noon.Add(30*24*time.Hour + 7*time.Minute), Zone: time.UTC}
	for bits := range 32 {
		by := metric.Grouping{Day: bits&1 > 0, Topic: bits&2 > 0, Priority: bits&4 > 0, Handler: bits&8 > 0, Platform: bits&16 > 0}
		for _, where := range []metric.Filter{{}, g.filter(), g.filter()} {
			if err := r.rollup(metric.Selection{Window: window, By: by, Where: where}); err != nil {
				return err
			}
		}
	}
	return nil
}

// days asks for whole local days by day, in every zone, over the change of the clocks in March.
func days(r *room) error {
	for _, name := range zones {
		zone := location(name)
		start := metric.StartOfDay(2025, time.February, 10, zone)
		end := metric.StartOfDay(2025, time.April, 12, zone)
		for _, s := range []metric.Selection{
			{Window: metric.Window{Start: start, End: end, Zone: zone}, By: metric.Grouping{Day: true}},
			{Window: metric.Window{Start: start.Add(5 * time.Hour), End: end.Add(-26 * time.Hour), Zone: zone}, By: metric.Grouping{Day: true, Handler: true}},
		} {
			if err := r.rollup(s); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

// partsOfDays asks by day for windows in which no day begins.
func partsOfDays(r *room) error {
	for _, name := range zones {
		zone := location(name)
		for day := range 10 {
			start := metric.StartOfDay(2025, time.February, 17+day, zone)
			for _, by := range []metric.Grouping{{Day: true}, {Day: true, Topic: true, Handler: true}} {
				morning := metric.Window{Start: start.Add(20*time.Minute + time.Second), End: start.Add(13 * time.Hour), Zone: zone}
				evening := metric.Window{Start: start.Add(7 * time.Hour), End: start.Add(22 * time.Hour), Zone: zone}
				if err := r.rollup(metric.Selection{Window: morning, By: by}, metric.Selection{Window: evening, By: by}); err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
			}
		}
	}
	return nil
}

func edges(r *room) error {
	stamp := conversation.Stamp{Trust: conversation.Signed, At: noon}
	instants := []time.Duration{-time.Microsecond, 0, time.Microsecond, metric.Quarter - time.Microsecond, metric.Quarter, time.Hour}
	for i, d := range instants {
		messages := []conversation.Message{{Sender: conversation.Customer, Content: "hello", At: noon.Add(d)}}
		if err := r.put(conversation.NewPatch(key(r.org, i), conversation.Facts{}, messages, stamp, noon)); err != nil {
			return err
		}
	}
	for _, from := range instants {
		for _, to := range instants {
			w := metric.Window{Start: noon.Add(from), End: noon.Add(to)}
			later, longer := w, w // between two microseconds, as somebody may ask
			later.Start, longer.End = w.Start.Add(time.Nanosecond), w.End.Add(time.Nanosecond)
			if err := r.rollup(metric.Selection{Window: w}, metric.Selection{Window: later}, metric.Selection{Window: longer}); err != nil {
				return err
			}
		}
	}
	return nil
}

// multitude puts more conversations into a quarter hour than fit into one piece of anything, twice, and takes some away.
func multitude(r *room) error {
	g := newGen(53)
	arrive := func(first, n int) func() error {
		return func() error {
			var patches []conversation.Patch
			for i := range n {
				at := noon.Add(time.Duration(g.IntN(900_000_000)) * time.Microsecond)
				stamp := conversation.Stamp{Trust: conversation.Signed, At: at}
				facts := conversation.Facts{
					CreatedAt: conversation.State(&at, stamp), Topic: conversation.State(ptr(fmt.Sprint("topic ", g.IntN(3000))), stamp),
					Priority: maybe(g, stamp, conversation.Priorities()...), HandleSeconds: maybe(g, stamp, 60, 600.0),
				}
				patches = append(patches, conversation.NewPatch(key(r.org, first+i), facts, nil, stamp, noon))
			}
			return r.put(patches...)
		}
	}
	look := func() error {
		sums := []metric.Selection{{Window: always}}
		for _, from := range []time.Duration{0, time.Second} {
			for _, by := range []metric.Grouping{{Topic: true}, {Topic: true, Priority: true, Day: true}} {
				w := metric.Window{Start: noon.Add(from), End: noon.Add(14*time.Minute + 59*time.Second), Zone: location("Asia/Kathmandu")}
				sums = append(sums, metric.Selection{Window: w, By: by, SumsOnly: from == 0})
			}
		}
		return r.rollup(sums...)
	}
	return first(
		arrive(0, 4000), arrive(4000, 4300), look,
		func() error { return r.erase(conversation.Query{Priority: ptr(conversation.High)}) },
		func() error { return r.age(noon.Add(5*time.Minute), 1200) },
		arrive(9000, 100),
		func() error { return r.rezone("Asia/Kathmandu") }, look,
		arrive(9100, 100), look,
	)
}

// rezone moves the organisation, whose days then begin at other times.
func (r *room) rezone(zone string) error {
	_, err := r.s.Orgs.Update(r, r.org, func(o tenant.Org) (tenant.Org, error) {
		o.Settings.TimeZone = zone
		return o, nil
	})
	return err
}

// moves changes everything a cell's key and values are made of, one after the other.
func moves(r *room) error {
	stamp := func(i int) conversation.Stamp {
		return conversation.Stamp{Trust: conversation.Signed, At: noon.Add(time.Duration(i) * time.Minute)}
	}
	facts := []conversation.Facts{
		{Topic: conversation.State(ptr("billing"), stamp(0))},
		{Topic: conversation.State(ptr("shipping"), stamp(1))},
		{Priority: conversation.State(ptr(conversation.High), stamp(2))},
		{Rating: conversation.State(&conversation.Rating{Score: 2, Scale: conversation.Native5}, stamp(3))},
		{Rating: conversation.State(&conversation.Rating{Score: 5, Scale: conversation.Native5}, stamp(4))},
		{Escalated: conversation.State(ptr(true), stamp(5))},
		{Escalated: conversation.State(ptr(false), stamp(6))},
		{HandleSeconds: conversation.State(ptr(600.0), stamp(7))},
		{CreatedAt: conversation.State(ptr(noon.Add(-50*time.Hour)), stamp(8))},
		{},
	}
	messages := []conversation.Message{
		{Sender: conversation.Customer, Content: "earlier", At: noon.Add(-100 * time.Hour)},
		{Sender: conversation.AI, Content: "answer", At: noon.Add(-99 * time.Hour)},
		{Sender: conversation.HumanAgent, Content: "person", At: noon.Add(-98 * time.Hour)},
	}
	for i, f := range facts {
		var said []conversation.Message
		if i == len(facts)-1 {
			said = messages
		}
		if err := r.put(conversation.NewPatch(key(r.org, 1), f, said, stamp(i), noon)); err != nil {
			return err
		}
		if err := r.everything(); err != nil {
			return fmt.Errorf("after change %d: %w", i, err)
		}
		if err := r.rollup(metric.Selection{Window: metric.Window{Start: noon.Add(-120 * time.Hour), End: noon.Add(-time.Hour)}}); err != nil {
			return fmt.Errorf("after change %d: %w", i, err)
		}
	}
	return nil
}
