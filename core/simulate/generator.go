package simulate

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
)

// Generator makes an organisation's days one after the other. It is not safe for concurrent use.
type Generator struct {
	plan     Plan
	r        *rand.Rand
	subjects map[string]subject
	day      int
	number   int
	// known are customers who have been here before.
	known []string
	// back are the returns that are due on a later day.
	back []beginning
}

// New starts at the plan's first day.
func New(p Plan) *Generator {
	g := &Generator{plan: p, r: rand.New(rand.NewPCG(p.Seed, 2)), subjects: map[string]subject{}}
	for _, s := range catalogue() {
		g.subjects[s.name] = s
	}
	return g
}

// Generate makes the whole organisation: the truth, and the deliveries in the order of their arrival.
func Generate(p Plan) (Truth, []Delivered) {
	truth := Truth{Plan: p}
	deliveries := slices.Collect(Stream(p, func(c Case) { truth.Cases = append(truth.Cases, c) }))
	return truth, deliveries
}

// Stream yields the deliveries in the order of their arrival without keeping those that have gone out. The truth about
// each conversation is told to learn, when it is not nil, before its first delivery.
func Stream(p Plan, learn func(Case)) iter.Seq[Delivered] {
	return func(yield func(Delivered) bool) {
		g := New(p)
		var waiting []Delivered
		for day := range p.Days {
			cases, deliveries := g.Day()
			for _, c := range cases {
				if learn != nil {
					learn(c)
				}
			}
			waiting = append(waiting, deliveries...)
			slices.SortStableFunc(waiting, func(a, b Delivered) int { return a.At.Compare(b.At) })
			// Nothing of a later day can arrive before that day begins.
			due := len(waiting)
			if day+1 < p.Days {
				begins := p.Start.AddDate(0, 0, day+1)
				due, _ = slices.BinarySearchFunc(waiting, begins, func(d Delivered, t time.Time) int { return d.At.Compare(t) })
			}
			for _, d := range waiting[:due] {
				if !yield(d) {
					return
				}
			}
			waiting = slices.Clone(waiting[due:])
		}
	}
}

// beginning is a conversation about to begin.
type beginning struct {
	at       time.Time
	customer string
	topic    int
	priority int
	// again says that it is a return, which nobody returns from once more.
	again bool
}

func (b beginning) compare(o beginning) int {
	return cmp.Or(b.at.Compare(o.at), cmp.Compare(b.customer, o.customer), cmp.Compare(b.topic, o.topic), cmp.Compare(b.priority, o.priority))
}

// Day makes the next day: what happened, in the order of the beginnings, and the deliveries of it, in no particular
// order; some arrive days later.
func (g *Generator) Day() ([]Case, []Delivered) {
	start := g.plan.Start.AddDate(0, 0, g.day)
	end := start.AddDate(0, 0, 1)
	g.day++
	due := g.arrivals(start)
	later := g.back[:0:0]
	for _, b := range g.back {
		if b.at.Before(end) {
			due = append(due, b)
		} else {
			later = append(later, b)
		}
	}
	g.back = later
	slices.SortFunc(due, beginning.compare)
	var cases []Case
	var deliveries []Delivered
	for i := 0; i < len(due); i++ {
		c, messages := g.conversation(due[i])
		cases = append(cases, c)
		deliveries = append(deliveries, g.deliver(c, messages)...)
		b, ok := g.returns(c, due[i])
		switch {
		case ok && b.at.Before(end):
			place, _ := slices.BinarySearchFunc(due[i+1:], b, beginning.compare)
			due = slices.Insert(due, i+1+place, b)
		case ok:
			g.back = append(g.back, b)
		}
	}
	return cases, deliveries
}

// At makes one conversation that begins at a time of the caller's choice, besides those of the days.
func (g *Generator) At(t time.Time) (Case, []Delivered) {
	c, messages := g.conversation(beginning{at: t.UTC().Truncate(time.Second), customer: g.customer(), topic: g.topic(), priority: g.priority()})
	return c, g.deliver(c, messages)
}

