package storagetest

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// A journey is a long random sequence of calls of every port, in two organisations of one store, beside a model that
// keeps everything in maps and works every answer out anew. Each step is made of a number of its own and of what the
// steps before it left, so that a journey that fails can be made shorter: steps are left out as long as it still fails.
//
// The suite makes a few short ones. CSM_TEST_SEEDS=1-1000 makes those of other seeds too, CSM_TEST_STEPS=400 longer
// ones; CSM_TEST_SEEDS=17 makes one again.

const (
	seedsVariable = "CSM_TEST_SEEDS"
	stepsVariable = "CSM_TEST_STEPS"
	// shortJourney is how many steps the suite's own journeys have.
	shortJourney = 120
)

func journeyCases() []Case {
	all := func(run func(seed uint64) error) error {
		for seed := range uint64(3) {
			if err := run(seed); err != nil {
				return fmt.Errorf("seed %d: %w", seed, err)
			}
		}
		return nil
	}
	return []Case{
		{
			About: apply, Sentence: "every port answers as a model in maps does, whatever calls came before",
			Reason: "each feature is tried alone, and people use them together",
			Check: func(ctx context.Context, s port.Storage) error {
				f := fellowship{stores: []port.Storage{s}}
				return all(func(seed uint64) error { return f.travel(ctx, seed, shortJourney) })
			},
		},
		{
			About: apply, Sentence: "every port answers as a model in maps does, also when the store is opened again midway",
			Reason: "what is only in memory is missed after a restart",
			Reopen: func(ctx context.Context, s port.Storage, again func() port.Storage) error {
				f := fellowship{stores: []port.Storage{s}, again: again}
				return all(func(seed uint64) error { return f.travel(ctx, 100+seed, shortJourney) })
			},
		},
		{
			About: apply, Sentence: "every port answers as a model in maps does, whichever of two processes is asked",
			Reason: "what one process remembers may be what another has changed",
			Second: func(ctx context.Context, first, second port.Storage) error {
				f := fellowship{stores: []port.Storage{first, second}}
				return all(func(seed uint64) error { return f.travel(ctx, 200+seed, shortJourney) })
			},
		},
	}
}

// fellowship is the stores of a journey: one or several on the same data, or one that can be opened again.
type fellowship struct {
	stores []port.Storage
	again  func() port.Storage
	// made is how many organisations journeys have made in the stores.
	made int
}

// travel makes the journey of a seed. Of one that fails it tells the shortest that fails too.
func (f *fellowship) travel(ctx context.Context, seed uint64, steps int) error {
	numbers := make([]uint64, steps)
	g := newGen(seed)
	for i := range numbers {
		numbers[i] = g.Uint64()
	}
	err := f.journey(ctx, numbers)
	for part := len(numbers) / 2; err != nil && part > 0 && ctx.Err() == nil; part /= 2 {
		for at := 0; at < len(numbers) && ctx.Err() == nil; {
			fewer := slices.Delete(slices.Clone(numbers), at, min(at+part, len(numbers)))
			if failed := f.journey(ctx, fewer); failed != nil && ctx.Err() == nil {
				numbers, err = fewer, failed
				continue
			}
			at += part
		}
	}
	return err
}

// weather raises a storm in a new organisation.
func (f *fellowship) weather(ctx context.Context, seed uint64) error {
	f.made++
	r, err := enter(ctx, f.stores[0], f.made)
	if err != nil {
		return err
	}
	return r.storm(seed, f.stores...)
}

