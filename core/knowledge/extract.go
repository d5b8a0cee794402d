package knowledge

import (
	"strings"
	"unicode"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/text"
)

// Message is what question extraction needs to know of a message.
type Message struct {
	// Customer says that the customer wrote it; no other sentence is a candidate.
	Customer bool
	Text     string
}

// Question scores, per sentence.
const (
	scoreAsks        = 3  // ends in a question mark or begins with a question word
	scoreLastAttempt = 2  // in the last customer message before the first failure
	scoreOpening     = 1  // in the first customer message
	scoreEmpty       = -3 // fewer than two content words
	scoreCourtesy    = -3 // asks for a person, or thanks, in earnest or not
	scoreNeeded      = 1
	contentWords     = 2
)

// Extracted is the sentence that says what the customer wanted to know.
type Extracted struct {
	// Text is the sentence as written, trimmed.
	Text string
	// Message is the index of the message it stands in.
	Message int
	// Score is the sum of the rules that fired; at least 1.
	Score int
}

// Extract finds the customer's question in a conversation whose first failure (a reply that gives up, a request for a
// person, a repetition, a hand-off) is message firstFailure; len(messages) when no message is to blame. Each customer
// sentence is scored: +3 asks, +2 in the last customer message strictly before the failure, +1 in the first customer
// message, −3 fewer than two content words, −3 courtesy. The highest score wins, ties go to the earliest; below 1
// there is no question and ok is false.
func Extract(messages []Message, firstFailure int) (best Extracted, ok bool) {
	return ExtractRead(lo.Map(messages, func(m Message, _ int) *text.Reading {
		if !m.Customer {
			return nil
		}
		r := text.Read(m.Text)
		return &r
	}), firstFailure)
}

// ExtractRead is Extract of messages that have been read; those of others than the customer are nil.
func ExtractRead(said []*text.Reading, firstFailure int) (best Extracted, ok bool) {
	first, lastAttempt := -1, -1
	for i, message := range said {
		if message == nil {
			continue
		}
		if first < 0 {
			first = i
		}
		if i < firstFailure {
			lastAttempt = i
		}
	}
	for i, message := range said {
		if message == nil {
			continue
		}
		position := 0
		if i == lastAttempt {
			position += scoreLastAttempt
		}
		if i == first {
			position += scoreOpening
		}
		for sentence := range message.Sentences() {
			needed := max(scoreNeeded, best.Score+1)
			if position+scoreAsks < needed {
				break // whatever the sentence is
			}
			if score := position + sentenceScore(sentence, needed-position); score >= needed {
				best, ok = Extracted{Text: strings.TrimSpace(sentence.Original), Message: i, Score: score}, true
			}
		}
	}
	return best, ok
}

// sentenceScore is right as far as it matters: a score below the needed one may be too high, as the rest only lowers it.
func sentenceScore(sentence *text.Reading, needed int) int {
	score := 0
	if asks(sentence) {
		score += scoreAsks
	}
	if score >= needed && !says(sentence, contentWords) {
		score += scoreEmpty
	}
	if score >= needed && courtesy(sentence) {
		score += scoreCourtesy
	}
	return score
}

// says reports whether a sentence has n words of its normal form.
func says(sentence *text.Reading, n int) bool {
	for _, w := range sentence.Words {
		if w.Is(text.Content) && !w.Is(text.Stop) {
			if n--; n == 0 {
				return true
			}
		}
	}
	return false
}

// asks reports whether a sentence has the form of a question: a question mark among its last marks, or a question word
// in front ("what's" is "what"; "can't" is a complaint, not "can").
func asks(sentence *text.Reading) bool {
	s := strings.TrimSpace(sentence.Original)
	if strings.ContainsAny(s[lastWordEnd(s):], "?？؟") {
		return true
	}
	switch strings.TrimSuffix(opening(sentence, s), "'s") {
	case "how", "what", "why", "when", "where", "hows", "whats", "wheres", "can", "could", "do", "does", "is", "are":
		return true
	}
	return false
}

// opening is the first word of the sentence s that begins with a letter or digit.
func opening(sentence *text.Reading, s string) string {
	if c := s[0]; 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' { // then it is the first of the reading too
		for _, w := range sentence.Words {
			if w.Is(text.Content) {
				return sentence.Form(w)
			}
		}
	}
	words := text.Words(firstWord(s))
	if len(words) == 0 {
		return ""
	}
	return words[0]
}

// firstWord is the sentence up to the first space, so that the rest need not be folded.
func firstWord(sentence string) string {
	sentence = strings.TrimLeftFunc(sentence, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if end := strings.IndexFunc(sentence, unicode.IsSpace); end >= 0 {
		return sentence[:end]
	}
	return sentence
}

// lastWordEnd is the index just after the last letter or digit.
func lastWordEnd(sentence string) int {
	end := strings.LastIndexFunc(sentence, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
	if end < 0 {
		return 0
	}
	return end + 1
}
