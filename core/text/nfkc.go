package text

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// UnicodeVersion is the edition of the Unicode Character Database that NFKC follows.
const UnicodeVersion = "15.0.0"

//go:embed nfkc.txt
var nfkcData string

var nfkc = parseForms(nfkcData)

// Hangul syllables decompose and compose by arithmetic (Unicode Standard, section 3.12).
const (
	hangulS, hangulL, hangulV, hangulT     = 0xAC00, 0x1100, 0x1161, 0x11A7
	hangulLN, hangulVN, hangulTN, hangulSN = 19, 21, 28, 11172
)

// A mark is a decomposed character with its canonical combining class.
type mark struct {
	r   rune
	ccc uint8
}

type pair struct{ first, second rune }

// forms holds everything normalisation needs to know about characters. It is filled once and then only read.
type forms struct {
	decomposed map[rune][]mark
	composed   map[pair]rune
	class      map[rune]uint8
	// parts are the characters that decompose or have a combining class; lively are those that normalisation may
	// change: they decompose for good, combine with the character before them or have a combining class.
	parts, lively runeSet
}

// A runeSet has one bit for each character below U+30000, above which nothing normalises.
type runeSet [0x30000 / 64]uint64

func (s *runeSet) add(r rune) { s[r/64] |= 1 << (r % 64) }

func (s *runeSet) has(r rune) bool { return int(r/64) < len(s) && s[r/64]&(1<<(r%64)) != 0 }

func parseForms(data string) *forms {
	f := &forms{
		decomposed: make(map[rune][]mark, 6000),
		composed:   make(map[pair]rune, 1000),
		class:      make(map[rune]uint8, 1000),
	}
	decompositions := make([][]string, 0, 6000)
	for line := range strings.Lines(data) {
		field := strings.Fields(line)
		switch field[0] {
		case "d":
			decompositions = append(decompositions, field[1:])
			f.lively.add(hex(field[1]))
		case "s":
			decompositions = append(decompositions, field[1:])
		case "c":
			f.composed[pair{hex(field[1]), hex(field[2])}] = hex(field[3])
			f.lively.add(hex(field[2]))
		case "k":
			class, _ := strconv.ParseUint(field[3], 10, 8)
			for r := hex(field[1]); r <= hex(field[2]); r++ {
				f.class[r] = uint8(class)
				f.lively.add(r)
				f.parts.add(r)
			}
		}
	}
	for _, field := range decompositions { // last, as they need the classes
		parts := make([]mark, 0, len(field)-1)
		for _, part := range field[1:] {
			r := hex(part)
			parts = append(parts, mark{r, f.class[r]})
		}
		f.decomposed[hex(field[0])] = parts
		f.parts.add(hex(field[0]))
	}
	for r := rune(hangulV); r < hangulT+hangulTN; r++ {
		f.lively.add(r)
	}
	return f
}

func hex(s string) rune {
	n, _ := strconv.ParseUint(s, 16, 32)
	return rune(n)
}

// NFKC returns s in Unicode normalisation form KC: compatibility characters (ﬁ, ①, full-width letters) replaced by
// their plain ones, accents composed with their letters. Bytes that are not UTF-8 become U+FFFD. A string already in
// the form is returned as it is, without copying; the time is linear in its length.
func NFKC(s string) string {
	i := ascii(s)
	if i == len(s) {
		return s
	}
	for _, r := range s[i:] {
		if r >= utf8.RuneSelf && (nfkc.lively.has(r) || r == utf8.RuneError) {
			return nfkc.normalise(s)
		}
	}
	return s
}

// ascii is a number of bytes at the start of s that are all ASCII; it is len(s) when all are.
func ascii(s string) int {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		b := s[i : i+8]
		eight := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56 // one step of the processor
		if eight&0x8080808080808080 != 0 {
			return i
		}
	}
	for i < len(s) && s[i] < utf8.RuneSelf {
		i++
	}
	return i
}

func (f *forms) normalise(s string) string {
	marks := make([]mark, 0, len(s)+len(s)/4)
	for _, r := range s {
		marks = f.decompose(marks, r)
	}
	reorder(marks)
	marks = f.compose(marks)
	var out strings.Builder
	out.Grow(len(s))
	for _, m := range marks {
		out.WriteRune(m.r)
	}
	return out.String()
}

func (f *forms) decompose(into []mark, r rune) []mark {
	if !f.parts.has(r) { // Hangul syllables too, as composing would only undo it
		return append(into, mark{r: r})
	}
	if parts, ok := f.decomposed[r]; ok {
		return append(into, parts...)
	}
	return append(into, mark{r, f.class[r]})
}

// reorder puts each run of combining marks into the order of their classes, keeping the order within a class.
func reorder(marks []mark) {
	for start := 0; start < len(marks); start++ {
		if marks[start].ccc == 0 {
			continue
		}
		end := start
		for end < len(marks) && marks[end].ccc != 0 {
			end++
		}
		if end-start > 1 {
			sortByClass(marks[start:end])
		}
		start = end
	}
}

// sortByClass is a counting sort for long runs, so that a message of nothing but accents costs no more than any other.
func sortByClass(run []mark) {
	if len(run) <= 32 {
		slices.SortStableFunc(run, func(a, b mark) int { return int(a.ccc) - int(b.ccc) })
		return
	}
	var next [257]int
	for _, m := range run {
		next[int(m.ccc)+1]++
	}
	for c := 1; c < len(next); c++ {
		next[c] += next[c-1]
	}
	sorted := make([]mark, len(run))
	for _, m := range run {
		sorted[next[m.ccc]] = m
		next[m.ccc]++
	}
	copy(run, sorted)
}

// compose joins each character with the last starter before it where a composite exists and nothing between blocks it.
func (f *forms) compose(marks []mark) []mark {
	out, starter := marks[:0], -1
	var last uint8 // class of the character kept last since the starter
	for _, m := range marks {
		if starter >= 0 && (starter == len(out)-1 || (last != 0 && last < m.ccc)) {
			if r, ok := f.composite(out[starter].r, m.r); ok {
				out[starter].r = r
				continue
			}
		}
		out = append(out, m)
		last = m.ccc
		if m.ccc == 0 {
			starter = len(out) - 1
		}
	}
	return out
}

func (f *forms) composite(first, second rune) (rune, bool) {
	if l := first - hangulL; l >= 0 && l < hangulLN {
		if v := second - hangulV; v >= 0 && v < hangulVN {
			return hangulS + (l*hangulVN+v)*hangulTN, true
		}
	}
	if s := first - hangulS; s >= 0 && s < hangulSN && s%hangulTN == 0 {
		if t := second - hangulT; t > 0 && t < hangulTN {
			return first + t, true
		}
	}
	r, ok := f.composed[pair{first, second}]
	return r, ok
}