// hours is how the conversations of a day spread over its hours.
var hours = [24]float64{1, 1, 1, 1, 1, 2, 3, 5, 8, 10, 11, 11, 10, 10, 10, 9, 9, 8, 8, 7, 6, 4, 3, 2}

func (g *Generator) arrivals(start time.Time) []beginning {
	mean := g.plan.PerDay
	if d := start.Weekday(); d == time.Saturday || d == time.Sunday {
		mean /= 2
	}
	var out []beginning
	for range poisson(g.r, mean) {
		second := g.r.IntN(3600)
		out = append(out, beginning{
			at:       start.Add(time.Duration(pick(g.r, hours[:]))*time.Hour + time.Duration(second)*time.Second),
			customer: g.customer(), topic: g.topic(), priority: g.priority(),
		})
	}
	return out
}

// customer is mostly a new one, else one who has been here before.
func (g *Generator) customer() string {
	if len(g.known) > 0 && g.r.Float64() < 0.25 {
		return g.known[g.r.IntN(len(g.known))]
	}
	c := fmt.Sprintf("customer-%05d", len(g.known)+1)
	g.known = append(g.known, c)
	return c
}

func (g *Generator) topic() int {
	weights := make([]float64, len(g.plan.Topics))
	for i, t := range g.plan.Topics {
		weights[i] = t.Share
	}
	return pick(g.r, weights)
}

func (g *Generator) priority() int {
	weights := make([]float64, len(priorities))
	for i, p := range priorities {
		weights[i] = p.share
	}
	return pick(g.r, weights)
}

// returns decides whether the customer of a case is back on its topic.
func (g *Generator) returns(c Case, b beginning) (beginning, bool) {
	u := g.r.Float64()
	if b.again || c.Handler != conversation.AIOnly || u >= g.plan.Back72h+g.plan.Back7d {
		return beginning{}, false
	}
	after := between(g.r, time.Hour, 70*time.Hour)
	if u >= g.plan.Back72h {
		after = between(g.r, 74*time.Hour, 166*time.Hour)
	}
	b.at, b.again = c.End.Add(after), true
	return b, true
}

// Of the chances below none is part of the truth that is recovered.
const (
	greeted        = 0.30 // a bot greets before the customer writes
	declaredShare  = 0.30 // the client's own system names the reason
	flaggedShare   = 0.50 // the client sends its own flag for an escalation
	aiAfterHuman   = 0.04 // the AI adds something after a person
	withoutIDs     = 0.33 // messages come without ids of their own
	followUpChance = 0.25
)

// pick draws an index by weight.
func pick(r *rand.Rand, weights []float64) int {
	var sum float64
	for _, w := range weights {
		sum += w
	}
	u := r.Float64() * sum
	for i, w := range weights {
		if u -= w; u < 0 {
			return i
		}
	}
	return len(weights) - 1
}

func one(r *rand.Rand, of []string) string { return of[r.IntN(len(of))] }

func between(r *rand.Rand, low, high time.Duration) time.Duration {
	return (low + time.Duration(r.Float64()*float64(high-low))).Truncate(time.Second)
}

// poisson draws by counting exponential steps, in parts small enough for e^−mean.
func poisson(r *rand.Rand, mean float64) int {
	n := 0
	for mean > 0 {
		part := math.Min(mean, 100)
		mean -= part
		for p := r.Float64(); p > math.Exp(-part); p *= r.Float64() {
			n++
		}
	}
	return n
}

// seconds draws a working time with the given mean: log-normal with a spread of about 60 %.
func seconds(r *rand.Rand, mean float64) int {
	const sigma = 0.55
	return max(int(mean*math.Exp(sigma*r.NormFloat64()-sigma*sigma/2)), 20)
}
