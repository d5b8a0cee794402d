package sentiment

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/csm-monitor/csm-monitor/core/text"
)

// Vader is the compound score of an English text by the unmodified VADER rules, −1 (most negative) to 1, rounded to
// four decimals. It follows the reference program of C.J. Hutto, version 3.3.2, in its oddities too; a text without
// words scores 0. Source: Hutto & Gilbert, ICWSM 2014.
func Vader(s string) float64 {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(plainWords.compound(s), 'f', 4, 64), 64)
	return rounded + 0 // not −0
}

// Normalise maps a sum of valences to the compound scale: sum/√(sum²+15), in −1 to 1.
func Normalise(sum float64) float64 {
	if math.Abs(sum) > 1e150 { // whose square would overflow
		return math.Copysign(1, sum)
	}
	return max(-1, min(1, sum/math.Sqrt(sum*sum+alpha)))
}

// compound is that of a text as it stands.
func (d *dictionary) compound(s string) float64 {
	s = nameEmoji(s)
	var room [64]word
	return compound(d.split(room[:0], s), s)
}

// compoundOf is the compound of a message in its normal form.
func (d *dictionary) compoundOf(r *text.Reading) float64 {
	var room [64]word
	words, foreign := d.tokens(room[:0], r)
	s := r.Text
	if foreign {
		s = nameEmoji(s)
	}
	return compound(words, s)
}

// compound is that of the words of the text s, in which emoji have been named.
func compound(words []word, s string) float64 {
	if len(words) == 0 {
		return 0
	}
	var room [64]float64
	values := valences(room[:0], words)
	weighBut(words, values)
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	switch {
	case sum > 0:
		sum += emphasis(s)
	case sum < 0:
		sum -= emphasis(s)
	}
	return Normalise(sum)
}

func valences(into []float64, words []word) []float64 {
	shouts := mixesCapitals(words)
	for i, w := range words {
		v := 0.0
		if w.lexical && !w.muted && w.boost == 0 && !isWord(words, i, "kind", "of") {
			v = valence(words, i, shouts)
		}
		into = append(into, v)
	}
	return into
}

// mixesCapitals reports whether some but not all words are in capitals; only then do capitals stress a word.
func mixesCapitals(words []word) bool {
	upper := 0
	for _, w := range words {
		if w.upper {
			upper++
		}
	}
	return upper > 0 && upper < len(words)
}

// isWord reports whether the words from i on are these. An i before the first word is no match.
func isWord(words []word, i int, these ...string) bool {
	if i < 0 || i+len(these) > len(words) {
		return false
	}
	for k, this := range these {
		if words[i+k].lower != this {
			return false
		}
	}
	return true
}

// valence is that of the lexical word at i among its neighbours.
func valence(words []word, i int, shouts bool) float64 {
	w := words[i]
	v := w.valence
	if w.lower == "no" && i+1 < len(words) && words[i+1].lexical {
		v = 0 // it negates the next word instead
	}
	if isWord(words, i-1, "no") && !w.polite || isWord(words, i-2, "no") ||
		isWord(words, i-3, "no") && (isWord(words, i-1, "or") || isWord(words, i-1, "nor")) {
		v = w.valence * negation
	}
	if w.upper && shouts {
		v = awayFromZero(v, capsBoost)
	}
	for distance := 1; distance <= 3 && distance <= i; distance++ {
		before := words[i-distance]
		if before.lexical {
			continue
		}
		v += before.scalar(v, distance, shouts)
		v = negated(words, i, distance, v)
		if distance == 3 {
			v = idiomatic(words, i, v)
		}
	}
	if isWord(words, i-1, "least") && !words[i-1].lexical && !isWord(words, i-2, "at") && !isWord(words, i-2, "very") {
		v *= negation
	}
	return v
}

// awayFromZero counts 0 as negative, as the reference does.
func awayFromZero(v, by float64) float64 {
	if v > 0 {
		return v + by
	}
	return v - by
}

// scalar is what a booster or dampener adds to a valence v that stands distance words after it.
func (w word) scalar(v float64, distance int, shouts bool) float64 {
	if w.boost == 0 {
		return 0
	}
	s := w.boost
	if v < 0 {
		s = -s
	}
	if w.upper && shouts {
		if v > 0 {
			s += capsBoost
		} else {
			s -= capsBoost
		}
	}
	switch distance {
	case 2:
		s *= damping2
	case 3:
		s *= damping3
	}
	return s
}

// negated applies the word at distance before i when it is a negation. After "this" or "so" straight before a word,
// the third word before raises the valence whether or not it is "never": the reference binds its conditions that way.
func negated(words []word, i, distance int, v float64) float64 {
	before := words[i-distance]
	soBefore := func(k int) bool { return isWord(words, i-k, "so") || isWord(words, i-k, "this") }
	switch distance {
	case 2:
		if before.lower == "never" && soBefore(1) {
			return v * neverSo
		}
		if isWord(words, i-2, "without", "doubt") {
			return v
		}
	case 3:
		if before.lower == "never" && soBefore(2) || soBefore(1) {
			return v * neverSo
		}
		if before.lower == "without" && (isWord(words, i-2, "doubt") || isWord(words, i-1, "doubt")) {
			return v
		}
	}
	if before.negates || strings.Contains(before.lower, "n't") {
		return v * negation
	}
	return v
}

// idiomatic looks for idioms in the three words before i, at i and after it, then for dampeners of two words.
func idiomatic(words []word, i int, v float64) float64 {
	for _, run := range [...]struct{ start, length int }{{i - 1, 2}, {i - 2, 3}, {i - 2, 2}, {i - 3, 3}, {i - 3, 2}} {
		if value, ok := idiomAt(words, run.start, run.length); ok {
			v = value
			break
		}
	}
	for length := 2; length <= 3; length++ {
		if value, ok := idiomAt(words, i, length); ok {
			v = value
		}
	}
	for _, start := range [...]int{i - 3, i - 2} {
		if words[start].opens && slices.ContainsFunc(dampenerPairs, func(p []string) bool { return isWord(words, start, p...) }) {
			v -= boost
		}
	}
	return v
}

func idiomAt(words []word, start, length int) (float64, bool) {
	if !words[start].opens {
		return 0, false
	}
	for _, known := range idioms {
		if len(known.words) == length && isWord(words, start, known.words...) {
			return known.valence, true
		}
	}
	return 0, false
}

// maxTangled bounds the words for which weighBut looks up equal valences as the reference does, which takes quadratic
// time. With more of them than this the compound is decided anyway.
const maxTangled = 256

// weighBut weakens what stands before the first "but" and strengthens what stands after it. The reference looks each
// valence up by its value and changes the first that is equal; so does this.
func weighBut(words []word, values []float64) {
	but := slices.IndexFunc(words, func(w word) bool { return w.lower == "but" })
	if but < 0 {
		return
	}
	valued := 0
	for _, v := range values {
		if v != 0 {
			valued++
		}
	}
	for i, v := range values {
		if v == 0 {
			continue
		}
		at := i
		if valued <= maxTangled {
			at = slices.Index(values, v)
		}
		switch {
		case at < but:
			values[at] = v * beforeBut
		case at > but:
			values[at] = v * afterBut
		}
	}
}

func emphasis(s string) float64 {
	e := exclamation * float64(min(strings.Count(s, "!"), maxExclamations))
	switch q := strings.Count(s, "?"); {
	case q > 3:
		e += questions
	case q > 1:
		e += question * float64(q)
	}
	return e
}
