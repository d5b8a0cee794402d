package sqlstore

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
)

// Zones with half and three-quarter hours, with days of 23, 24 and 25 hours, with a clock that goes back at midnight,
// and with a day that never was.
var zones = []string{
	"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Havana",
	"America/Sao_Paulo", "Pacific/Apia", "Africa/Casablanca", "America/St_Johns",
}

func drawZone(t *rapid.T, label string) *time.Location {
	zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, label))
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// TestPlanIsTheWindow: whatever the window, the zones and the grouping, every instant is counted once inside of the
// window and not at all outside.
func TestPlanIsTheWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := time.Date(rapid.SampledFrom([]int{2006, 2011, 2024}).Draw(t, "year"), time.Month(rapid.IntRange(1, 12).Draw(t, "month")), 1, 0, 0, 0, 0, time.UTC)
		instant := func(label string) time.Time {
			at := base.Add(time.Duration(rapid.Int64Range(0, 70*24*3600).Draw(t, label)) * time.Second)
			if rapid.Bool().Draw(t, label+" whole") {
				at = at.Truncate(metric.Quarter)
			}
			return at
		}
		sp := &space{zone: drawZone(t, "stored zone"), from: allComplete}
		switch rapid.IntRange(0, 3).Draw(t, "built") {
		case 0:
			sp.from = noneComplete
		case 1:
			sp.from = metric.LocalDay(instant("built from"), sp.zone).UnixMicro()
		}
		start, end := instant("start"), instant("end")
		if rapid.Bool().Draw(t, "short") { // so that no day may begin in it
			end = start.Add(time.Duration(rapid.Int64Range(0, 30*3600).Draw(t, "length")) * time.Second)
		}
		sel := metric.Selection{
			Window: metric.Window{Start: start, End: end, Zone: drawZone(t, "asked zone")},
			By: metric.Grouping{
				Day: rapid.Bool().Draw(t, "by day"), Topic: rapid.Bool().Draw(t, "by topic"), Priority: rapid.Bool().Draw(t, "by priority"),
				Handler: rapid.Bool().Draw(t, "by handler"),
			},
		}
		if rapid.Bool().Draw(t, "one platform") {
			sel.Where.Platform = conversation.Zendesk
		}
		pieces := plan(sel, sp)
		count := func(at time.Time) (n int) {
			for _, p := range pieces {
				if p.contains(at) {
					n++
					if p.minus {
						n -= 2
					}
				}
			}
			return n
		}
		check := func(at time.Time) {
			want := 0
			if sel.Window.Contains(at) {
				want = 1
			}
			if got := count(at); got != want {
				t.Fatalf("%s is counted %d times in %s to %s: %+v", at, got, sel.Window.Start, sel.Window.End, pieces)
			}
		}
		for _, p := range pieces {
			for _, at := range []time.Time{p.from, p.to, p.from.Add(-time.Microsecond), p.to.Add(-time.Microsecond)} {
				check(at)
			}
			if p.view != nil {
				checkCells(t, p, sel, sp)
			}
		}
		for range 20 {
			check(instant("any"))
		}
	})
}

// checkCells: a piece begins and ends with units of its view that are there, tells apart what is asked for, and no unit
// of it reaches over two days that are asked for.
func checkCells(t *rapid.T, p piece, sel metric.Selection, sp *space) {
	if !p.view.dims.has(need(sel)) {
		t.Fatalf("view %d lacks dimensions", p.view.number)
	}
	for _, at := range []time.Time{p.from, p.to} {
		bucket, ok := bucketOf(p.view, sp, at)
		if !ok && at.Equal(p.from) || ok && !bucket.Equal(at) {
			t.Fatalf("view %d has no unit that begins at %s", p.view.number, at)
		}
	}
	if !sel.By.Day {
		return
	}
	for at := p.from; at.Before(p.to); at = at.Add(metric.Quarter) {
		bucket, _ := bucketOf(p.view, sp, at)
		if !metric.LocalDay(at, sel.Window.Zone).Equal(metric.LocalDay(bucket, sel.Window.Zone)) {
			t.Fatalf("the unit of view %d at %s reaches over two days in %s", p.view.number, at, sel.Window.Zone)
		}
	}
}

// bucketOf is when the cell begins that an instant lies in.
func bucketOf(v *view, sp *space, at time.Time) (bucket time.Time, ok bool) {
	start, behind, ok := v.locate(sp, at)
	return micros(PackKey{Start: start}.bucket(cellKey{at: behind})), ok
}

// The store's own measure must stay clear of those of the core, and inside the table that sums are made in.
func TestTheStoresMeasureIsItsOwn(t *testing.T) {
	if longest := metric.LogCell(metric.ToEscalation, metric.MaxSeconds); longest >= expiredCount || expiredCount >= 8192 {
		t.Errorf("the core counts up to measure %d", longest)
	}
}

func TestTheVocabularyHasNumbers(t *testing.T) {
	known(t, platformCodes, conversation.Platforms())
	known(t, handlerCodes, conversation.Handlers())
	known(t, sentimentCodes, conversation.Sentiments())
	known(t, priorityCodes, conversation.Priorities())
	known(t, outcomeCodes, conversation.Outcomes())
	known(t, reasonCodes, conversation.Reasons())
}

func known[T ~string](t *testing.T, codes, words []T) {
	t.Helper()
	for _, w := range words {
		if n, ok := code(codes, w); !ok || decode(codes, n) != w {
			t.Errorf("%q has no number", w)
		}
	}
}

func BenchmarkPlan(b *testing.B) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		b.Fatal(err)
	}
	end := time.Date(2026, 3, 20, 13, 7, 42, 0, time.UTC)
	sel := metric.Selection{Window: metric.Window{Start: end.AddDate(0, 0, -30), End: end, Zone: zone}, By: metric.Grouping{Day: true}}
	sp := &space{zone: zone, from: allComplete}
	for b.Loop() {
		plan(sel, sp)
	}
}
