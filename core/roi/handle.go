package roi

import (
	"time"

	"github.com/csm-monitor/csm-monitor/core/money"
)

// Turn is one message of a transcript as far as handle time needs it.
type Turn struct {
	// Human says that a human agent wrote it.
	Human bool
	// At is the time since any fixed instant, such as the start of the conversation.
	At time.Duration
}

// A human message counts as at least this much work, and at most that: a longer silence is waiting, not work.
const (
	minTurn = 15 * time.Second
	maxTurn = 300 * time.Second
)

// HandleTime estimates the time people worked on a conversation whose platform does not say: for each human message
// the gap since the previous message of anyone, at least 15 s and at most 300 s. A human message that opens the
// transcript counts 15 s. Without human messages it is 0.
func HandleTime(turns []Turn) time.Duration {
	var total time.Duration
	for i, turn := range turns {
		if !turn.Human {
			continue
		}
		gap := minTurn
		if i > 0 {
			gap = turn.At - turns[i-1].At
		}
		total += min(max(gap, minTurn), maxTurn)
	}
	return total
}

// Prior is how many contacts the organisation's mean counts for when it is blended into a topic's own mean, and how
// many the topic needs to do without it.
const Prior = 20

// ShrinkHandle returns the mean handle time to use for a topic with n measured contacts: its own mean from n = 20 on,
// below that (n · mean + 20 · orgMean) / (n + 20), and orgMean itself without any.
func ShrinkHandle(n int64, mean, orgMean money.Exact) money.Exact {
	switch {
	case n >= Prior:
		return mean
	case n <= 0:
		return orgMean
	}
	blend := money.Whole(n).Mul(mean).Add(money.Whole(Prior).Mul(orgMean))
	return blend.Mul(money.Ratio(1, n+Prior))
}
