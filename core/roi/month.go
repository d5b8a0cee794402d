package roi

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/money"
)

// Entry is what the ledger needs of one conversation, in its present version.
type Entry struct {
	Ref string
	// Period is the month of the organisation's calendar in which the conversation started.
	Period Period
	Topic  string
	// Credited says that the standard view credits the AI with it.
	Credited bool
	// Usage is what the AI cost or used; zero where the AI took no part.
	Usage Usage
	// Gone says that the conversation was deleted and counts for nothing any more.
	Gone bool
}

// Terms are the prices a month is closed with. They are kept with it, so that a later correction uses the same ones.
type Terms struct {
	Rates Rates
	Model CostModel
	// Fee is the platform's fee charged to the month.
	Fee money.Micro
}

// ErrRefTwice says that a month lists a conversation twice.
var ErrRefTwice = errors.New("a conversation is listed twice")

// Draft makes the lines of a month, not yet sealed: for every conversation what its AI cost, by model, and what people
// would have cost if it is credited; then the fee. Conversations come in the order of their refs. What costs nothing has
// no line; what costs less than a millionth may have one of 0. Every amount is a share of an exact total by largest remainder in millionths, so that the lines add up to what
// State says of the same conversations.
func Draft(period Period, currency string, entries []Entry, terms Terms) ([]Line, error) {
	entries = lo.Filter(entries, func(e Entry, _ int) bool { return !e.Gone })
	slices.SortStableFunc(entries, func(a, b Entry) int { return strings.Compare(a.Ref, b.Ref) })
	for i := 1; i < len(entries); i++ {
		if entries[i].Ref == entries[i-1].Ref {
			return nil, fmt.Errorf("%q: %w", entries[i].Ref, ErrRefTwice)
		}
	}
	byEntry, err := charged(entries, terms.Model)
	if err != nil {
		return nil, err
	}
	avoided, err := avoided(entries, terms.Rates)
	if err != nil {
		return nil, err
	}
	for i, line := range avoided {
		if line != nil {
			byEntry[i] = append(byEntry[i], *line)
		}
	}
	var drafts []Line
	for i, lines := range byEntry {
		drafts = append(drafts, lo.Map(lines, func(l Line, _ int) Line {
			l.Ref, l.Topic = entries[i].Ref, entries[i].Topic
			return l
		})...)
	}
	if terms.Fee != 0 {
		drafts = append(drafts, Line{Kind: PlatformFee, Ref: "fee:" + string(period), Amount: terms.Fee, Model: MonthlyFee,
			Rate: terms.Model.text(MonthlyFee)})
	}
	return lo.Map(drafts, func(l Line, _ int) Line {
		l.Period, l.Currency = period, currency
		return l
	}), nil
}

// charged is what the AI cost on each entry, a line for each model. Only token prices reach below the millionth.
func charged(entries []Entry, m CostModel) ([][]Line, error) {
	exact := lo.Map(entries, func(e Entry, _ int) money.Exact { return m.tokens(e.Usage) })
	tokens, _, err := money.Millionths(exact)
	if err != nil {
		return nil, err
	}
	out := make([][]Line, len(entries))
	texts := lo.SliceToMap([]Model{PerConversation, PerResolution, PerToken}, func(model Model) (Model, string) { return model, m.text(model) })
	for i, e := range entries {
		each, err1 := m.PerConversation.Mul(e.Usage.Unreported)
		resolved, err2 := m.PerResolution.Mul(e.Usage.UnreportedResolved)
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("%q: %w", e.Ref, err)
		}
		for _, c := range []struct {
			model  Model
			amount money.Micro
			due    bool
		}{
			{Reported, e.Usage.Reported, e.Usage.Reported != 0}, {PerConversation, each, each != 0},
			{PerResolution, resolved, resolved != 0}, {PerToken, tokens[i], exact[i].Sign() != 0},
		} {
			if c.due {
				out[i] = append(out[i], Line{Kind: AICost, Amount: c.amount, Model: c.model, Rate: texts[c.model]})
			}
		}
	}
	return out, nil
}

