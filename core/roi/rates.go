package roi

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/samber/lo"
)

// Source says where a value comes from.
type Source string

// SourceSet: told by the organisation. SourceMeasured: the topic's own contacts, 20 or more. SourceShrunk: the topic's
// contacts blended with the organisation's. SourceOrganisation: the organisation's contacts, as the topic has none.
// SourceDefault: a default stands in. SourceUnknown: there is none, not even a default.
const (
	SourceSet          Source = "set"
	SourceMeasured     Source = "measured"
	SourceShrunk       Source = "shrunk"
	SourceOrganisation Source = "organisation"
	SourceDefault      Source = "default"
	SourceUnknown      Source = "unknown"
)

// HumanCost is what an organisation tells about its people. Nil is unknown.
type HumanCost struct {
	// Hourly is the loaded cost of one agent hour. Unknown, it defaults to 29.25 in USD and to nothing elsewhere.
	Hourly *money.Micro
	// HandleSeconds is the mean handle time while fewer than 20 contacts are measured. Unknown, it defaults to 480.
	HandleSeconds *float64
}

// Handle holds the additive sums of measured handle times in whole seconds: how many, their sum, and the sum of their
// squares (nil is 0). The times are winsorised before they are added up.
type Handle struct {
	N, Sum  int64
	Squares *big.Int
}

// Plus adds two sums.
func (h Handle) Plus(o Handle) Handle {
	return Handle{h.N + o.N, h.Sum + o.Sum, new(big.Int).Add(h.squares(), o.squares())}
}

func (h Handle) squares() *big.Int {
	if h.Squares == nil {
		return new(big.Int)
	}
	return h.Squares
}

// Mean is Sum / N, 0 without observations.
func (h Handle) Mean() money.Exact {
	if h.N <= 0 {
		return money.Exact{}
	}
	return money.Ratio(h.Sum, h.N)
}

// deviations is Σ (x − mean)², at least 0.
func (h Handle) deviations() float64 {
	if h.N < 2 {
		return 0
	}
	sum := big.NewInt(h.Sum)
	around := new(big.Rat).SetFrac(new(big.Int).Mul(sum, sum), big.NewInt(h.N))
	d, _ := new(big.Rat).Sub(new(big.Rat).SetInt(h.squares()), around).Float64()
	return max(d, 0)
}

// variance is the sample variance; there is none below two observations.
func (h Handle) variance() (float64, bool) {
	if h.N < 2 {
		return 0, false
	}
	return h.deviations() / float64(h.N-1), true
}

// TopicHandle is what was measured on one topic's conversations that only people handled.
type TopicHandle struct {
	Topic  string
	Handle Handle
}

// TopicRate is the handle time used for a topic.
type TopicRate struct {
	Topic   string
	Seconds money.Exact
	Source  Source
	// Handle is what was measured on this topic.
	Handle Handle
}

// Rates value a contact by its topic. A closed month keeps the rates it was closed with.
type Rates struct {
	// Hourly is nil when nothing is known about the organisation's people and its currency has no default.
	Hourly       *money.Micro
	HourlySource Source
	// Any is the rate of topics not listed: the organisation's mean, or what stands in for it.
	Any TopicRate
	// Topics is sorted by topic.
	Topics []TopicRate
}

// Learn derives the rates from what the organisation told and from its own human contacts. From 20 measured contacts on,
// a topic uses ShrinkHandle of its mean and the organisation's; below, every topic uses the time told, or the default. A
// negative hourly cost or handle time is an error.
func Learn(human HumanCost, currency string, measured []TopicHandle) (Rates, error) {
	if human.Hourly != nil && *human.Hourly < 0 {
		return Rates{}, fmt.Errorf("an hourly cost of %s cannot be", *human.Hourly)
	}
	rates := Rates{Hourly: human.Hourly, HourlySource: SourceSet}
	if human.Hourly == nil {
		rates.HourlySource = SourceUnknown
		if currency == DefaultHourlyCode {
			rates.Hourly, rates.HourlySource = lo.ToPtr(DefaultHourly), SourceDefault
		}
	}
	org := lo.Reduce(measured, func(sum Handle, t TopicHandle, _ int) Handle { return sum.Plus(t.Handle) }, Handle{})
	if org.N < Prior {
		standIn, err := standIn(human.HandleSeconds)
		standIn.Handle = org
		rates.Any = standIn
		return rates, err
	}
	rates.Any = TopicRate{Seconds: org.Mean(), Source: SourceOrganisation, Handle: org}
	for topic, parts := range lo.GroupBy(measured, func(t TopicHandle) string { return t.Topic }) {
		own := lo.Reduce(parts, func(sum Handle, t TopicHandle, _ int) Handle { return sum.Plus(t.Handle) }, Handle{})
		if own.N == 0 {
			continue
		}
		rates.Topics = append(rates.Topics, TopicRate{
			Topic: topic, Seconds: ShrinkHandle(own.N, own.Mean(), org.Mean()), Handle: own,
			Source: lo.Ternary(own.N >= Prior, SourceMeasured, SourceShrunk),
		})
	}
	slices.SortFunc(rates.Topics, func(a, b TopicRate) int { return strings.Compare(a.Topic, b.Topic) })
	return rates, nil
}

func standIn(told *float64) (TopicRate, error) {
	if told == nil {
		return TopicRate{Seconds: money.Whole(DefaultHandleSeconds), Source: SourceDefault}, nil
	}
	seconds, err := money.ParseExact(strconv.FormatFloat(*told, 'f', -1, 64))
	if err != nil || seconds.Sign() < 0 {
		return TopicRate{}, fmt.Errorf("a handle time of %v seconds cannot be", *told)
	}
	return TopicRate{Seconds: seconds, Source: SourceSet}, nil
}

// Of is the rate of a topic.
func (r Rates) Of(topic string) TopicRate {
	i, found := slices.BinarySearchFunc(r.Topics, topic, func(t TopicRate, topic string) int {
		return strings.Compare(t.Topic, topic)
	})
	if found {
		return r.Topics[i]
	}
	rate := r.Any
	rate.Topic, rate.Handle = topic, Handle{}
	return rate
}

// PerContact is the human cost of one contact on the topic, not rounded. ok is false when the hourly cost is unknown.
func (r Rates) PerContact(topic string) (cost money.Exact, ok bool) {
	return r.cost(r.Of(topic).Seconds)
}

func (r Rates) cost(seconds money.Exact) (money.Exact, bool) {
	if r.Hourly == nil {
		return money.Exact{}, false
	}
	return HumanTotal(r.Hourly.Exact(), []Credit{{Contacts: 1, MeanSeconds: seconds}}), true
}

// Text names the rate of a topic for people: "29.25/h × 480.000 s".
func (r Rates) Text(topic string) string {
	if r.Hourly == nil {
		return ""
	}
	return fmt.Sprintf("%s/h × %s s", r.Hourly, r.Of(topic).Seconds.Fixed(3))
}

// Confidence is low while a default stands in for the hourly cost or the handle time, or nothing can.
func (r Rates) Confidence() Confidence {
	if r.HourlySource == SourceSet && r.Any.Source != SourceDefault {
		return ""
	}
	return LowConfidence
}
