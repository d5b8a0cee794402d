package money_test

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"github.com/csm-monitor/csm-monitor/core/money"
	"pgregory.net/rapid"
)

func TestParseReadsDecimalTextExactly(t *testing.T) {
	for text, want := range map[string]money.Micro{
		"5": 5_000_000, "5.0": 5_000_000, "1.5e3": 1_500_000_000, "1.5E+3": 1_500_000_000, "-0.25": -250_000,
		"0": 0, "-0": 0, "0.1": 100_000, "0.000001": 1, "25e-7": 2, "35e-7": 4, // half to even
		"0.0000005": 0, "0.0000015": 2, "-0.0000015": -2, "0.00000050000001": 1, "1e-300": 0, "0e400": 0,
		"9223372036854.775807": math.MaxInt64, "-9223372036854.775808": math.MinInt64,
		"0.1000000000000000055511151231257827": 100_000,
	} {
		got, err := money.Parse(text)
		if err != nil || got != want {
			t.Errorf("Parse(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]error{
		"": money.ErrSyntax, " 5": money.ErrSyntax, "+5": money.ErrSyntax, ".5": money.ErrSyntax, "5.": money.ErrSyntax,
		"05": money.ErrSyntax, "-": money.ErrSyntax, "1e": money.ErrSyntax, "1e+": money.ErrSyntax, "0x10": money.ErrSyntax,
		"1_000": money.ErrSyntax, "1,5": money.ErrSyntax, "NaN": money.ErrSyntax, "Inf": money.ErrSyntax, "1/3": money.ErrSyntax,
		"٣": money.ErrSyntax, "5 USD": money.ErrSyntax,
		"9223372036854.7758075": money.ErrRange, "1e308": money.ErrRange, "1e401": money.ErrRange,
		"1e-401": money.ErrRange, "1e99999999999999999999": money.ErrRange, "-1e13": money.ErrRange,
	} {
		if got, err := money.Parse(text); !errors.Is(err, want) {
			t.Errorf("Parse(%q) = %d, %v; want %v", text, got, err, want)
		}
	}
}

func TestTextForms(t *testing.T) {
	for m, want := range map[money.Micro][2]string{
		0: {"0", "0.000000"}, 1: {"0.000001", "0.000001"}, -1: {"-0.000001", "-0.000001"}, 3_500_000: {"3.5", "3.500000"},
		1200 * money.Unit: {"1200", "1200.000000"}, math.MinInt64: {"-9223372036854.775808", "-9223372036854.775808"},
	} {
		if got := [2]string{m.String(), m.Fixed()}; got != want {
			t.Errorf("%d: got %q, want %q", int64(m), got, want)
		}
	}
}

func TestFormatRoundsHalfEvenToTheMinorUnit(t *testing.T) {
	for _, c := range []struct {
		text, currency, want string
	}{
		{"2.5", "JPY", "2"}, {"3.5", "JPY", "4"}, {"-2.5", "JPY", "-2"}, {"-3.5", "JPY", "-4"}, {"0.4", "JPY", "0"},
		{"0.005", "USD", "0.00"}, {"0.015", "USD", "0.02"}, {"-0.005", "USD", "0.00"}, {"-0.015", "EUR", "-0.02"},
		{"2500", "USD", "2500.00"}, {"1.0005", "KWD", "1.000"}, {"1.0015", "TND", "1.002"}, {"1.00005", "CLF", "1.0000"},
		{"1.00015", "UYW", "1.0002"}, {"9.999999", "USD", "10.00"},
	} {
		m, err := money.Parse(c.text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := m.Format(c.currency); err != nil || got != c.want {
			t.Errorf("%s %s: got %q, %v; want %q", c.text, c.currency, got, err, c.want)
		}
	}
	if _, err := money.Unit.Format("XYZ"); !errors.Is(err, money.ErrCurrency) {
		t.Errorf("an unknown currency: %v", err)
	}
}

func TestCurrencies(t *testing.T) {
	for code, places := range map[string]int{"USD": 2, "EUR": 2, "JPY": 0, "KRW": 0, "ISK": 0, "CLP": 0, "CLF": 4, "UYW": 4,
		"KWD": 3, "BHD": 3, "IQD": 3, "JOD": 3, "LYD": 3, "OMR": 3, "TND": 3, "ZWG": 2, "AED": 2, "MGA": 2, "MRU": 2, "UYU": 2} {
		if got, err := money.MinorUnits(code); err != nil || got != places {
			t.Errorf("%s: %d, %v; want %d", code, got, err, places)
		}
	}
	for _, code := range []string{"", "usd", "US", "USDX", "XXX", "XAU", "DEM", "SD ", "D A", "EDA", "ED "} {
		if money.ValidCurrency(code) {
			t.Errorf("%q is taken for a currency", code)
		}
	}
}

// Every operation agrees with unbounded integers, or says that the result does not fit.
func TestArithmeticNeverWraps(t *testing.T) {
	edge := rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{0, 1, -1, math.MaxInt64, math.MinInt64, math.MinInt64 + 1}))
	rapid.Check(t, func(t *rapid.T) {
		a, b := edge.Draw(t, "a"), edge.Draw(t, "b")
		x, y := big.NewInt(a), big.NewInt(b)
		check := func(name string, got money.Micro, err error, want *big.Int) {
			t.Helper()
			switch {
			case want.IsInt64() && (err != nil || int64(got) != want.Int64()):
				t.Fatalf("%s of %d and %d: got %d, %v; want %s", name, a, b, got, err, want)
			case !want.IsInt64() && !errors.Is(err, money.ErrRange):
				t.Fatalf("%s of %d and %d: got %d, %v; want ErrRange", name, a, b, got, err)
			}
		}
		got, err := money.Micro(a).Add(money.Micro(b))
		check("sum", got, err, new(big.Int).Add(x, y))
		got, err = money.Micro(a).Sub(money.Micro(b))
		check("difference", got, err, new(big.Int).Sub(x, y))
		got, err = money.Micro(a).Mul(b)
		check("product", got, err, new(big.Int).Mul(x, y))
		c := edge.Draw(t, "c")
		got, err = money.Sum(money.Micro(a), money.Micro(b), money.Micro(c))
		check("total", got, err, new(big.Int).Add(new(big.Int).Add(x, y), big.NewInt(c)))
	})
}

// Short amounts are read in integers; that must show in nothing but speed.
func TestShortAmountsAreReadAsExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})?(e[+-]?[0-9])?`).Draw(t, "text")
		got, err := money.Parse(text)
		exact, exactErr := money.ParseExact(text)
		if exactErr != nil {
			t.Fatal(exactErr)
		}
		want, wantErr := exact.Micro()
		if got != want || (err == nil) != (wantErr == nil) {
			t.Fatalf("%s: %d, %v; exactly %d, %v", text, got, err, want, wantErr)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"5", "-0.25", "1.5e3", "1e401", "9223372036854.775807", "0.0000005", "05", "1.", "-"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := money.Parse(text)
		if err != nil {
			if !errors.Is(err, money.ErrSyntax) && !errors.Is(err, money.ErrRange) {
				t.Fatalf("%q: error of no kind: %v", text, err)
			}
			return
		}
		want, ok := new(big.Rat).SetString(text)
		if !ok {
			t.Fatalf("%q is read, although it is no number", text)
		}
		off := new(big.Rat).Sub(want, big.NewRat(int64(got), 1_000_000))
		if off.Abs(off).Cmp(big.NewRat(1, 2_000_000)) > 0 {
			t.Fatalf("%q: %s is more than half a millionth away", text, got)
		}
		if again, err := money.Parse(got.String()); err != nil || again != got {
			t.Fatalf("%q: %s reads back as %s, %v", text, got, again, err)
		}
	})
}
