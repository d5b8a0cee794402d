package cue

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/csm-monitor/csm-monitor/core/text"
)

//go:embed data/*.txt
var files embed.FS

// book holds the phrases of every language. It is filled once and then only read.
var book = readBook(files)

// A kind is what a phrase is a sign of; each has a second kind for the phrases that only look like it.
type kind uint8

const (
	humanRequest kind = iota
	negatedThanks
	thanks
	botGaveUp
	transferAnnounced
	kinds

	exception kind = 0x80 // set on the phrases that only look like the kind
)

// A side is who can mean a phrase.
type side uint8

const (
	fromCustomer side = iota
	fromBot
	sides
)

func (k kind) side() side {
	switch k &^ exception {
	case botGaveUp, transferAnnounced:
		return fromBot
	}
	return fromCustomer
}

var kindNames = map[string]kind{
	"human_request": humanRequest, "negated_thanks": negatedThanks, "thanks": thanks,
	"bot_gave_up": botGaveUp, "transfer_announced": transferAnnounced,
}

// maxGap is the number of characters a gap in a phrase may hold, white space counted once.
const maxGap = 20

// A step is one place of a phrase: one of a set of words, a gap, or an end of the text.
type step struct {
	words    []uint16 // ascending
	optional bool
	gap      bool
	start    bool
	end      bool
}

type phrase struct {
	kind  kind
	steps []step
	next  wordSet // what may come straight after its first word
}

// A wordSet holds words by the last bits of their numbers, so that it may hold words that were never added.
type wordSet uint64

func (s wordSet) has(id uint16) bool { return s>>(id%64)&1 != 0 }

const anything = ^wordSet(0)

type phrases struct {
	words   *text.Lexicon     // the words that occur in phrases
	openers [sides][][]phrase // by who means it and the number of the word it may begin with
	opens   [sides][]bool     // whether there are any
}

// A draft is a book in the making.
type draft struct {
	words   []string
	ids     map[string]uint16
	openers [sides]map[uint16][]phrase
}

func newDraft() *draft {
	d := &draft{ids: make(map[string]uint16, 1000)}
	for s := range d.openers {
		d.openers[s] = map[uint16][]phrase{}
	}
	return d
}

func (d *draft) book() *phrases {
	b := &phrases{words: text.NewLexicon(d.words)}
	for s := range b.openers {
		b.openers[s] = make([][]phrase, len(d.words)+1)
		b.opens[s] = make([]bool, len(d.words)+1)
		for id, opened := range d.openers[s] {
			b.openers[s][id], b.opens[s][id] = opened, true
		}
	}
	return b
}

func readBook(dir fs.FS) *phrases {
	d := newDraft()
	names, err := fs.Glob(dir, "data/*.txt")
	if err != nil {
		panic("cue: " + err.Error())
	}
	for _, name := range names {
		content, err := fs.ReadFile(dir, name)
		if err != nil {
			panic("cue: " + err.Error())
		}
		if err := d.read(string(content)); err != nil {
			panic(fmt.Sprintf("cue: %s: %v", name, err))
		}
	}
	return d.book()
}

// read adds the phrases of one language file:
//
//	# a comment
//	@name = word|word         a set of words
//	[kind] or [not_kind]      the kind of the phrases that follow
//	word|@name word? ... ^ $  a phrase: alternatives, what may be left out, a gap, start and end of the text
func (d *draft) read(content string) error {
	sets, current := map[string]string{}, kind(0xFF)
	for number, line := range strings.Split(content, "\n") {
		line = strings.TrimSpace(line)
		var err error
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			current, err = parseKind(strings.Trim(line, "[]"))
		case line[0] == '@' && strings.Contains(line, " = "):
			name, words, _ := strings.Cut(line, " = ")
			sets[name] = words
		default:
			err = d.add(current, line, sets)
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", number+1, err)
		}
	}
	return nil
}

func parseKind(name string) (kind, error) {
	base, not := strings.CutPrefix(name, "not_")
	k, ok := kindNames[base]
	if !ok {
		return 0, fmt.Errorf("no kind %q", name)
	}
	if not {
		k |= exception
	}
	return k, nil
}

func (d *draft) add(k kind, line string, sets map[string]string) error {
	if k == 0xFF {
		return fmt.Errorf("a phrase before the first kind")
	}
	p := phrase{kind: k}
	for _, field := range strings.Fields(line) {
		s, err := d.step(field, sets)
		if err != nil {
			return err
		}
		p.steps = append(p.steps, s)
	}
	for i, s := range p.steps {
		for _, id := range s.words {
			from := k.side()
			d.openers[from][id] = append(d.openers[from][id], phrase{k, keepStart(p.steps, i), next(p.steps[i+1:])})
		}
		if !s.optional && !s.start {
			if len(s.words) == 0 {
				return fmt.Errorf("a phrase begins with words")
			}
			return nil
		}
	}
	return fmt.Errorf("a phrase of nothing but optional words")
}

// keepStart is the phrase without the optional words before step i, but with the start of the text it hangs on.
func keepStart(steps []step, i int) []step {
	if i > 0 && steps[0].start {
		return append([]step{steps[0]}, steps[i:]...)
	}
	return steps[i:]
}

// next is what these steps may begin with.
func next(steps []step) wordSet {
	var words wordSet
	for _, s := range steps {
		if len(s.words) == 0 {
			return anything
		}
		for _, id := range s.words {
			words |= 1 << (id % 64)
		}
		if !s.optional {
			return words
		}
	}
	return anything
}

func (d *draft) step(field string, sets map[string]string) (step, error) {
	switch field {
	case "...":
		return step{gap: true}, nil
	case "^":
		return step{start: true}, nil
	case "$":
		return step{end: true}, nil
	}
	var s step
	field, s.optional = strings.CutSuffix(field, "?")
	for word := range strings.SplitSeq(field, "|") {
		alternatives := word
		if strings.HasPrefix(word, "@") {
			set, ok := sets[word]
			if !ok {
				return s, fmt.Errorf("no set %s", word)
			}
			alternatives = set
		}
		for a := range strings.SplitSeq(alternatives, "|") {
			if a == "" {
				return s, fmt.Errorf("an empty word in %q", field)
			}
			s.words = append(s.words, d.id(text.Fold(a)))
		}
	}
	slices.Sort(s.words)
	s.words = slices.Compact(s.words)
	return s, nil
}

func (d *draft) id(word string) uint16 {
	id, ok := d.ids[word]
	if !ok {
		d.words = append(d.words, word)
		id = uint16(len(d.words))
		d.ids[word] = id
	}
	return id
}
