package cue

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/csm-monitor/csm-monitor/core/text"
)

func TestEveryLanguageHasEveryKind(t *testing.T) {
	names, err := fs.Glob(files, "data/*.txt")
	if err != nil || len(names) < 7 {
		t.Fatalf("languages: %v, %v", names, err)
	}
	for _, name := range names {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		for kind := range kindNames {
			if !strings.Contains(string(content), "["+kind+"]") {
				t.Errorf("%s has no [%s]", name, kind)
			}
		}
		if s := string(content); text.NFKC(s) != s {
			t.Errorf("%s is not in NFKC", name)
		}
	}
}

func TestNoPhraseIsLongerThanTheNeighbourhoodSearched(t *testing.T) {
	for _, opened := range slices.Concat(book.openers[fromCustomer], book.openers[fromBot]) {
		for _, p := range opened {
			length := 0
			for _, s := range p.steps {
				switch {
				case s.gap:
					length += maxGap / 2 // a word and a space take two characters
				case len(s.words) > 0:
					length++
				}
			}
			if length > maxPhrase {
				t.Errorf("a phrase of kind %d may cover %d words", p.kind, length)
			}
		}
	}
}

func TestBrokenFilesAreRefused(t *testing.T) {
	for name, content := range map[string]string{
		"unknown kind":        "[complaint]\nbad bot",
		"no kind":             "bad bot",
		"unknown set":         "[thanks]\n@who knows",
		"begins with a gap":   "[thanks]\n... thanks",
		"empty word":          "[thanks]\nthanks||you",
		"nothing but options": "[thanks]\nthanks? a|lot?",
	} {
		if err := newDraft().read(content); err == nil {
			t.Errorf("%s: %q was accepted", name, content)
		}
	}
}

func TestALongMessageTakesTimeInProportion(t *testing.T) {
	// Each word begins phrases and none ends: the worst there is. A quadratic search would take minutes.
	for _, s := range []string{"talk to ", "don't want to talk to ", "are you really ", "thanks for ", "still ", "' ", "a\u0301"} {
		Find(strings.Repeat(s, 200_000))
	}
}

func FuzzFind(f *testing.F) {
	for _, s := range []string{"", "talk to a human", "don’t want to talk to an agent", "thanks for nothing", "merci", "' '", "\xff\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		found := Find(s)
		normal := text.NFKC(s)
		for _, words := range []string{found.HumanRequest, found.NegatedThanks, found.Thanks, found.BotGaveUp, found.TransferAnnounced} {
			if !strings.Contains(normal, words) || !utf8.ValidString(words) {
				t.Fatalf("%q is not in %q", words, s)
			}
		}
		if spaced := Find(" " + strings.ReplaceAll(normal, " ", " \n ") + "\t"); (spaced.HumanRequest == "") != (found.HumanRequest == "") {
			t.Fatalf("white space changed the human request of %q: %q, %q", s, found.HumanRequest, spaced.HumanRequest)
		}
	})
}

func FuzzReadBook(f *testing.F) {
	f.Add("@a = x|y\n[thanks]\n@a ... b? c\n[not_thanks]\n^ x $")
	f.Fuzz(func(t *testing.T, content string) {
		d := newDraft()
		if d.read(content) == nil {
			r := text.Read("x b c y " + content[:min(len(content), 200)])
			for from := range sides {
				d.book().find(&r, from)
			}
		}
	})
}
