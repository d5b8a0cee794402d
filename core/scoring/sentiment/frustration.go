package sentiment

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/csm-monitor/csm-monitor/core/text"
	"github.com/csm-monitor/csm-monitor/core/text/cue"
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
	c := read(messages)
	return c.points, c.cues
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

func (c *conversation) customer(i int, s string) {
	if c.loop != nil && c.points.BotLoop == 0 {
		c.points.BotLoop = 1
		c.cues = append(c.cues, *c.loop)
	}
	found := cue.Find(s)
	c.texts, c.found = append(c.texts, s), append(c.found, found)

	if words := c.repeated(s); words != "" {
		c.add(&c.points.Repetition, 2, 4, Cue{KindRepetition, i, words})
	}
	if words := capitals(s); words != "" {
		c.add(&c.points.Capitals, 1, 2, Cue{KindCapitals, i, words})
	}
	if run := punctuationRun(s); run != "" {
		c.add(&c.points.Punctuation, 1, 2, Cue{KindPunctuation, i, run})
	}
	if found.HumanRequest != "" {
		points := 2
		if c.points.HumanRequest > 0 {
			points = 1
		}
		c.add(&c.points.HumanRequest, points, 3, Cue{KindHumanRequest, i, found.HumanRequest})
	}
	if found.NegatedThanks != "" {
		c.add(&c.points.NegatedThanks, 2, 4, Cue{KindNegatedThanks, i, found.NegatedThanks})
	}
}

// add scores a sign up to its cap and keeps it as evidence when it added anything.
func (c *conversation) add(to *int, points, limit int, evidence Cue) {
	if *to >= limit {
		return
	}
	*to = min(limit, *to+points)
	evidence.Words = shorten(evidence.Words)
	c.cues = append(c.cues, evidence)
}

// repeated returns the words a customer message shares with the earlier one that it repeats, or "".
func (c *conversation) repeated(s string) string {
	if c.points.Repetition >= 4 {
		return ""
	}
	words := text.NormalForm(s)
	count, now := len(words), distinct(words)
	defer func() { c.earlier = append(c.earlier, now) }()
	if count < repeatedTokens {
		return ""
	}
	for _, before := range recent(c.earlier) {
		if now.jaccard(before) >= repeatedSimilarity {
			return strings.Join(now.shared(before), " ")
		}
	}
	return ""
}

// reply notes the first automated message that says what an earlier one said. Replies of nothing but greetings have
// no tokens to compare and are no loop.
func (c *conversation) reply(i int, s string) {
	if c.loop != nil {
		return
	}
	now := distinct(text.NormalForm(s))
	if len(now) == 0 {
		return
	}
	for _, before := range recent(c.automated) {
		if now.jaccard(before) >= loopSimilarity {
			c.loop = &Cue{KindBotLoop, i, shorten(strings.TrimSpace(s))}
			return
		}
	}
	c.automated = append(c.automated, now)
}

func recent(earlier []tokens) []tokens { return earlier[max(0, len(earlier)-lookBack):] }

// tokens are the distinct content words of a message in the order of the alphabet.
type tokens []string

// distinct reuses the list of words.
func distinct(words []string) tokens {
	slices.Sort(words)
	return slices.Compact(words)
}

func (t tokens) jaccard(other tokens) float64 {
	if min(len(t), len(other))*2 < max(len(t), len(other)) {
		return 0 // below every similarity asked for
	}
	shared := t.eachShared(other, func(string) {})
	return float64(shared) / float64(len(t)+len(other)-shared)
}

func (t tokens) shared(other tokens) []string {
	var words []string
	t.eachShared(other, func(word string) { words = append(words, word) })
	return words
}

func (t tokens) eachShared(other tokens, visit func(word string)) int {
	n := 0
	for i, j := 0, 0; i < len(t) && j < len(other); {
		switch {
		case t[i] < other[j]:
			i++
		case t[i] > other[j]:
			j++
		default:
			visit(t[i])
			n++
			i++
			j++
		}
	}
	return n
}

// capitals returns the words in capitals of a message that is written in capitals, or "".
func capitals(s string) string {
	letters, upper := 0, 0
	for _, r := range s {
		if r < utf8.RuneSelf {
			if 'A' <= r && r <= 'Z' {
				letters++
				upper++
			} else if 'a' <= r && r <= 'z' {
				letters++
			}
			continue
		}
		if unicode.IsLetter(r) {
			letters++
			if unicode.IsUpper(r) {
				upper++
			}
		}
	}
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

// punctuationRun returns the first run of two or more of ! and ?, or "".
func punctuationRun(s string) string {
	for i := 0; i < len(s); i++ {
		end := i
		for end < len(s) && (s[end] == '!' || s[end] == '?') {
			end++
		}
		if end-i > 1 {
			return s[i:end]
		}
		i = end
	}
	return ""
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
	return s[:cut] + "…"
}
