package escalation

import (
	"slices"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/outcome"
	"github.com/csm-monitor/csm-monitor/core/scoring/sentiment"
	"github.com/csm-monitor/csm-monitor/core/text"
	"github.com/csm-monitor/csm-monitor/core/text/cue"
)

const (
	// samePrompt is the similarity of words from which an automated message says an earlier one again.
	samePrompt = 0.9
	// promptsKept bounds the earlier messages compared, so that a conversation of thousands is read in linear time.
	promptsKept = 64
)

// See reads what the messages show. To judge a conversation as it was at some moment, pass the messages up to then:
// nothing of what came later is looked at. over says that no more is to come, so that silence after an automated
// message is the customer's answer. The rates of the topic are the caller's to fill in.
func See(messages []conversation.Message, over bool) Seen {
	var s Seen
	var prompts [][]string
	senders := make([]conversation.Sender, len(messages))
	said := make([]sentiment.Message, len(messages))
	thanked := false
	for i, m := range messages {
		senders[i] = m.Sender
		said[i] = sentiment.Message{Sender: sentiment.Sender(m.Sender), Text: m.Content}
		found := cue.Find(m.Content)
		switch {
		case m.Sender == conversation.Customer:
			thanked = found.Thanks != ""
			s.HumanRequest = s.HumanRequest || found.HumanRequest != ""
			if outcome.Denies(m.Content) {
				s.Denials++
			}
		case m.Sender.Automated():
			s.BotGaveUp = s.BotGaveUp || found.BotGaveUp != ""
			s.hear(outcome.ReadAnswer(m.Content))
			words := text.NormalForm(m.Content)
			if slices.ContainsFunc(prompts, func(p []string) bool { return text.Jaccard(p, words) >= samePrompt }) {
				s.RepeatedPrompts++
			}
			if len(words) > 0 && len(prompts) < promptsKept {
				prompts = append(prompts, words)
			}
		}
	}
	mood := sentiment.Score(said)
	s.Repeated = mood.Points.Repetition > 0
	s.LastNegative = mood.Last != nil && sentiment.LabelOf(*mood.Last) == sentiment.Negative
	s.CustomerTurns = CustomerTurns(senders)
	s.Unanswered = over && !s.Settled && !thanked && s.CustomerTurns > 0 && senders[len(senders)-1].Automated()
	return s
}

func (s *Seen) hear(a outcome.Answer) {
	switch {
	case a.Refused != "":
		s.Refusals++
		s.Settled = false
	case a.Granted != "":
		s.Settled = true
	}
}
