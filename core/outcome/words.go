package outcome

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"

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

// entry is a word, or a phrase of several.
type entry struct {
	words []string
	kind  kind
	in    languages
	// first says that it counts only at the start of a sentence.
	first bool
}

// book holds entries by their first word.
type book map[string][]entry

// sentence is the words of a sentence with what each is a sign of; a phrase marks its first word.
type sentence struct {
	marks    []signs
	all      signs
	question bool
}

func (b book) mark(s string) sentence {
	words := text.Words(s)
	out := sentence{marks: make([]signs, len(words)), question: strings.HasSuffix(strings.TrimSpace(s), "?")}
	for i, w := range words {
		for _, e := range b[w] {
			if (i == 0 || !e.first) && follows(e.words, words[i:]) {
				out.marks[i][e.kind] |= e.in
				out.all[e.kind] |= e.in
			}
		}
	}
	return out
}

func readLexicon(dir fs.FS) book {
	b := book{}
	names, err := fs.Glob(dir, "words/*.txt")
	if err != nil {
		panic("outcome: " + err.Error())
	}
	for i, name := range names {
		content, err := fs.ReadFile(dir, name)
		if err != nil {
			panic("outcome: " + err.Error())
		}
		if err := b.read(string(content), 1<<i); err != nil {
			panic(fmt.Sprintf("outcome: %s: %v", name, err))
		}
	}
	return b
}

// gap stands in a phrase for up to gapWords words.
const (
	gap      = "..."
	gapWords = 4
)

// follows says whether words begin with the phrase.
func follows(phrase, words []string) bool {
	for i, p := range phrase {
		switch {
		case p == gap:
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

// read adds one language: lines of "kind: word or phrase, word or phrase", where ^ stands for the start of a sentence
// and ... for a gap, and comments after #.
func (b book) read(content string, in languages) error {
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
			b[words[0]] = append(b[words[0]], entry{words, k, in, first})
		}
	}
	return nil
}
