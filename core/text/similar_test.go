package text

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestJaccard(t *testing.T) {
	cases := []struct {
		a, b []string
		want float64
	}{
		{[]string{"refund", "policy"}, []string{"policy", "refund", "refund"}, 1},
		{[]string{"refund", "policy"}, []string{"refund", "policy", "europe"}, 2.0 / 3},
		{[]string{"reset"}, nil, 0},
		{nil, nil, 1},
	}
	for _, c := range cases {
		if got := Jaccard(c.a, c.b); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("Jaccard(%v, %v) = %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

func TestDiceTrigrams(t *testing.T) {
	cases := []struct {
		a, b string
		want float64
	}{
		{"", "", 1},
		{"", "a", 0},
		{"a", "a", 1},                       // " a " is one trigram
		{"ab", "ac", 0},                     // " ab","ab " against " ac","ac "
		{"night", "nacht", 2.0 * 1 / 10},    // only "ht " is shared
		{"aaaa", "aaa", 2.0 * 3 / (4 + 3)},  // " aa", one "aaa" of two, "aa "
		{"über", "über", 1},                 // characters, not bytes
		{"größe", "grösse", 2.0 * 2 / 11.0}, // " gr","grö" shared
	}
	for _, c := range cases {
		if got := DiceTrigrams(c.a, c.b); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("DiceTrigrams(%q, %q) = %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

func TestSimilaritiesAreSymmetricAndBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		x, y := rapid.SliceOf(rapid.StringMatching(`[a-d]`)).Draw(t, "x"), rapid.SliceOf(rapid.StringMatching(`[a-d]`)).Draw(t, "y")
		for _, pair := range [][2]float64{
			{DiceTrigrams(a, b), DiceTrigrams(b, a)},
			{Jaccard(x, y), Jaccard(y, x)},
		} {
			if pair[0] != pair[1] || pair[0] < 0 || pair[0] > 1 {
				t.Fatalf("not symmetric or not in 0..1: %v", pair)
			}
		}
		if DiceTrigrams(a, a) != 1 || Jaccard(x, x) != 1 {
			t.Fatal("not 1 with itself")
		}
	})
}
