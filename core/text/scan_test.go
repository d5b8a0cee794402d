package text

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// readGenerally reads a message without the short path for ASCII.
func readGenerally(message string) Reading {
	s := NFKC(message)
	sc := scanner{text: s}
	for i := 0; i < len(s); {
		if classes[s[i]] == space {
			i++
			continue
		}
		i = sc.general(chunkState{begin: i, firstWord: len(sc.words), firstLow: len(sc.lower), newClause: sc.newClause})
	}
	return Reading{Original: message, Text: s, Words: sc.words, lower: string(sc.lower)}
}

// view is what the readers of words see of a reading, apart from tokens.
type view struct {
	Spoken, Words, NormalForm []string
	Language                  LanguageEvidence
}

func viewOf(r Reading) view {
	v := view{Words: r.Forms(nil, 0), NormalForm: r.Forms(nil, Stop)}
	for _, w := range r.Words {
		if w.Is(Spoken) {
			before := ""
			if w.Is(NewClause) {
				before = "new clause: "
			}
			v.Spoken = append(v.Spoken, before+r.Lower(w)+" "+r.Of(w))
		}
	}
	v.Language.Add(&r)
	return v
}

func checkReading(t interface{ Fatalf(string, ...any) }, s string) {
	r := Read(s)
	if diff := cmp.Diff(viewOf(readGenerally(s)), viewOf(r), cmp.AllowUnexported(LanguageEvidence{})); diff != "" {
		t.Fatalf("Read(%+q) by the general rules and in short:\n%s", s, diff)
	}
	for _, w := range r.Words {
		if int(w.End) > len(r.Text) || w.Start > w.End {
			t.Fatalf("Read(%+q): a word from %d to %d", s, w.Start, w.End)
		}
		if w.Is(Content) && digest(r.Form(w)) != r.Digest(w) {
			t.Fatalf("Read(%+q): the digest of %q is not its own", s, r.Form(w))
		}
	}
	sentences := []string{}
	for part := range r.Sentences() {
		sentence := strings.TrimSpace(part.Original)
		sentences = append(sentences, sentence)
		if got, want := part.Forms([]string{}, 0), Words(sentence); !slices.Equal(got, want) {
			t.Fatalf("%+q, sentence of %+q: words %q, want %q", sentence, s, got, want)
		}
	}
	if want := Sentences(s); !slices.Equal(sentences, want) {
		t.Fatalf("sentences of %+q: %q, want %q", s, sentences, want)
	}
}

// awkward are pieces of messages that some readers cut otherwise than others.
var awkward = []string{
	"a", "I", "the", "order", "it's", "DON'T", "can’t", "Can‘t", "donʼt", "isn''t", "'quoted'", "dogs'", "rock'n'roll", "90's", "1'000",
	"1,250.00", "3.5.2026", "12:30", "#48213", "4runner", "2nd", "w8", "1.5kg", "e-mail", "and/or", "not@", "a@b.co", ".a@b.c",
	"jo.x+y@mail.example.co.uk.", "<num>", "<url>", "<", "abc<num>", "http://x.y/?a=b#c", "HTTPS://EXAMPLE.COM", "www.", "www.x",
	"WWW.example.org,", "xwww.y", ":)", "<3", "...", "…", "-", "–", "“hi”", "(ok)", "_under_", "ΣΊΣΥΦΟΣ", "İstanbul", "ı", "ſ", "ﬁne",
	"①②", "Ｆull", "Größe", "d'été", "l’ordine", "j'ai", "cafe\u0301", "\u0301x", "한국어", "注文はどこ", "где мой заказ", "١٢٣", "😀", "€20", "½",
	"\xff", "\xe2\x80", "\x00", "\x1c", "\x7f", "\u0085", "\u00a0", "\u1680", "\u2028", "\n", "\t", ".", "!", "?!", ";", ",", " ", " ", " ", " ",
}

func TestReadingASCIIInShortChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkReading(t, strings.Join(rapid.SliceOfN(rapid.SampledFrom(awkward), 0, 12).Draw(t, "pieces"), ""))
	})
	checkReading(t, strings.Repeat("Where's the 2nd parcel, Größe XL? ", 200)) // longer than a language's sample
}

func FuzzRead(f *testing.F) {
	for _, s := range awkward {
		f.Add(s + " " + s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkReading(t, s) })
}

func TestTokensStandBetweenSpacesWithoutTheMarksAroundThem(t *testing.T) {
	for s, want := range map[string][]string{
		"":                                  nil,
		"Hi there, it’s ME!":                {"hi", "there", "it's", "me!"},
		"(really) e-mail: :) it. \"so-so\"": {"really", "e-mail", ":)", "it.", "so-so"},
		"4runner 1,250.00 a@b.co.":          {"4runner", "1,250.00", "a@b.co"},
		"that Größe is":                     {"that", "FOREIGN Größe", "is"},
		"two\x1cparts":                      {"FOREIGN two\x1cparts"},
	} {
		r := Read(s)
		var got []string
		for _, w := range r.Words {
			switch {
			case w.Is(Token):
				got = append(got, r.Lower(w))
			case w.Is(Foreign):
				got = append(got, "FOREIGN "+r.Of(w))
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("tokens of %q:\n%s", s, diff)
		}
	}
}

func TestCapitals(t *testing.T) {
	for s, want := range map[string]bool{"NOW!": true, "Now": false, "A4": true, "42": false, "I": true, "E-mail": false, "E-MAIL,": true, ":D": true, ":)": false} {
		r := Read(s)
		if got := slices.ContainsFunc(r.Words, func(w Word) bool { return w.Is(Capitals) }); got != want {
			t.Errorf("%q in capitals: %v", s, got)
		}
	}
}

func TestLexicon(t *testing.T) {
	words := []string{"", "a", "b", "ab", "größe", "don't", "delivery", "deliveries", "shipment"}
	l := NewLexicon(words)
	for i, word := range words {
		if got := l.Number(word); got != i+1 {
			t.Errorf("number of %q is %d, want %d", word, got, i+1)
		}
	}
	for _, word := range []string{"c", "ba", "A", "\x00a", "a\x00", "delivery!", "shipping"} {
		if got := l.Number(word); got != 0 {
			t.Errorf("number of %q is %d, want 0", word, got)
		}
	}
	r := Read("No B, but DON’T")
	var numbers []int
	for _, w := range r.Words {
		if w.Is(Spoken) {
			numbers = append(numbers, l.NumberOf(&r, &w))
		}
	}
	if diff := cmp.Diff([]int{0, 3, 0, 6}, numbers); diff != "" {
		t.Error(diff)
	}
}

func TestAReaderKeepsWhatItReadBefore(t *testing.T) {
	var rd Reader
	rd.Grow(10)
	messages := []string{"Hello there", strings.Repeat("where is my parcel? ", 20), "", "it’s late", "a b c d e f g h i j k l m n o p"}
	for _, long := range []int{1, 10, mostKept} { // the last is more than is kept for the next conversation
		messages = append(messages, strings.Repeat("Ab ", long))
		var readings []Reading
		for _, m := range messages {
			readings = append(readings, rd.Read(m))
		}
		for i, m := range messages {
			if diff := cmp.Diff(viewOf(Read(m)), viewOf(readings[i]), cmp.AllowUnexported(LanguageEvidence{})); diff != "" {
				t.Errorf("%.40q read alone and after others:\n%.400s", m, diff)
			}
		}
		rd.Reset()
	}
	if cap(rd.words) > mostKept {
		t.Errorf("room for %d words is kept", cap(rd.words))
	}
}
