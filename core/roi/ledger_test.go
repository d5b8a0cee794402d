package roi_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/roi"
	"pgregory.net/rapid"
)

var org = uuid.MustParse("6f1f6d7e-2f0b-4a55-9d6a-0d8f5b5d9a10")

func instant(t interface{ Fatal(...any) }, text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// flat are terms of 30 an hour, 480 s a contact, 0.99 a resolution, 100 a month.
func flat(t interface{ Fatal(...any) }) roi.Terms {
	hourly, seconds := parse(t, "30"), 480.0
	rates, err := roi.Learn(roi.HumanCost{Hourly: &hourly, HandleSeconds: &seconds}, "USD", nil)
	if err != nil {
		t.Fatal(err)
	}
	return roi.Terms{Rates: rates, Model: roi.CostModel{PerResolution: parse(t, "0.99"), MonthlyFee: parse(t, "100")}, Fee: parse(t, "100")}
}

func resolved(ref string, period roi.Period) roi.Entry {
	return roi.Entry{Ref: ref, Period: period, Topic: "billing", Credited: true, Usage: roi.Usage{Unreported: 1, UnreportedResolved: 1}}
}

func book(t interface{ Fatal(...any) }) *roi.Book {
	b, err := roi.NewBook(org, "USD", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func show(lines []roi.Line) []string {
	return lo.Map(lines, func(l roi.Line, _ int) string {
		return fmt.Sprintf("%d %s %s %s %s %s", l.Seq, l.Period, l.Kind, l.Ref, l.Amount, l.CorrectsPeriod)
	})
}

func TestBookClosesAndCorrects(t *testing.T) {
	b := book(t)
	record := func(e roi.Entry, at string) {
		t.Helper()
		if _, err := b.Record(e, instant(t, at)); err != nil {
			t.Fatal(err)
		}
	}
	record(resolved("b", "2026-01"), "2026-01-20T00:00:00Z")
	record(resolved("a", "2026-01"), "2026-01-21T00:00:00Z")
	if len(b.Lines()) != 0 {
		t.Fatalf("an open month has lines: %q", show(b.Lines()))
	}
	closing, err := b.Close("2026-01", flat(t), instant(t, "2026-02-01T00:00:00Z"))
	if err != nil {
		t.Fatal(err)
	}
	if closing.Totals != (roi.Totals{AICost: parse(t, "101.98"), HumanCost: parse(t, "8")}) {
		t.Errorf("totals %+v", closing.Totals)
	}
	back := resolved("a", "2026-01")
	back.Credited = false // the customer returned
	record(back, "2026-02-02T08:00:00Z")
	record(back, "2026-02-03T08:00:00Z")                            // a replay
	record(resolved("late", "2026-01"), "2026-02-04T00:00:00Z")     // arrived after the close
	record(resolved("february", "2026-02"), "2026-02-05T00:00:00Z") // still open
	gone := resolved("b", "2026-01")
	gone.Gone = true
	record(gone, "2026-01-31T00:00:00Z") // a late message: its own month is closed, so the correction goes to February
	want := []string{
		"1 2026-01 ai_cost a 0.99 ", "2 2026-01 human_cost_avoided a 4 ", "3 2026-01 ai_cost b 0.99 ", "4 2026-01 human_cost_avoided b 4 ",
		"5 2026-01 platform_fee fee:2026-01 100 ",
		"6 2026-02 human_cost_avoided_reversal a -4 2026-01",
		"7 2026-02 ai_cost late 0.99 2026-01", "8 2026-02 human_cost_avoided late 4 2026-01",
		"9 2026-02 ai_cost_reversal b -0.99 2026-01", "10 2026-02 human_cost_avoided_reversal b -4 2026-01",
	}
	if diff := cmp.Diff(want, show(b.Lines())); diff != "" {
		t.Error(diff)
	}
	if head, err := roi.Verify(roi.Genesis(org), b.Lines()); err != nil || head != b.Head() {
		t.Errorf("verify: %v, %v", head, err)
	}
	if err := roi.VerifyClosing(closing, b.Lines()); err != nil {
		t.Errorf("the closed month: %v", err)
	}
}

func TestCorrectionsUseThePricesOfTheirMonth(t *testing.T) {
	b := book(t)
	credited := resolved("a", "2026-01")
	open := credited
	open.Credited = false
	steps := []roi.Event{
		{At: instant(t, "2026-01-05T00:00:00Z"), Entry: &open},
		{At: instant(t, "2026-02-01T00:00:00Z"), Close: &roi.Close{Period: "2026-01", Terms: flat(t)}},
	}
	dear := flat(t)
	hourly := parse(t, "60")
	dear.Rates.Hourly = &hourly
	steps = append(steps, roi.Event{At: instant(t, "2026-03-01T00:00:00Z"), Close: &roi.Close{Period: "2026-02", Terms: dear}},
		roi.Event{At: instant(t, "2026-03-02T00:00:00Z"), Entry: &credited})
	b, err := roi.Replay(org, "USD", time.UTC, steps)
	if err != nil {
		t.Fatal(err)
	}
	last, _ := lo.Last(b.Lines())
	if last.Kind != roi.HumanCostAvoided || last.Amount != parse(t, "4") || last.CorrectsPeriod != "2026-01" || last.Period != "2026-03" {
		t.Errorf("a credit found late: %q", show([]roi.Line{last}))
	}
}

func TestCloseKeepsOrder(t *testing.T) {
	b := book(t)
	at := instant(t, "2026-03-01T00:00:00Z")
	if _, err := b.Record(resolved("a", "2026-01"), at); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Close("2026-02", flat(t), at); !errors.Is(err, roi.ErrEarlierOpen) {
		t.Errorf("closing February first: %v", err)
	}
	for _, p := range []roi.Period{"2026-01", "2026-02"} {
		if _, err := b.Close(p, flat(t), at); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Close(p, flat(t), at); !errors.Is(err, roi.ErrClosed) {
			t.Errorf("closing %s twice: %v", p, err)
		}
	}
	for _, p := range []roi.Period{"2026-13", "", "26-01", "2026-1"} {
		if _, err := b.Close(p, flat(t), at); err == nil {
			t.Errorf("%q is closed", p)
		}
		if _, err := b.Record(resolved("x", p), at); err == nil {
			t.Errorf("a conversation in %q is recorded", p)
		}
	}
}

// Any change to any field of any line, a line left out, repeated or moved is found at the first line that is wrong.
func TestVerifyFindsEveryChange(t *testing.T) {
	b := book(t)
	for i := range 6 {
		if _, err := b.Record(resolved(fmt.Sprint("c", i), "2026-01"), instant(t, "2026-01-05T00:00:00Z")); err != nil {
			t.Fatal(err)
		}
	}
	closing, err := b.Close("2026-01", flat(t), instant(t, "2026-02-01T00:00:00Z"))
	if err != nil {
		t.Fatal(err)
	}
	first := func(lines []roi.Line) int {
		_, err := roi.Verify(roi.Genesis(org), lines)
		var bad *roi.BadLine
		if !errors.As(err, &bad) {
			return -1
		}
		return bad.Index
	}
	for i := range b.Lines() {
		for field := range reflect.TypeFor[roi.Line]().NumField() {
			lines := b.Lines()
			spoil(t, reflect.ValueOf(&lines[i]).Elem().Field(field))
			if got := first(lines); got != i {
				t.Errorf("line %d, field %s: found at %d", i, reflect.TypeFor[roi.Line]().Field(field).Name, got)
			}
		}
		without := append(b.Lines()[:i], b.Lines()[i+1:]...)
		if last := i == len(b.Lines())-1; !last && first(without) != i {
			t.Errorf("line %d left out: found at %d", i, first(without))
		}
		if err := roi.VerifyClosing(closing, without); err == nil {
			t.Errorf("line %d left out: the closing does not notice", i)
		}
	}
	if _, err := roi.Verify(roi.Genesis(uuid.Nil), b.Lines()); err == nil {
		t.Error("a ledger passes for another organisation's")
	}
}

func spoil(t *testing.T, field reflect.Value) {
	switch field.Kind() {
	case reflect.String:
		field.SetString(field.String() + "x")
	case reflect.Int64:
		field.SetInt(field.Int() + 1)
	case reflect.Array:
		field.Index(7).SetUint(field.Index(7).Uint() ^ 1)
	case reflect.Struct:
		field.Set(reflect.ValueOf(field.Interface().(time.Time).Add(time.Microsecond)))
	default:
		t.Fatalf("a field of kind %s", field.Kind())
	}
}

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
