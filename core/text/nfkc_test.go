package text_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/csm-monitor/csm-monitor/core/text"
)

func TestNFKCDataIsOfTheUnicodeVersionOfTheToolchain(t *testing.T) {
	if norm.Version != text.UnicodeVersion {
		t.Fatalf("x/text has Unicode %s, nfkc.txt %s: run go run nfkc_gen.go and change UnicodeVersion", norm.Version, text.UnicodeVersion)
	}
}

func TestNFKCOfEveryCharacter(t *testing.T) {
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		cases := []string{string(r), "a" + string(r), string(r) + "\u0301\u0323"}
		if r >= 0x30000 { // nothing there combines
			cases = cases[:1]
		}
		for _, s := range cases {
			if got, want := text.NFKC(s), norm.NFKC.String(s); got != want {
				t.Fatalf("NFKC(%+q) = %+q, want %+q", s, got, want)
			}
		}
	}
}

func TestNFKCOfRandomText(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	blocks := [][2]rune{{0x20, 0x7E}, {0xA0, 0x24F}, {0x300, 0x36F}, {0x591, 0x5C7}, {0x900, 0xDFF}, {0x1100, 0x11FF},
		{0x1E00, 0x1FFF}, {0x2070, 0x218F}, {0x3040, 0x30FF}, {0xAC00, 0xAC40}, {0xF900, 0xFFEF}, {0x11080, 0x110C0}}
	for range 200_000 {
		var s strings.Builder
		for range 1 + random.IntN(12) {
			b := blocks[random.IntN(len(blocks))]
			if r := b[0] + random.Int32N(b[1]-b[0]+1); utf8.ValidRune(r) {
				s.WriteRune(r)
			}
		}
		if got, want := text.NFKC(s.String()), norm.NFKC.String(s.String()); got != want {
			t.Fatalf("NFKC(%+q) = %+q, want %+q", s.String(), got, want)
		}
	}
}

func TestNFKCKeepsTheOrderWithinALongRunOfMarks(t *testing.T) {
	// 0323 is below (220), 0301 above (230): the run is sorted, a mark never passes one of its own class.
	got := text.NFKC("x" + strings.Repeat("\u0301\u0323\u0302", 40))
	want := "x" + strings.Repeat("\u0323", 40) + strings.Repeat("\u0301\u0302", 40)
	if got != want {
		t.Fatalf("got %+q", got)
	}
}

func TestNFKCReplacesBrokenBytes(t *testing.T) {
	if got := text.NFKC("a\xffe\u0301"); got != "a\uFFFDé" {
		t.Fatalf("got %+q", got)
	}
}

func FuzzNFKC(f *testing.F) {
	for _, s := range []string{"", "plain", "ﬁne ① Ａ", "e\u0301", "\u1112\u1161\u11ab", "\xff\u0323\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := text.NFKC(s)
		if !utf8.ValidString(once) {
			t.Fatalf("NFKC(%+q) is not UTF-8: %+q", s, once)
		}
		if twice := text.NFKC(once); twice != once {
			t.Fatalf("NFKC(%+q) = %+q, again = %+q", s, once, twice)
		}
	})
}

func BenchmarkNFKC(b *testing.B) {
	for name, s := range map[string]string{
		"ascii":      strings.Repeat("where is my order? ", 20),
		"composed":   strings.Repeat("où est ma commande? é ", 20),
		"decomposed": strings.Repeat("ou\u0300 est ma commande? e\u0301 ", 20),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				text.NFKC(s)
			}
		})
	}
}
