package selfaudit

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/escalation"
	"github.com/csm-monitor/csm-monitor/core/simulate"
)

// topicFinding is which topics are said to escalate more than the others.
type topicFinding struct {
	planted, found, wrong int
}

func (b *bench) readTopics(ctx context.Context, f *topicFinding) error {
	patterns, err := b.m.EscalationPatterns(ctx, b.window())
	if err != nil {
		return err
	}
	planted := b.plan.Restless()
	f.planted = len(planted)
	for _, t := range patterns.Topics {
		lift, ok := t.Figures.Get("lift")
		if !ok || !lift.Estimate.Known() || !t.Significant || *lift.Estimate.Value <= 1 {
			continue
		}
		if slices.Contains(planted, t.Topic) {
			f.found++
		} else {
			f.wrong++
		}
	}
	return nil
}

// calmFinding counts organisations in which no topic differs from the others, and how many of them have one named all
// the same, in either direction.
type calmFinding struct{ organisations, named int }

// The calm organisations of a seed: how many, and how large.
const (
	calmOrganisations = 20
	calmTopics        = 12
	calmConversations = 90
)

// calm makes up counts only.
func calm(seed uint64) calmFinding {
	r := rand.New(rand.NewPCG(seed, 8))
	f := calmFinding{organisations: calmOrganisations}
	for range calmOrganisations {
		topics := lo.Times(calmTopics, func(i int) escalation.Topic {
			t := escalation.Topic{Name: strconv.Itoa(i), Total: calmConversations}
			for range calmConversations {
				if r.Float64() < simulate.UsualEscalation {
					t.Escalated++
				}
			}
			return t
		})
		if lo.ContainsBy(escalation.StandOut(topics), func(s escalation.Standing) bool { return s.Significant }) {
			f.named++
		}
	}
	return f
}
