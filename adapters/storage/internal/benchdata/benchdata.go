// Package benchdata makes conversations for measurements: six messages and about 1.5 KB each, as a busy help desk has
// them. The same number always gives the same conversation.
package benchdata

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Source makes conversations spread evenly over a stretch of time.
type Source struct {
	Org   tenant.ID
	Start time.Time
	// Step is the time from one conversation to the next.
	Step time.Duration
	// Topics is how many there are, 30 when 0.
	Topics int
}

var vocabulary = func() []string {
	rng := rand.New(rand.NewPCG(1, 2))
	syllables := strings.Fields("re fund or der pay ment in voice ac count log pass word ship ping de liv er can cel sub scrip tion up date tech ni cal sup port can not find my the wrong item late broken help please thanks when where how")
	words := make([]string, 5000)
	for i := range words {
		var b strings.Builder
		for range 1 + rng.IntN(4) {
			b.WriteString(syllables[rng.IntN(len(syllables))])
		}
		words[i] = b.String()
	}
	return words
}()

func say(rng *rand.Rand, n int) string {
	var b strings.Builder
	for b.Len() < n {
		// Frequent words come first: the square of a uniform number is small more often than large.
		x := rng.Float64()
		b.WriteString(vocabulary[int(x*x*float64(len(vocabulary)))])
		b.WriteByte(' ')
	}
	return b.String()
}

// Conversation is the nth conversation as the use cases would store it when it is new.
func (s Source) Conversation(n int) conversation.Conversation {
	rng := rand.New(rand.NewPCG(uint64(n), 7))
	start := s.Start.Add(time.Duration(n) * s.Step)
	key := conversation.Key{Org: s.Org, Platform: conversation.Platforms()[rng.IntN(3)], ID: fmt.Sprintf("conversation-%09d", n)}
	stamp := conversation.Stamp{Trust: conversation.Signed, At: start.Add(10 * time.Minute)}
	topics := s.Topics
	if topics == 0 {
		topics = 30
	}
	state := func(v string) conversation.Said[string] { return conversation.State(&v, stamp) }
	facts := conversation.Facts{
		CustomerID: state(fmt.Sprintf("customer-%d", rng.IntN(1+n/3))), AIAgentID: state("agent-1"),
		Topic: state(fmt.Sprintf("topic %02d", rng.IntN(topics))), Subtopic: state(fmt.Sprintf("subtopic %02d", rng.IntN(100))),
	}
	priority := conversation.Priorities()[rng.IntN(4)]
	facts.Priority = conversation.State(&priority, stamp)
	escalated := rng.IntN(6) == 0
	if rng.IntN(3) == 0 {
		facts.Rating = conversation.State(&conversation.Rating{Score: 1 + rng.IntN(5), Scale: conversation.Native5}, stamp)
	}
	senders := []conversation.Sender{conversation.Customer, conversation.AI, conversation.Customer, conversation.AI, conversation.Customer, conversation.AI}
	if escalated {
		senders[5] = conversation.HumanAgent
	}
	messages := make([]conversation.Message, len(senders))
	at := start
	for i, sender := range senders {
		messages[i] = conversation.Message{ID: fmt.Sprint("m", i), Sender: sender, Content: say(rng, 200+rng.IntN(50)), At: at}
		at = at.Add(time.Duration(20+rng.IntN(100)) * time.Second)
	}
	patch := conversation.NewPatch(key, facts, messages, stamp, stamp.At)
	c := conversation.Merge(nil, &patch)
	seconds := func(n int) *int64 { v := int64(n); return &v }
	c.Findings = conversation.Findings{
		Handler: conversation.AIOnly, Attribution: conversation.PartyAI, CustomerTurns: 3,
		FirstResponseSeconds: seconds(20 + rng.IntN(100)), ResolutionSeconds: seconds(100 + rng.IntN(500)),
		Outcome:   conversation.OutcomeFinding{Kind: conversation.OutcomeAssumed},
		Sentiment: conversation.SentimentFinding{Label: conversation.Sentiments()[rng.IntN(4)], Language: "en", LanguageSupported: true},
	}
	if escalated {
		c.Findings.Handler = conversation.AIThenHuman
		c.Findings.Escalation = conversation.EscalationFinding{
			Escalated: true, At: messages[5].At, Turn: 3, Primary: conversation.KnowledgeGap, Signals: []conversation.Signal{conversation.HumanAfterAI},
		}
		c.Findings.Outcome.Kind = conversation.OutcomeEscalated
	}
	return *c
}

// Change stores the nth conversation, or replaces what is stored with it.
func (s Source) Change(n int) conversation.Change {
	c := s.Conversation(n)
	return conversation.Change{Key: c.Key, Fn: func(*conversation.Conversation) (*conversation.Conversation, error) { return &c, nil }}
}
