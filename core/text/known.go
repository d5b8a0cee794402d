package text

import (
	"maps"
	"slices"
	"strings"
)

// stopWords are the words of politeness and grammar that say nothing about what is asked.
const stopWords = `a an the is are was were be been am do does did i me my mine we our you your it its this that these those
	to of in on at for from with and or but so if what what's whats which who can could would will shall should may might
	have has had there here just also please pls thanks thank hi hello hey dear good morning afternoon evening`

// about is what a reading knows of a word.
type about struct {
	commonIn uint16 // languages it is a common word of, as bits in the order of languageCodes
	stop     bool
	web      bool // it begins web addresses
}

// vocabulary holds the words a reading knows.
type vocabulary struct {
	lexicon *Lexicon
	about   []about // by number in the lexicon; nothing is known of number 0
}

// known is filled once and then only read.
var known = readKnown()

func readKnown() *vocabulary {
	words := map[string]about{}
	learn := func(word string, change func(*about)) {
		a := words[word]
		change(&a)
		words[word] = a
	}
	for i, code := range languageCodes {
		content, err := languageFiles.ReadFile("languages/" + code + ".txt")
		if err != nil {
			panic("text: " + err.Error())
		}
		for word := range strings.FieldsSeq(string(content)) {
			learn(word, func(a *about) { a.commonIn |= 1 << i })
		}
	}
	for word := range strings.FieldsSeq(stopWords) {
		learn(word, func(a *about) { a.stop = true })
	}
	learn("www", func(a *about) { a.web = true })

	list := slices.Sorted(maps.Keys(words))
	v := &vocabulary{lexicon: NewLexicon(list), about: []about{{}}}
	for _, word := range list {
		v.about = append(v.about, words[word])
	}
	return v
}

// knownOf is what is known of a word in lower case with this digest.
func knownOf[chars string | []byte](digest uint64, word chars) *about {
	if known.lexicon.lacks(digest) {
		return &known.about[0]
	}
	return &known.about[number(known.lexicon, digest, word)]
}

// IsStop reports the words of politeness and grammar that say nothing about what is asked.
func IsStop(word string) bool { return known.about[known.lexicon.Number(word)].stop }
