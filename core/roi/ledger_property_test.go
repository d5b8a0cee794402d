package roi_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/roi"
	"pgregory.net/rapid"
)

// drawEvents makes a history of three months: conversations that come, change, move, vanish and come again, in any
// order, and closes at any time after their month began.
func drawEvents(t *rapid.T) []roi.Event {
	periods := []roi.Period{"2026-01", "2026-02", "2026-03"}
	at := instant(t, "2026-01-02T00:00:00Z")
	closed := 0
	var events []roi.Event
	for range rapid.IntRange(0, 60).Draw(t, "events") {
		at = at.Add(time.Duration(rapid.Int64Range(0, 5*24).Draw(t, "hours")) * time.Hour)
		if closed < len(periods) && rapid.IntRange(0, 9).Draw(t, "close") == 0 {
			events = append(events, roi.Event{At: at, Close: &roi.Close{Period: periods[closed], Terms: drawTerms(t)}})
			closed++
			continue
		}
		e := roi.Entry{Ref: rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}).Draw(t, "ref"),
			Period: rapid.SampledFrom(periods).Draw(t, "period"), Topic: rapid.SampledFrom([]string{"x", "y"}).Draw(t, "topic"),
			Credited: rapid.Bool().Draw(t, "credited"), Gone: rapid.IntRange(0, 7).Draw(t, "gone") == 0}
		e.Usage = roi.Usage{Unreported: 1, TokensIn: rapid.Int64Range(0, 5000).Draw(t, "tokens"), TokenN: 1}
		if rapid.Bool().Draw(t, "reports") {
			e.Usage = roi.Usage{Reported: money.Micro(rapid.Int64Range(0, 3_000_000).Draw(t, "cost")), ReportedN: 1}
		}
		events = append(events, roi.Event{At: at, Entry: &e})
	}
	for ; closed < len(periods); closed++ {
		events = append(events, roi.Event{At: at, Close: &roi.Close{Period: periods[closed], Terms: drawTerms(t)}})
	}
	return events
}

func drawTerms(t *rapid.T) roi.Terms {
	hourly := money.Micro(rapid.Int64Range(0, 60_000_000).Draw(t, "hourly"))
	measured := []roi.TopicHandle{{Topic: "x", Handle: sums(rapid.SliceOfN(rapid.Int64Range(1, 900), 0, 30).Draw(t, "handle")...)}}
	rates, err := roi.Learn(roi.HumanCost{Hourly: &hourly}, "USD", measured)
	if err != nil {
		t.Fatal(err)
	}
	return roi.Terms{Rates: rates, Fee: money.Micro(rapid.Int64Range(0, 100_000_000).Draw(t, "fee")), Model: roi.CostModel{
		PerConversation: money.Micro(rapid.Int64Range(0, 1_000_000).Draw(t, "per conversation")),
		Tokens:          roi.TokenPrice{InputPerMillion: money.Ratio(rapid.Int64Range(0, 100).Draw(t, "price"), 3)}}}
}

// statement is what State says of a month's conversations at the month's terms.
func statement(t *rapid.T, entries []roi.Entry, terms roi.Terms) roi.Totals {
	in := roi.Inputs{Currency: "USD", Model: terms.Model, Fee: terms.Fee, Rates: &terms.Rates}
	for topic, es := range lo.GroupBy(entries, func(e roi.Entry) string { return e.Topic }) {
		c := roi.TopicCounts{Topic: topic, AIConversations: int64(len(es)), AIOnly: int64(len(es))}
		for _, e := range es {
			c.AssumedKept += lo.Ternary[int64](e.Credited, 1, 0)
			c.Usage.Reported += e.Usage.Reported
			c.Usage.Unreported += e.Usage.Unreported
			c.Usage.TokensIn += e.Usage.TokensIn
		}
		in.Topics = append(in.Topics, c)
	}
	s, err := roi.State(in)
	if err != nil {
		t.Fatal(err)
	}
	return roi.Totals{AICost: s.AICost, HumanCost: *s.Standard.HumanCost}
}

func total(t interface{ Fatal(...any) }, lines []roi.Line) roi.Totals {
	sum, err := roi.Total(lines)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func TestLedgerInvariants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t)
		b, err := roi.NewBook(org, "USD", time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		latest, frozen, corrections := map[string]roi.Entry{}, map[roi.Period][]roi.Line{}, map[roi.Period]int{}
		for _, e := range events {
			if e.Entry != nil {
				posted, err := b.Record(*e.Entry, e.At)
				if err != nil {
					t.Fatal(err)
				}
				latest[e.Entry.Ref] = *e.Entry
				for _, l := range posted {
					corrections[l.Origin()]++
				}
				if again, err := b.Record(*e.Entry, e.At); err != nil || len(again) != 0 {
					t.Fatalf("the same version again posts %q, %v", show(again), err)
				}
				continue
			}
			closing, err := b.Close(e.Close.Period, e.Close.Terms, e.At)
			if err != nil {
				t.Fatal(err)
			}
			month := lo.Filter(b.Lines(), func(l roi.Line, _ int) bool { return l.Period == e.Close.Period })
			frozen[e.Close.Period] = month
			// The month's own lines are exactly what a statement of its conversations says, and add up as exported.
			own := lo.Filter(month, func(l roi.Line, _ int) bool { return l.CorrectsPeriod == "" })
			inMonth := lo.Filter(lo.Values(latest), func(x roi.Entry, _ int) bool { return !x.Gone && x.Period == e.Close.Period })
			if got, want := total(t, own), statement(t, inMonth, e.Close.Terms); got != want {
				t.Fatalf("%s: ledger %+v, statement %+v", e.Close.Period, got, want)
			}
			checkExport(t, month, closing)
		}
		checkWhole(t, b, latest, frozen, corrections)
		again, err := roi.Replay(org, "USD", time.UTC, events)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(b.Lines(), again.Lines()); diff != "" || again.Head() != b.Head() {
			t.Fatalf("replayed otherwise: %s", diff)
		}
	})
}

