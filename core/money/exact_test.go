package money_test

import (
	"encoding/json"
	"errors"
	"math/big"
	"testing"

	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/samber/lo"
	"pgregory.net/rapid"
)

func TestExactRoundsOnlyAtTheEnd(t *testing.T) {
	third, err := money.Whole(1).Div(money.Whole(3))
	if err != nil {
		t.Fatal(err)
	}
	if got := third.Add(third).Add(third).Fixed(6); got != "1.000000" {
		t.Errorf("three thirds are %s", got)
	}
	if _, err := third.Div(money.Exact{}); !errors.Is(err, money.ErrDivideByZero) {
		t.Errorf("a quotient by zero: %v", err)
	}
	for _, c := range []struct {
		num, den   int64
		even, away string
	}{
		{1, 20, "0.0", "0.1"}, {-1, 20, "0.0", "-0.1"}, {3, 20, "0.2", "0.2"}, {-3, 20, "-0.2", "-0.2"}, {25, 100, "0.2", "0.3"},
		{-25, 100, "-0.2", "-0.3"}, {-1, 100, "0.0", "0.0"}, {24, 100, "0.2", "0.2"}, {26, 100, "0.3", "0.3"}, {7, 1, "7.0", "7.0"},
	} {
		x := money.Ratio(c.num, c.den)
		if x.Fixed(1) != c.even || x.FixedAway(1) != c.away {
			t.Errorf("%s: half-even %s, half away %s; want %s, %s", x, x.Fixed(1), x.FixedAway(1), c.even, c.away)
		}
	}
}

func TestCeil(t *testing.T) {
	for _, c := range []struct{ num, den, want int64 }{{100000, 210, 477}, {100, 1, 100}, {0, 1, 0}, {-5, 2, -2}, {1, 1000, 1}} {
		if got, err := money.Ratio(c.num, c.den).Ceil(); err != nil || got != c.want {
			t.Errorf("⌈%d/%d⌉ = %d, %v; want %d", c.num, c.den, got, err, c.want)
		}
	}
	huge, err := money.ParseExact("1e30")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := huge.Ceil(); !errors.Is(err, money.ErrRange) {
		t.Errorf("1e30 as a count: %v", err)
	}
}

func TestExactReadsJSONFromItsText(t *testing.T) {
	var got []money.Exact
	if err := json.Unmarshal([]byte(`["0.1", 0.1, 1e2]`), &got); err != nil {
		t.Fatal(err)
	}
	want := []string{"1/10", "1/10", "100"}
	for i, x := range got {
		if x.String() != want[i] {
			t.Errorf("value %d is %s, want %s", i, x, want[i])
		}
	}
	for _, raw := range []string{`["1/0"]`, `["1/"]`, `["/2"]`, `["1/2/3"]`, `["x"]`, `[true]`, `[{}]`, `[""]`} {
		if err := json.Unmarshal([]byte(raw), &got); err == nil {
			t.Errorf("%s is read", raw)
		}
	}
}

func TestApportionExamples(t *testing.T) {
	for _, c := range []struct {
		currency string
		lines    []string
		want     []string
		total    string
	}{
		{"USD", []string{"33.333333", "33.333333", "33.333334"}, []string{"33.33", "33.33", "33.34"}, "100.00"},
		{"JPY", []string{"1000.4", "1000.4", "1000.4"}, []string{"1001", "1000", "1000"}, "3001"},
		{"USD", []string{"-0.005", "0.005"}, []string{"0.00", "0.00"}, "0.00"},
		{"USD", []string{"-1.234"}, []string{"-1.23"}, "-1.23"},
		{"USD", []string{"0.005"}, []string{"0.00"}, "0.00"},
		{"USD", nil, nil, "0.00"},
		{"KWD", []string{"0.0005", "0.0005", "0.0005"}, []string{"0.001", "0.001", "0.000"}, "0.002"},
	} {
		lines := lo.Map(c.lines, func(text string, _ int) money.Exact {
			x, err := money.ParseExact(text)
			if err != nil {
				t.Fatal(err)
			}
			return x
		})
		rounded, total, err := money.Apportion(lines, c.currency)
		if err != nil {
			t.Fatal(err)
		}
		for i, x := range rounded {
			if got, _ := x.Format(c.currency); got != c.want[i] {
				t.Errorf("%s: line %d is %s, want %s", c.lines, i, got, c.want[i])
			}
		}
		if got, _ := total.Format(c.currency); got != c.total || len(rounded) != len(c.want) {
			t.Errorf("%s: total %s, want %s", c.lines, got, c.total)
		}
	}
}

