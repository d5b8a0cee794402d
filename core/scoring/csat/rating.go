package csat

import (
	"fmt"
	"math"
	"strconv"

	"github.com/csm-monitor/csm-monitor/core/conversation"
)

// A platform's own words for a rating become a score from 1 to 5 with the scale it came from. An offer without an answer has
// a scale and no score (ok is false).

// ZendeskLegacy reads good, bad, offered and unoffered.
func ZendeskLegacy(raw string) (score int, ok bool, err error) {
	switch raw {
	case "good":
		return 5, true, nil
	case "bad":
		return 1, true, nil
	case "offered", "unoffered":
		return 0, false, nil
	default:
		return 0, false, fmt.Errorf("csat: %q is not one of good, bad, offered, unoffered", raw)
	}
}

// Survey maps answer r of a survey with k points, 2, 3 or 5, to 1 + 4(r−1)/(k−1).
func Survey(r, k int) (score int, scale conversation.Scale, err error) {
	switch k {
	case 2:
		scale = conversation.Mapped2
	case 3:
		scale = conversation.Mapped3
	case 5:
		scale = conversation.Native5
	default:
		return 0, "", fmt.Errorf("csat: a survey has 2, 3 or 5 points, not %d", k)
	}
	if r < 1 || r > k {
		return 0, "", fmt.Errorf("csat: answer %d of a survey with %d points", r, k)
	}
	return 1 + 4*(r-1)/(k-1), scale, nil
}

// Freshdesk maps its seven points, 103 (best) to −103, to the nearest of five. The vendor's own grouping into happy,
// neutral and unhappy is kept.
func Freshdesk(raw int) (score int, err error) {
	switch raw {
	case 103:
		return 5, nil
	case 102, 101:
		return 4, nil
	case 100:
		return 3, nil
	case -101, -102:
		return 2, nil
	case -103:
		return 1, nil
	default:
		return 0, fmt.Errorf("csat: %d is not one of 103, 102, 101, 100, -101, -102, -103", raw)
	}
}

// Native reads a score that is already 1 to 5. It must be whole: 4.0 is, 4.5 is not.
func Native(raw string) (score int, err error) {
	x, err := strconv.ParseFloat(raw, 64)
	if err != nil || x != math.Trunc(x) || x < 1 || x > 5 {
		return 0, fmt.Errorf("csat: %q is not a whole number from 1 to 5", raw)
	}
	return int(x), nil
}
