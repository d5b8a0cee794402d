package sentiment

import (
	_ "embed"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/csm-monitor/csm-monitor/core/text"
)

//go:embed data/lexicon.txt
var lexiconData string

//go:embed data/emoji.txt
var emojiData string

//go:embed data/support.txt
var supportData string

// The published weights of VADER.
const (
	boost       = 0.293 // added by a booster word (very), taken away by a dampener (slightly)
	capsBoost   = 0.733 // added by capitals in a text that is not all capitals
	negation    = -0.74 // factor of a negated word
	neverSo     = 1.25  // factor after "never so" and "never this", which do not negate
	beforeBut   = 0.5
	afterBut    = 1.5
	exclamation = 0.292 // for each "!", at most maxExclamations
	question    = 0.18  // for each "?" when there are two or three
	questions   = 0.96  // in all for four and more
	damping2    = 0.95  // of a booster two words before
	damping3    = 0.9   // of a booster three words before
	alpha       = 15.0

	maxExclamations = 4
)

// An entry is what the dictionary knows of one word.
type entry struct {
	valence float64 // −4 to 4, for lexical words
	boost   float64 // what the word adds to a word after it; 0 for words that do not
	lexical bool    // the word is in the lexicon
	muted   bool    // lexical, but always of valence 0
	polite  bool    // lexical, and "no" straight before it declines instead of negating
	negates bool
	opens   bool // an idiom or a dampener of two words begins with it
}

// A dictionary knows the words of one lexicon; it is built once and then only read.
type dictionary struct {
	words   *text.Lexicon
	entries []entry // by number of the word; nothing is known of number 0
}

// glossary is a dictionary in the making.
type glossary map[string]entry

func (g glossary) dictionary() *dictionary {
	words := slices.Sorted(maps.Keys(g))
	d := &dictionary{words: text.NewLexicon(words), entries: make([]entry, 1, len(words)+1)}
	for _, word := range words {
		d.entries = append(d.entries, g[word])
	}
	return d
}

// An idiom is a run of two or three words that replaces the valence of the lexical word in or beside it.
type idiom struct {
	words   []string
	valence float64
}

var (
	boosters = strings.Fields(`absolutely amazingly awfully completely considerable considerably decidedly deeply effing
		enormous enormously entirely especially exceptional exceptionally extreme extremely fabulously flipping flippin
		frackin fracking fricking frickin frigging friggin fully fuckin fucking fuggin fugging greatly hella highly hugely
		incredible incredibly intensely major majorly more most particularly purely quite really remarkably so substantially
		thoroughly total totally tremendous tremendously uber unbelievably unusually utter utterly very`)
	dampeners = strings.Fields(`almost barely hardly kinda kindof kind-of less little marginal marginally occasional
		occasionally partly scarce scarcely slight slightly somewhat sorta sortof sort-of`)
	dampenerPairs = [][]string{{"just", "enough"}, {"kind", "of"}, {"sort", "of"}}
	negations     = strings.Fields(`aint arent cannot cant couldnt darent didnt doesnt ain't aren't can't couldn't daren't
		didn't doesn't dont hadnt hasnt havent isnt mightnt mustnt neither don't hadn't hasn't haven't isn't mightn't mustn't
		neednt needn't never none nope nor not nothing nowhere oughtnt shant shouldnt uhuh wasnt werent oughtn't shan't
		shouldn't uh-uh wasn't weren't without wont wouldnt won't wouldn't rarely seldom despite`)
	idioms = []idiom{
		{[]string{"the", "shit"}, 3}, {[]string{"the", "bomb"}, 3}, {[]string{"bad", "ass"}, 1.5},
		{[]string{"bus", "stop"}, 0}, {[]string{"yeah", "right"}, -2}, {[]string{"kiss", "of", "death"}, -1.5},
		{[]string{"to", "die", "for"}, 3}, {[]string{"beating", "heart"}, 3.1}, {[]string{"broken", "heart"}, -2.9},
	}

	plainWords   = readLexicon(lexiconData).dictionary()
	supportWords = readLexicon(lexiconData).adapted(supportData).dictionary()
	emojiNames   = readEmoji(emojiData)
)

func readLexicon(data string) glossary {
	g := make(glossary, 8000)
	for line := range strings.Lines(data) {
		word, valence, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		v, err := strconv.ParseFloat(valence, 64)
		if err != nil {
			panic("sentiment: lexicon.txt: " + err.Error())
		}
		g[word] = entry{valence: v, lexical: true}
	}
	g.mark(boosters, func(e *entry) { e.boost = boost })
	g.mark(dampeners, func(e *entry) { e.boost = -boost })
	g.mark(negations, func(e *entry) { e.negates = true })
	for _, i := range idioms {
		g.mark(i.words[:1], func(e *entry) { e.opens = true })
	}
	for _, pair := range dampenerPairs {
		g.mark(pair[:1], func(e *entry) { e.opens = true })
	}
	return g
}

func (g glossary) mark(words []string, change func(*entry)) {
	for _, word := range words {
		e := g[word]
		change(&e)
		g[word] = e
	}
}

// adapted makes the changes of support.txt.
func (g glossary) adapted(data string) glossary {
	for line := range strings.Lines(data) {
		words := strings.Fields(line)
		switch words[0] {
		case "mute":
			g.mark(words[1:], func(e *entry) { e.muted, e.lexical = true, true })
		case "polite":
			g.mark(words[1:], func(e *entry) { e.polite = true })
		case "halve":
			g.mark(words[1:], func(e *entry) { e.valence /= 2 })
		}
	}
	return g
}

func readEmoji(data string) map[rune]string {
	names := make(map[rune]string, 1300)
	for line := range strings.Lines(data) {
		emoji, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		names[[]rune(emoji)[0]] = name
	}
	return names
}