// Rounded lines add up to the rounded total, stay within one unit of what they were, and both forms agree.
func TestApportionAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		currency := rapid.SampledFrom([]string{"JPY", "USD", "KWD", "CLF"}).Draw(t, "currency")
		lines := lo.Map(rapid.SliceOfN(rapid.Int64Range(-5_000_000, 5_000_000), 0, 40).Draw(t, "lines"),
			func(x int64, _ int) money.Micro { return money.Micro(x) })
		rounded, total, err := money.ApportionMicro(lines, currency)
		if err != nil {
			t.Fatal(err)
		}
		places, _ := money.MinorUnits(currency)
		step := money.Unit
		for range places {
			step /= 10
		}
		if want, _ := lo.Sum(lines).Round(currency); total != want || lo.Sum(rounded) != total {
			t.Fatalf("total %s, rounded sum %s, lines %v", total, lo.Sum(rounded), lines)
		}
		for i, line := range lines {
			if d := rounded[i] - line; d <= -step || d >= step || rounded[i]%step != 0 {
				t.Fatalf("line %s became %s", line, rounded[i])
			}
		}
		exact, exactTotal, err := money.Apportion(lo.Map(lines, func(m money.Micro, _ int) money.Exact { return m.Exact() }), currency)
		if err != nil || exactTotal.Cmp(total.Exact()) != 0 {
			t.Fatalf("exact total %s, %v", exactTotal, err)
		}
		for i := range exact {
			if exact[i].Cmp(rounded[i].Exact()) != 0 {
				t.Fatalf("line %d: %s exactly, %s in integers", i, exact[i], rounded[i])
			}
		}
	})
}

func TestExactSurvivesJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := money.Ratio(rapid.Int64().Draw(t, "num"), rapid.Int64Range(1, 1<<40).Draw(t, "den"))
		raw, err := json.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		var got money.Exact
		if err := json.Unmarshal(raw, &got); err != nil || got.Cmp(x) != 0 {
			t.Fatalf("%s is written %s and read %s, %v", x, raw, got, err)
		}
	})
}

// Fixed agrees with rounding done on decimal text by math/big's own nearest-even quotient.
func TestFixedIsTheNearestDecimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		num, den := rapid.Int64().Draw(t, "num"), rapid.Int64Range(1, 1_000_000).Draw(t, "den")
		places := rapid.IntRange(0, 6).Draw(t, "places")
		x := big.NewRat(num, den)
		got, ok := new(big.Rat).SetString(money.Ratio(num, den).Fixed(places))
		if !ok {
			t.Fatal("no decimal text")
		}
		unit := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil))
		off := new(big.Rat).Sub(x, got)
		switch half := new(big.Rat).Mul(unit, big.NewRat(1, 2)); off.Abs(off).Cmp(half) {
		case 1:
			t.Fatalf("%s is more than half a unit from %s", got, x)
		case 0:
			if n := new(big.Rat).Quo(got, unit); n.Num().Bit(0) != 0 {
				t.Fatalf("the tie %s went to the odd neighbour %s", x, got)
			}
		}
	})
}

func TestMillionthsAddUp(t *testing.T) {
	third := money.Ratio(1, 3)
	rounded, total, err := money.Millionths([]money.Exact{third, third, third})
	if err != nil || total != money.Unit || lo.Sum(rounded) != total || rounded[0] != 333_334 || rounded[2] != 333_333 {
		t.Errorf("three thirds: %v, %s, %v", rounded, total, err)
	}
	if _, _, err := money.Millionths([]money.Exact{money.Whole(1 << 62), money.Whole(-1 << 62)}); !errors.Is(err, money.ErrRange) {
		t.Errorf("lines beyond the range: %v", err)
	}
}

func FuzzExactJSON(f *testing.F) {
	for _, seed := range []string{`1`, `"0.1"`, `"1/3"`, `"1/0"`, `1e-400`, `null`, `"1e400/1e-400"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var x, again money.Exact
		if json.Unmarshal(raw, &x) != nil {
			return
		}
		text, err := x.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > 100 {
			return // longer than the reader takes
		}
		if err := json.Unmarshal(text, &again); err != nil || again.Cmp(x) != 0 {
			t.Fatalf("%s is written %s and reads %s, %v", raw, text, again, err)
		}
	})
}
