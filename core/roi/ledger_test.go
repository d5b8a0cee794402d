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

	"github.com/csm-monitor/csm-monitor/core/roi"
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
