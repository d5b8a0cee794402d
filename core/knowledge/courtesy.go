package knowledge

import (
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/text"
	"github.com/csm-monitor/csm-monitor/core/text/cue"
)

// courtesy reports sentences that carry no question of their own: requests for a person, and thanks, in earnest or not.
// A complaint that also says what is wrong ("my last card payment still does not work") is a question.
func courtesy(sentence *text.Reading) bool {
	if opensWithThanks(sentence) {
		return true
	}
	cues := cue.OfCustomer(sentence)
	if cues.HumanRequest != "" {
		return true
	}
	if cues.NegatedThanks == "" {
		return false
	}
	left, _ := lo.Difference(sentence.Forms(nil, text.Stop), text.NormalForm(cues.NegatedThanks))
	return len(left) < contentWords
}

// opensWithThanks looks for thanks behind at most a few interjections; a question that only ends in "thanks" is a question.
func opensWithThanks(sentence *text.Reading) bool {
	for _, w := range sentence.Words {
		if !w.Is(text.Content) {
			continue
		}
		switch sentence.Form(w) {
		case "thank", "thanks", "thx", "cheers":
			return true
		case "ok", "okay", "great", "perfect", "oh", "well", "no", "yes", "many", "alright", "cool", "awesome":
		default:
			return false
		}
	}
	return false
}
