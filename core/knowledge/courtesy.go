package knowledge

import (
	"strings"
	"unicode/utf8"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/text"
)

// courtesy reports sentences that carry no question: requests for a person, and thanks, in earnest or not.
func courtesy(sentence string) bool {
	words := text.Words(sentence)
	return opensWithThanks(words) || complains(" "+strings.Join(words, " ")+" ") || asksForPerson(words)
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

func complains(line string) bool {
	return lo.SomeBy([]string{
		" thanks for nothing ", " no thanks to you ", " useless ", " waste of time ",
		" not helpful ", " not very helpful ", " not at all helpful ",
	}, func(phrase string) bool { return strings.Contains(line, phrase) })
}

// reach is how many characters may stand between "talk" and "person" for the two to belong together.
const reach = 20

// asksForPerson looks for a verb of contact shortly before a word for a person ("put me through to a manager"), for
// "real person" and the like, or for such a word alone. "Are you a human" and "I don't want to talk to" are no requests.
func asksForPerson(words []string) bool {
	asked := -1 // characters since the last verb of contact, −1 before any
	for i, w := range words {
		if isPerson(w) || w == "support" {
			before := ""
			if i > 0 {
				before = words[i-1]
			}
			switch {
			case before == "human" || before == "live" || before == "real":
				return true
			case w != "support" && (asked >= 0 && asked <= reach || len(words) == 1):
				return true
			}
		}
		if asked >= 0 {
			asked += utf8.RuneCountInString(w) + 1
		}
		if isContact(w) && !(i > 0 && refuses(words[:i])) {
			asked = 1
		}
	}
	return false
}

func isPerson(word string) bool {
	switch word {
	case "human", "person", "agent", "representative", "rep", "someone", "operator", "manager", "supervisor":
		return true
	}
	return false
}

func isContact(word string) bool {
	switch word {
	case "talk", "speak", "chat", "connect", "transfer", "get", "put":
		return true
	}
	return false
}

// refuses reports a negation among the three words before a verb: "don't want to talk".
func refuses(before []string) bool {
	return lo.SomeBy(before[max(0, len(before)-3):], func(w string) bool {
		return w == "don't" || w == "dont" || w == "not" || w == "never"
	})
}
