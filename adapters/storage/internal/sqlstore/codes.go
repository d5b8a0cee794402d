package sqlstore

import (
	"fmt"
	"slices"

	"github.com/csm-monitor/csm-monitor/core/conversation"
)

// Words of the vocabulary are stored as their place in these lists, from 1; 0 is the empty word. The numbers are in
// every database, so lists only grow at the end.
var (
	platformCodes  = []conversation.Platform{conversation.Zendesk, conversation.Intercom, conversation.Freshdesk, conversation.Custom, conversation.SDK}
	handlerCodes   = []conversation.Handler{conversation.AIOnly, conversation.AIThenHuman, conversation.HumanThenAI, conversation.HumanOnly, conversation.HandlerUnknown}
	sentimentCodes = []conversation.Sentiment{conversation.Positive, conversation.Neutral, conversation.Negative, conversation.Frustrated}
	priorityCodes  = []conversation.Priority{conversation.Low, conversation.Medium, conversation.High, conversation.Urgent}
	outcomeCodes   = []conversation.Outcome{
		conversation.OutcomeConfirmed, conversation.OutcomeAssumed, conversation.OutcomeAbandoned,
		conversation.OutcomeEscalated, conversation.OutcomeAmbiguous,
	}
	reasonCodes = []conversation.Reason{
		conversation.PolicyRequired, conversation.TechnicalFault, conversation.KnowledgeGap, conversation.RepeatedFailure,
		conversation.NegativeMood, conversation.CustomerRequested, conversation.OtherReason, conversation.UnknownReason,
	}
)

// code is the number of a word; ok is false for one that has none.
func code[T ~string](list []T, word T) (int64, bool) {
	if word == "" {
		return 0, true
	}
	i := slices.Index(list, word)
	return int64(i) + 1, i >= 0
}

// mustCode is code as an error, for words that are about to be stored.
func mustCode[T ~string](list []T, word T, err *error) int64 {
	n, ok := code(list, word)
	if !ok && *err == nil {
		*err = fmt.Errorf("store: %q is not a word of the vocabulary", string(word))
	}
	return n
}

// decode is the word of a number; one beyond the list reads as the empty word.
func decode[T ~string](list []T, n int64) T {
	if n < 1 || n > int64(len(list)) {
		return ""
	}
	return list[n-1]
}