// avoided is the human cost of each credited entry, nil for the others: the topics' exact totals in millionths, spread
// evenly over the topic's entries, where the first ones take what does not divide.
func avoided(entries []Entry, rates Rates) ([]*Line, error) {
	credited := lo.Filter(entries, func(e Entry, _ int) bool { return e.Credited })
	counts := lo.CountValuesBy(credited, func(e Entry) string { return e.Topic })
	topics := lo.Keys(counts)
	slices.Sort(topics)
	totals, _, err := money.Millionths(lo.Map(topics, func(topic string, _ int) money.Exact {
		each, _ := rates.PerContact(topic)
		return each.Mul(money.Whole(int64(counts[topic])))
	}))
	if err != nil {
		return nil, err
	}
	type share struct {
		each, extra money.Micro
		rate        string
		due         bool
	}
	shares := map[string]*share{}
	for i, topic := range topics {
		n := money.Micro(counts[topic])
		each, _ := rates.PerContact(topic)
		shares[topic] = &share{totals[i] / n, totals[i] % n, rates.Text(topic), each.Sign() != 0}
	}
	return lo.Map(entries, func(e Entry, _ int) *Line {
		s := shares[e.Topic]
		if !e.Credited || !s.due {
			return nil
		}
		line := Line{Kind: HumanCostAvoided, Amount: s.each, Rate: s.rate}
		if s.extra > 0 {
			line.Amount++
			s.extra--
		}
		return &line
	}), nil
}

// text names the price behind a charge for people.
func (m CostModel) text(model Model) string {
	switch model {
	case PerConversation:
		return m.PerConversation.String() + " a conversation"
	case PerResolution:
		return m.PerResolution.String() + " a resolution"
	case PerToken:
		return fmt.Sprintf("%s in, %s out per million tokens", m.Tokens.InputPerMillion.Fixed(6), m.Tokens.OutputPerMillion.Fixed(6))
	case MonthlyFee:
		return m.MonthlyFee.String() + " a month"
	}
	return ""
}

// Correct makes the drafts that bring closed months in line with the present version of a conversation, booked in the
// open month. booked is every line of the conversation so far; terms gives what a month was closed with, and false for
// months that are open, whose conversations are booked when they are closed. A line that no longer holds is reversed, a
// new one is posted at the prices of its own month, and a line that still holds is left alone: a credit is not valued
// again because rates have changed since. Nothing to correct makes no drafts.
func Correct(booked []Line, now Entry, open Period, currency string, terms func(Period) (Terms, bool)) ([]Line, error) {
	var wanted []Line
	if t, closed := terms(now.Period); closed {
		t.Fee = 0
		lines, err := Draft(now.Period, currency, []Entry{now}, t)
		if err != nil {
			return nil, err
		}
		wanted = lines
	}
	var drafts []Line
	for _, old := range unreversed(booked) {
		_, i, holds := lo.FindIndexOf(wanted, func(l Line) bool { return l.sameClaim(old) })
		if holds {
			wanted = slices.Delete(wanted, i, i+1)
			continue
		}
		drafts = append(drafts, old.reversal(open))
	}
	for _, l := range wanted {
		l.CorrectsPeriod, l.Period = l.Period, open
		drafts = append(drafts, l)
	}
	return drafts, nil
}

// sameClaim reports whether l says of a conversation what old, already booked, says. Amounts reckoned from prices may
// differ by the millionth that largest remainders hand out.
func (l Line) sameClaim(old Line) bool {
	if l.Kind != old.Kind || l.Topic != old.Topic || l.Model != old.Model || l.Origin() != old.Origin() {
		return false
	}
	if l.Model == Reported {
		return l.Amount == old.Amount
	}
	return l.Amount-old.Amount <= 1 && old.Amount-l.Amount <= 1
}
