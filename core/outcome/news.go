package outcome

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/csm-monitor/csm-monitor/core/text"
)

// Answer is the news a message of the automated side brings the customer, by the last of its sentences that brings any:
// that sentence, cut to a readable length. Both are empty for a message without news, such as a question back.
type Answer struct {
	// Refused: what the customer asked for was not to be had, or did not work ("I'm sorry, but your request failed",
	// "there is no room available").
	Refused string
	// Granted: it is done ("your flight is now booked").
	Granted string
}

// ReadAnswer reads one message of the automated side, sentence by sentence. A sentence refuses when it regrets and
// denies ("unfortunately … no"), names a failure ("unable", "declined"), or denies that something is there or possible.
// It grants when it says that something has been done, and neither denies nor asks. A sentence under a condition ("if
// it failed") brings no news. The words of one sentence must be of one language.
func ReadAnswer(message string) Answer {
	r := text.Read(message)
	return answerOf(&r)
}

// news are the kinds without which a sentence neither refuses nor grants.
var news = setOf(negation, failure, done)

func answerOf(r *text.Reading) Answer {
	var a Answer
	var numberRoom [64]uint16
	var markRoom [64]signs
	for part := range r.Sentences() {
		numbers := lexicon.numbers(numberRoom[:0], part)
		if !lexicon.mayHold(numbers, news) {
			continue
		}
		words := strings.TrimSpace(part.Original)
		s := lexicon.mark(markRoom[:0], numbers, strings.HasSuffix(words, "?"))
		switch {
		case s.all[exempt] != 0 || s.all[condition] != 0:
		case s.refuses():
			a = Answer{Refused: shorten(words)}
		case s.grants():
			a = Answer{Granted: shorten(words)}
		}
	}
	return a
}

// Resigned returns the words by which a customer gives up on what they came for, or no longer wants it ("never mind",
// "thanks for trying"); empty when there are none.
func Resigned(message string) string {
	r := text.Read(message)
	return sentenceWith(&r, resigned)
}

// Impatient returns the customer's words when losing patience with the other side; empty when there are none.
func Impatient(message string) string {
	r := text.Read(message)
	return sentenceWith(&r, impatient)
}

func sentenceWith(r *text.Reading, k kind) string {
	words, _ := lexicon.holds(r, k)
	return shorten(words)
}

// Denies says whether a customer's message begins by saying no.
func Denies(message string) bool {
	words := text.Words(message)
	if len(words) == 0 {
		return false
	}
	entries := lexicon.entries[lexicon.words.Number(words[0])]
	return slices.ContainsFunc(entries, func(e entry) bool { return e.kind == denial && len(e.words) == 1 })
}

// The distances, in words, within which two words of a sentence speak of the same thing; the length of a sentence that
// needs no verb to report something done ("Ride booked"); and the bytes of evidence kept.
const (
	deniedWithin = 6
	doneWithin   = 3
	telegram     = 3
	wordsShown   = 80
)

func (s sentence) refuses() bool {
	if (s.all[negation]|s.all[failure])&s.all[regret] != 0 {
		return true
	}
	if s.question {
		return false
	}
	if s.all[failure] != 0 {
		return true
	}
	for i, m := range s.marks {
		if m[negation] == 0 {
			continue
		}
		for _, later := range s.marks[i+1 : min(i+1+deniedWithin, len(s.marks))] {
			if later[missing]&m[negation] != 0 {
				return true
			}
		}
	}
	return false
}

func (s sentence) grants() bool {
	if s.question {
		return false
	}
	for i, m := range s.marks {
		in := m[done] &^ (s.all[negation] | s.all[regret])
		var helped languages
		for _, before := range s.marks[max(i-doneWithin, 0):i] {
			in &^= before[wish]
			helped |= before[auxiliary]
		}
		if len(s.marks) > telegram {
			in &= helped
		}
		if in != 0 {
			return true
		}
	}
	return false
}

// shorten cuts evidence to a readable length, at a character's end.
func shorten(s string) string {
	if len(s) <= wordsShown {
		return s
	}
	cut := wordsShown
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return strings.TrimSpace(s[:cut]) + "…"
}
