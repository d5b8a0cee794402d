package knowledge

import (
	"strings"
	"unicode"

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
	first, lastAttempt := -1, -1
	for i, m := range messages {
		if !m.Customer {
			continue
		}
		if first < 0 {
			first = i
		}
		if i < firstFailure {
			lastAttempt = i
		}
	}
	for i, m := range messages {
		if !m.Customer {
			continue
		}
		position := 0
		if i == lastAttempt {
			position += scoreLastAttempt
		}
		if i == first {
			position += scoreOpening
		}
		for _, sentence := range Sentences(m.Text) {
			score := position + sentenceScore(sentence)
			if score >= scoreNeeded && (!ok || score > best.Score) {
				best, ok = Extracted{Text: sentence, Message: i, Score: score}, true
			}
		}
	}
	return best, ok
}

func sentenceScore(sentence string) int {
	score := 0
	if asks(sentence) {
		score += scoreAsks
	}
	if len(text.NormalForm(sentence)) < contentWords {
		score += scoreEmpty
	}
	if courtesy(sentence) {
		score += scoreCourtesy
	}
	return score
}

// Sentences cuts text after each . ? or ! that a space follows, and at line breaks. Sentences are trimmed and not empty.
func Sentences(s string) []string {
	var sentences []string
	keep := func(sentence string) {
		if sentence = strings.TrimSpace(sentence); sentence != "" {
			sentences = append(sentences, sentence)
		}
	}
	start, ended := 0, false
	for i, r := range s {
		if r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029' || ended && unicode.IsSpace(r) {
			keep(s[start:i])
			start = i
		}
		ended = r == '.' || r == '?' || r == '!'
	}
	keep(s[start:])
	return sentences
}

// asks reports whether a sentence has the form of a question: a question mark among its last marks, or a question word
// in front ("what's" is "what"; "can't" is a complaint, not "can").
func asks(sentence string) bool {
	if strings.ContainsAny(sentence[lastWordEnd(sentence):], "?？؟") {
		return true
	}
	words := text.Words(firstWord(sentence))
	if len(words) == 0 {
		return false
	}
	switch strings.TrimSuffix(words[0], "'s") {
	case "how", "what", "why", "when", "where", "hows", "whats", "wheres", "can", "could", "do", "does", "is", "are":
		return true
	}
	return false
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
