package sentiment

import (
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
	r := text.Read(message)
	return supportCompound(&r, cue.OfCustomer(&r).NegatedThanks != "")
}

// NegatedThanks is the compound of a message after the rule for thanks that are none: at most −0.4.
func NegatedThanks(message string, compound float64) float64 {
	if _, found := cue.NegatedThanks(message); found {
		return min(compound, negatedThanksCompound)
	}
	return compound
}

func supportCompound(r *text.Reading, negatedThanks bool) float64 {
	c := supportWords.compoundOf(r)
	if negatedThanks {
		c = min(c, negatedThanksCompound)
	}
	return c
}
