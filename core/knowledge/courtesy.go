package knowledge

import (
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/text"
	"github.com/csm-monitor/csm-monitor/core/text/cue"
)

// courtesy reports sentences that carry no question of their own: requests for a person, and thanks, in earnest or not.
// A complaint that also says what is wrong ("my last card payment still does not work") is a question.
func courtesy(sentence string) bool {
	if _, asked := cue.HumanRequest(sentence); asked || opensWithThanks(text.Words(sentence)) {
		return true
	}
	words, complains := cue.NegatedThanks(sentence)
	if !complains {
		return false
	}
	left, _ := lo.Difference(text.NormalForm(sentence), text.NormalForm(words))
	return len(left) < contentWords
}

// opensWithThanks looks for thanks behind at most a few interjections; a question that only ends in "thanks" is a question.
func opensWithThanks(words []string) bool {
	for _, w := range words {
		switch w {
		case "thank", "thanks", "thx", "cheers":
			return true
		case "ok", "okay", "great", "perfect", "oh", "well", "no", "yes", "many", "alright", "cool", "awesome":
		default:
			return false
		}
	}
	return false
}
