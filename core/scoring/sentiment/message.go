package sentiment

import (
	"strings"

	"github.com/csm-monitor/csm-monitor/core/text"
	"github.com/csm-monitor/csm-monitor/core/text/cue"
)

// negatedThanksCompound is the highest compound of a message that says the answer was no help, whatever polite words
// it uses to say so.
const negatedThanksCompound = -0.4

// MessageCompound is the compound of one English customer message, −1 to 1, not rounded: VADER with the words that
// only name the matter in support ("help", "problem", "cancel") muted, and at most −0.4 for thanks that are none
// ("thanks for nothing"). Unicode form, white space and the form of apostrophes do not change it.
func MessageCompound(message string) float64 {
	s := text.NFKC(message)
	return supportCompound(s, cue.Find(s).NegatedThanks != "")
}

// NegatedThanks is the compound of a message after the rule for thanks that are none: at most −0.4.
func NegatedThanks(message string, compound float64) float64 {
	if _, found := cue.NegatedThanks(message); found {
		return min(compound, negatedThanksCompound)
	}
	return compound
}

// supportCompound expects a normalised text.
func supportCompound(s string, negatedThanks bool) float64 {
	if strings.Contains(s, "’") {
		s = strings.ReplaceAll(s, "’", "'") // the lexicon and the negations write don't
	}
	c := supportWords.compound(s)
	if negatedThanks {
		c = min(c, negatedThanksCompound)
	}
	return c
}
