package outcome

import (
	"embed"
	"fmt"
	"io/fs"
	"math"
	"strings"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/text"
)

//go:embed words/*.txt
var files embed.FS

// lexicon is filled once and then only read.
var lexicon = readLexicon(files)

// kind is what a word or phrase is a sign of.
type kind uint8

// The kinds. Regret and exempt tell "sorry, there is none" from "sorry to hear that"; negation denies, failure does so
// in one word, missing is what becomes a refusal when denied; done after an auxiliary reports success, after a wish not.
const (
	regret kind = iota
	exempt
	negation
	failure
	missing
	done
	auxiliary
	condition
	wish
	resigned
	denial
	impatient
	kinds
)

var kindNames = map[string]kind{
	"regret": regret, "exempt": exempt, "negation": negation, "failure": failure, "missing": missing, "done": done,
	"auxiliary": auxiliary, "condition": condition, "wish": wish, "resigned": resigned,
	"denial": denial, "impatient": impatient,
}

// languages has a bit for each language file.
type languages uint8

// signs says for each kind in which languages a word is a sign of it.
type signs [kinds]languages

// kindSet is a set of kinds.
type kindSet uint16

func setOf(of ...kind) (s kindSet) {
	for _, k := range of {
		s |= 1 << k
	}
	return s
}

// entry is a word, or a phrase of several, by the numbers of its words.
type entry struct {
	words []uint16
	kind  kind
	in    languages
	// first says that it counts only at the start of a sentence.
	first bool
}

// book holds the entries of all languages.
type book struct {
	words   *text.Lexicon
	entries [][]entry // by the number of their first word
	opens   []kindSet // the kinds of them
}

// sentence is what each word of a sentence is a sign of; a phrase marks its first word.
type sentence struct {
	marks    []signs
	all      signs
	question bool
}

// numbers appends the numbers of a sentence's words.
func (b *book) numbers(into []uint16, r *text.Reading) []uint16 {
	for i := range r.Words {
		switch w := &r.Words[i]; {
		case w.Is(text.Number):
			into = append(into, uint16(b.words.Number(text.PlaceholderNum)))
		case w.Is(text.Content):
			into = append(into, uint16(b.words.NumberOf(r, w)))
		}
	}
	return into
}

// mayHold reports whether a sentence of these words may have signs of a kind; false is sure.
func (b *book) mayHold(numbers []uint16, signs kindSet) bool {
	for _, n := range numbers {
		if b.opens[n]&signs != 0 {
			return true
		}
	}
	return false
}

// mark appends the marks of a sentence's words.
func (b *book) mark(into []signs, numbers []uint16, question bool) sentence {
	out := sentence{marks: into, question: question}
	for i, n := range numbers {
		out.marks = append(out.marks, signs{})
		for _, e := range b.entries[n] {
			if (i == 0 || !e.first) && follows(e.words, numbers[i:]) {
				out.marks[i][e.kind] |= e.in
				out.all[e.kind] |= e.in
			}
		}
	}
	return out
}

// holds says whether the message has a sign of the kind, and in which sentence, trimmed.
func (b *book) holds(r *text.Reading, k kind) (words string, ok bool) {
	var room [64]uint16
	if !b.stands(k, b.numbers(room[:0], r), false) {
		return "", false // not even across sentences
	}
	for s := range r.Sentences() {
		if b.stands(k, b.numbers(room[:0], s), true) {
			return strings.TrimSpace(s.Original), true
		}
	}
	return "", false
}

// stands says whether an entry of the kind stands among words; strict, that they are a sentence and not several.
func (b *book) stands(k kind, numbers []uint16, strict bool) bool {
	for i, n := range numbers {
		if b.opens[n]&setOf(k) == 0 {
			continue
		}
		for _, e := range b.entries[n] {
			if e.kind == k && (i == 0 || !e.first || !strict) && follows(e.words, numbers[i:]) {
				return true
			}
		}
	}
	return false
}

func readLexicon(dir fs.FS) *book {
	d := newDraft()
	names, err := fs.Glob(dir, "words/*.txt")
	if err != nil {
		panic("outcome: " + err.Error())
	}
	for i, name := range names {
		content, err := fs.ReadFile(dir, name)
		if err != nil {
			panic("outcome: " + err.Error())
		}
		if err := d.read(string(content), 1<<i); err != nil {
			panic(fmt.Sprintf("outcome: %s: %v", name, err))
		}
	}
	return d.book()
}

// gap stands in a phrase for up to gapWords words; gapNumber is its number.
const (
	gap       = "..."
	gapWords  = 4
	gapNumber = math.MaxUint16
)

// follows says whether words begin with the phrase.
func follows(phrase, words []uint16) bool {
	for i, p := range phrase {
		switch {
		case p == gapNumber:
			for skip := range gapWords + 1 {
				if i+skip <= len(words) && follows(phrase[i+1:], words[i+skip:]) {
					return true
				}
			}
			return false
		case i >= len(words) || words[i] != p:
			return false
		}
	}
	return true
}

// A draft is a book in the making.
type draft struct {
	words   []string
	numbers map[string]uint16
	entries map[uint16][]entry
}

func newDraft() *draft {
	return &draft{numbers: map[string]uint16{gap: gapNumber}, entries: map[uint16][]entry{}}
}

func (d *draft) number(word string) uint16 {
	n, ok := d.numbers[word]
	if !ok {
		d.words = append(d.words, word)
		n = uint16(len(d.words))
		d.numbers[word] = n
	}
	return n
}

func (d *draft) book() *book {
	b := &book{words: text.NewLexicon(d.words), entries: make([][]entry, len(d.words)+1), opens: make([]kindSet, len(d.words)+1)}
	for first, entries := range d.entries {
		b.entries[first] = entries
		for _, e := range entries {
			b.opens[first] |= setOf(e.kind)
		}
	}
	return b
}

// read adds one language: lines of "kind: word or phrase, word or phrase", where ^ stands for the start of a sentence
// and ... for a gap, and comments after #.
func (d *draft) read(content string, in languages) error {
	for line := range strings.Lines(content) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, list, _ := strings.Cut(line, ":")
		k, ok := kindNames[name]
		if !ok {
			return fmt.Errorf("no kind %q", name)
		}
		for item := range strings.SplitSeq(list, ",") {
			item, first := strings.CutPrefix(strings.TrimSpace(item), "^ ")
			words := strings.Fields(item)
			if len(words) == 0 || words[0] == gap || words[len(words)-1] == gap {
				return fmt.Errorf("%s: no entry: %q", name, item)
			}
			numbers := lo.Map(words, func(w string, _ int) uint16 { return d.number(w) })
			d.entries[numbers[0]] = append(d.entries[numbers[0]], entry{numbers, k, in, first})
		}
	}
	return nil
}
