package sentiment

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/csm-monitor/csm-monitor/core/text"
)

// A Kind names a sign of frustration.
type Kind string

// The signs of frustration.
const (
	KindRepetition    Kind = "repetition"     // the customer says again what an earlier message of theirs said
	KindCapitals      Kind = "capitals"       // a message in capitals
	KindPunctuation   Kind = "punctuation"    // a run of ! and ?
	KindHumanRequest  Kind = "human_request"  // the customer asks for a person
	KindNegatedThanks Kind = "negated_thanks" // the customer says the answer was no help
	KindBotLoop       Kind = "bot_loop"       // the automated side says the same twice and the customer writes on
)

// A Cue is a sign of frustration where it fired. Words are those of the message that fired, cut to a readable length;
// for a bot loop the message is the second of the two alike.
type Cue struct {
	Kind         Kind
	MessageIndex int
	Words        string
}

// Points are the frustration points of a conversation, by sign and after their caps.
type Points struct {
	Repetition    int // 2 for each message that repeats, at most 4
	Capitals      int // 1 for each message, at most 2
	Punctuation   int // 1 for each message, at most 2
	HumanRequest  int // 2 for the first message, 3 in all from the second on
	NegatedThanks int // 2 for each message, at most 4
	BotLoop       int // 1 once
}

// Total is the sum of the points, 0 to 16.
func (p Points) Total() int {
	return p.Repetition + p.Capitals + p.Punctuation + p.HumanRequest + p.NegatedThanks + p.BotLoop
}

// Frustration returns the frustration points of a conversation and the signs that scored.
func Frustration(messages []Message) (Points, []Cue) {
	l := hear(messages)
	return l.points, l.cues
}

const (
	repeatedSimilarity = 0.6 // token Jaccard from which a customer message repeats an earlier one
	repeatedTokens     = 2   // tokens a message must have to be a repetition
	loopSimilarity     = 0.9 // token Jaccard from which two automated messages are alike

	capitalLetters = 10  // letters a message in capitals must have
	capitalShare   = 0.6 // of them that are capitals
	capitalWords   = 2   // words of two letters and more all in capitals

	// lookBack bounds the earlier messages a message is compared with, so that a conversation of thousands of
	// messages is read in time proportional to its length.
	lookBack = 64

	wordsShown = 80 // bytes of evidence kept with a cue
)

func (l *Listener) customer(t Turn) {
	if l.loop != nil && l.points.BotLoop == 0 {
		l.points.BotLoop = 1
		l.cues = append(l.cues, *l.loop)
	}
	now := gistOf(t.Read)
	words := l.repeated(now)
	l.said = append(l.said, remark{gist: now, unhelped: t.Cues.NegatedThanks != "", thanks: t.Cues.Thanks != ""})
	l.language.Add(t.Read)

	if words != "" {
		l.add(&l.points.Repetition, 2, 4, KindRepetition, words)
	}
	if words := capitals(t.Read.Text); words != "" {
		l.add(&l.points.Capitals, 1, 2, KindCapitals, words)
	}
	if run := punctuationRun(t.Read.Text); run != "" {
		l.add(&l.points.Punctuation, 1, 2, KindPunctuation, run)
	}
	if words := t.Cues.HumanRequest; words != "" {
		points := 2
		if l.points.HumanRequest > 0 {
			points = 1
		}
		l.add(&l.points.HumanRequest, points, 3, KindHumanRequest, words)
	}
	if words := t.Cues.NegatedThanks; words != "" {
		l.add(&l.points.NegatedThanks, 2, 4, KindNegatedThanks, words)
	}
}

// add scores a sign of the message just heard up to its cap and keeps it as evidence when it added anything.
func (l *Listener) add(to *int, points, limit int, sign Kind, words string) {
	if *to >= limit {
		return
	}
	*to = min(limit, *to+points)
	l.cues = append(l.cues, Cue{sign, l.heard, shorten(words)})
}

// repeated returns the words a customer message shares with the earlier one that it repeats, or "".
func (l *Listener) repeated(now gist) string {
	if l.points.Repetition >= 4 || now.words < repeatedTokens {
		return ""
	}
	for _, before := range recent(l.said) {
		if now.similar(before.gist, repeatedSimilarity) {
			return strings.Join(slices.Collect(now.tokens().shared(before.tokens())), " ")
		}
	}
	return ""
}

// reply notes the first automated message that says what an earlier one said. Replies of nothing but greetings have
// no words to compare and are no loop.
func (l *Listener) reply(r *text.Reading) {
	if l.loop != nil {
		return
	}
	now := gistOf(r)
	if now.words == 0 {
		return
	}
	for _, before := range recent(l.replies) {
		if now.similar(before, loopSimilarity) {
			l.loop = &Cue{KindBotLoop, l.heard, shorten(strings.TrimSpace(r.Original))}
			return
		}
	}
	l.replies = append(l.replies, now)
}

func recent[T any](earlier []T) []T { return earlier[max(0, len(earlier)-lookBack):] }

// capitals returns the words in capitals of a message that is written in capitals, or "".
func capitals(s string) string {
	letters, upper := countLetters(s)
	if letters < capitalLetters || float64(upper) < capitalShare*float64(letters) {
		return ""
	}
	var words []string
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) && r != '\'' && r != '’' }) {
		if len(word) > 1 && utf8.RuneCountInString(word) > 1 && isUpper(word) {
			words = append(words, word)
		}
	}
	if len(words) < capitalWords {
		return ""
	}
	return strings.Join(words, " ")
}

// countLetters counts the letters of s and those of them that are capitals.
func countLetters(s string) (letters, capitals int) {
	sum := uint64(0)
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return countRunes(s)
		}
		sum += asciiLetters[s[i]]
	}
	return int(sum & math.MaxUint32), int(sum >> 32)
}

func countRunes(s string) (letters, capitals int) {
	for _, r := range s {
		if unicode.IsLetter(r) {
			letters++
			if unicode.IsUpper(r) {
				capitals++
			}
		}
	}
	return letters, capitals
}

// asciiLetters holds 1 for each letter, and for a capital another 1 in the upper half.
var asciiLetters = func() (n [utf8.RuneSelf]uint64) {
	for c := byte('A'); c <= 'Z'; c++ {
		n[c], n[c+'a'-'A'] = 1<<32|1, 1
	}
	return n
}()

// punctuationRun returns the first run of two or more of ! and ?, or "".
func punctuationRun(s string) string {
	for i := 1; i < len(s); i++ {
		if !asking(s[i]) || !asking(s[i-1]) {
			continue
		}
		end := i + 1
		for end < len(s) && asking(s[end]) {
			end++
		}
		return s[i-1 : end]
	}
	return ""
}

func asking(c byte) bool { return c == '!' || c == '?' }

// shorten cuts evidence to a readable length, at a character's end.
func shorten(s string) string {
	if len(s) <= wordsShown {
		return s
	}
	cut := wordsShown
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