func checkExport(t *rapid.T, month []roi.Line, closing roi.Closing) {
	export, err := roi.RoundForExport(month, "USD")
	if err != nil {
		t.Fatal(err)
	}
	var ai, human money.Micro
	for i, l := range month {
		if l.Kind.Base() == roi.HumanCostAvoided {
			human += export.Rounded[i]
		} else {
			ai += export.Rounded[i]
		}
	}
	wantAI, _ := closing.Totals.AICost.Round("USD")
	wantHuman, _ := closing.Totals.HumanCost.Round("USD")
	if ai != export.AICost || human != export.HumanCost || ai != wantAI || human != wantHuman {
		t.Fatalf("%s exports %s and %s, lines add up to %s and %s", closing.Period, export.AICost, export.HumanCost, ai, human)
	}
}

// checkWhole: closed months are as they were, the chain holds, months add up to the range, and for every month what was
// booked for it in all months is what its conversations now say, within a millionth for each correction.
func checkWhole(t *rapid.T, b *roi.Book, latest map[string]roi.Entry, frozen map[roi.Period][]roi.Line, corrections map[roi.Period]int) {
	lines := b.Lines()
	if head, err := roi.Verify(roi.Genesis(org), lines); err != nil || head != b.Head() {
		t.Fatalf("verify: %v", err)
	}
	var sum roi.Totals
	for p, was := range frozen {
		if diff := cmp.Diff(was, lo.Filter(lines, func(l roi.Line, _ int) bool { return l.Period == p })); diff != "" {
			t.Fatalf("closed month %s changed: %s", p, diff)
		}
	}
	for _, c := range b.Closings() {
		if err := roi.VerifyClosing(c, lines); err != nil {
			t.Fatal(err)
		}
		origin := lo.Filter(lines, func(l roi.Line, _ int) bool { return l.Origin() == c.Period })
		inMonth := lo.Filter(lo.Values(latest), func(e roi.Entry, _ int) bool { return !e.Gone && e.Period == c.Period })
		got, want := total(t, origin), statement(t, inMonth, c.Terms)
		for _, off := range []money.Micro{got.AICost - want.AICost, got.HumanCost - want.HumanCost} {
			if max(off, -off) > money.Micro(corrections[c.Period]) {
				t.Fatalf("%s: booked %+v, conversations say %+v after %d corrections", c.Period, got, want, corrections[c.Period])
			}
		}
	}
	for _, month := range lo.GroupBy(lines, func(l roi.Line) roi.Period { return l.Period }) {
		m := total(t, month)
		sum = roi.Totals{AICost: sum.AICost + m.AICost, HumanCost: sum.HumanCost + m.HumanCost}
	}
	if sum != total(t, lines) {
		t.Fatalf("months add up to %+v, the range is %+v", sum, total(t, lines))
	}
}

// In whatever order conversations arrive before the close, the same lines are booked.
func TestCloseDoesNotDependOnArrival(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms := drawTerms(t)
		entries := lo.Times(rapid.IntRange(0, 8).Draw(t, "n"), func(i int) roi.Entry {
			return roi.Entry{Ref: fmt.Sprint(i), Period: "2026-01", Topic: rapid.SampledFrom([]string{"x", "y"}).Draw(t, "topic"),
				Credited: rapid.Bool().Draw(t, "credited"), Usage: roi.Usage{Unreported: 1, TokensIn: rapid.Int64Range(0, 99).Draw(t, "in")}}
		})
		at := instant(t, "2026-01-05T00:00:00Z")
		ledger := func(order []roi.Entry) []roi.Line {
			events := lo.Map(order, func(e roi.Entry, _ int) roi.Event { return roi.Event{At: at, Entry: &e} })
			b, err := roi.Replay(org, "USD", time.UTC, append(events, roi.Event{At: at, Close: &roi.Close{Period: "2026-01", Terms: terms}}))
			if err != nil {
				t.Fatal(err)
			}
			return b.Lines()
		}
		if diff := cmp.Diff(ledger(entries), ledger(rapid.Permutation(entries).Draw(t, "order"))); diff != "" {
			t.Fatal(diff)
		}
	})
}