// longJourneys makes the journeys of the seeds that the environment names, each on a store of its own.
func longJourneys(t *testing.T, open func(t *testing.T) port.Storage, o Options) {
	t.Helper()
	first, last, ok := strings.Cut(os.Getenv(seedsVariable), "-")
	if first == "" {
		return
	}
	if !ok {
		last = first
	}
	from, err := strconv.ParseUint(first, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", seedsVariable, err)
	}
	to, err := strconv.ParseUint(last, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", seedsVariable, err)
	}
	steps := shortJourney
	if n := os.Getenv(stepsVariable); n != "" {
		if steps, err = strconv.Atoi(n); err != nil {
			t.Fatalf("%s: %v", stepsVariable, err)
		}
	}
	for seed := from; seed <= to; seed++ {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), 5*Patience)
			defer cancel()
			var f fellowship
			switch {
			case o.Second != nil && seed%3 == 2:
				a, b := o.Second(t)
				f.stores = []port.Storage{a, b}
			case o.Reopen != nil && seed%3 == 1:
				s, again := o.Reopen(t)
				f.stores, f.again = []port.Storage{s}, again
			default:
				f.stores = []port.Storage{open(t)}
			}
			for _, run := range []func() error{
				func() error { return f.travel(ctx, seed, steps) },
				func() error { return f.weather(ctx, seed) },
			} {
				if err := guard(run); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// journey is a store on its way, and what must be in it.
type journey struct {
	*fellowship
	gen
	rooms  []*abode
	keys   map[string]tenant.APIKey
	leases map[string]lease
	// now only goes forward.
	now time.Time
	log []string
	// tag tells what all organisations share from that of other journeys.
	tag int
}

// abode is an organisation of a journey: what a room knows of conversations, and everything else.
type abode struct {
	*room
	number int
	told   tenant.Org
	// seqs are the numbers of the versions, newest that of the last.
	seqs   map[uid]int64
	newest int64
	sent   []sent
	tokens map[string]effectOf
	// seen are versions as they were at some time.
	seen    []conversation.Conversation
	gaps    gapBook
	cursors map[string]string
	ledger  ledgerBook
}

type lease struct {
	holder string
	until  time.Time
}

// sent is a request that may be sent again.
type sent struct {
	patch conversation.Patch
	once  *conversation.Once
}

type effectOf struct {
	body   [32]byte
	at     time.Time
	effect conversation.Effect
}

// journey makes the steps of some numbers in two new organisations.
func (f *fellowship) journey(ctx context.Context, numbers []uint64) error {
	j := &journey{fellowship: f, gen: newGen(0), keys: map[string]tenant.APIKey{}, leases: map[string]lease{}, now: noon.Add(500 * time.Hour), tag: f.made}
	for range 2 {
		f.made++
		j.rooms = append(j.rooms, newAbode(ctx, f.made))
	}
	for _, r := range j.rooms {
		if err := f.stores[0].Orgs.Create(ctx, r.told); err != nil {
			return fmt.Errorf("Orgs.Create: %w", err)
		}
	}
	for _, n := range numbers {
		j.gen = newGen(n)
		if err := guard(j.step); err != nil {
			return fmt.Errorf("after %d steps (%s): %w", len(j.log), strings.Join(j.log, "; "), err)
		}
	}
	for _, r := range j.rooms {
		j.at(r)
		if err := first(r.everything, func() error { return j.seesGaps(r) }); err != nil {
			return fmt.Errorf("in the end, after %d steps (%s): %w", len(j.log), strings.Join(j.log, "; "), err)
		}
	}
	return nil
}

func newAbode(ctx context.Context, n int) *abode {
	return &abode{
		room: &room{ctx, port.Storage{}, orgID(n), newModel()}, number: n, told: organisation(n), seqs: map[uid]int64{},
		tokens: map[string]effectOf{}, gaps: newGapBook(), cursors: map[string]string{}, ledger: newLedgerBook(orgID(n)),
	}
}

// at goes into an organisation by way of one of the stores.
func (j *journey) at(r *abode) *abode {
	r.s = one(j.gen, j.stores...)
	return r
}

// step does something and then looks at something.
func (j *journey) step() error {
	j.now = j.now.Add(one(j.gen, 0, time.Microsecond, time.Minute, 20*time.Minute, 5*time.Hour, 13*time.Hour))
	place := j.IntN(4) / 3
	r := j.at(j.rooms[place])
	do := j.choose(writes)
	j.log = append(j.log, fmt.Sprintf("%s in %d", do.name, r.number))
	if err := do.run(j, r); err != nil {
		return fmt.Errorf("%s: %w", do.name, err)
	}
	for range 1 + j.IntN(3) {
		look := j.choose(reads)
		if err := look.run(j, j.at(j.rooms[place])); err != nil {
			return fmt.Errorf("%s: %w", look.name, err)
		}
	}
	return nil
}

// act is something that may happen, so many times as often as others.
type act struct {
	name   string
	weight int
	run    func(j *journey, r *abode) error
}

func (j *journey) choose(from []act) act {
	all := 0
	for _, a := range from {
		all += a.weight
	}
	n := j.IntN(all)
	for _, a := range from {
		if n -= a.weight; n < 0 {
			return a
		}
	}
	panic("unreachable")
}

// moment is an instant at an edge of something that time is cut into, or a microsecond beside it.
func (g gen) moment() time.Time {
	day := g.IntN(70) - 6
	at := noon.Add(time.Duration(day) * 24 * time.Hour)
	switch g.IntN(9) {
	case 0:
		at = at.Truncate(7 * 24 * time.Hour)
	case 1:
		at = at.Add(time.Duration(g.IntN(24)) * time.Hour).Truncate(6 * time.Hour)
	case 2:
		at = at.Add(time.Duration(g.IntN(24)) * time.Hour)
	case 3:
		at = at.Add(time.Duration(g.IntN(24*4)) * metric.Quarter)
	case 4, 5:
		zone := location(one(g, zones...))
		d := one(g, at, time.Date(2025, 3, 9, 12, 0, 0, 0, time.UTC), time.Date(2025, 3, 30, 12, 0, 0, 0, time.UTC), time.Date(2025, 4, 6, 12, 0, 0, 0, time.UTC))
		at = metric.StartOfDay(d.Year(), d.Month(), d.Day(), zone).Add(time.Duration(g.IntN(5)) * 30 * time.Minute)
	case 6:
		at = one(g, conversation.MinTime, time.Date(2024, 11, 3, 6, 0, 0, 0, time.UTC), time.Date(2025, 10, 26, 1, 0, 0, 0, time.UTC), noon, noon)
	default:
		return at.Add(time.Duration(g.Int64N(int64(24*time.Hour/time.Microsecond))) * time.Microsecond)
	}
	return at.Add(time.Duration(g.IntN(3)-1) * time.Duration(g.IntN(2)) * time.Microsecond)
}
