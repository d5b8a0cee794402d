//go:build unix

package main

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// span is the stretch of time that conversations lie in, however many there are: an organisation that grows has more of
// them a day, not more days.
const span = 92 * 24 * time.Hour

// epoch is when the first conversation begins.
func epoch() time.Time { return time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC) }

// source makes bodies of conversations: six messages and about 1.5 KB each. The same seed and number always give the
// same body.
type source struct {
	seed uint64
	// step is the time from one conversation to the next.
	step      time.Duration
	words     []string
	questions []string
}

// newSource makes a source whose first n conversations fill the span.
func newSource(seed uint64, n int) *source {
	r := rand.New(rand.NewPCG(seed, 0))
	s := &source{seed: seed, step: span / time.Duration(max(n, 1)), words: words(r, 5000)}
	for range 200 {
		s.questions = append(s.questions, "How do I "+strings.TrimSpace(string(s.say(nil, r, 40)))+"?")
	}
	return s
}

func words(r *rand.Rand, n int) []string {
	syllables := strings.Fields("re fund or der pay ment in voice ac count log pass word ship ping de liv er can cel sub scrip tion " +
		"up date tech ni cal sup port find wrong item late bro ken size colour lin ter mar gen tal vo")
	out := make([]string, n)
	for i := range out {
		for range 1 + r.IntN(4) {
			out[i] += syllables[r.IntN(len(syllables))]
		}
	}
	return out
}

// say appends about n bytes of text.
func (s *source) say(b []byte, r *rand.Rand, n int) []byte {
	for end := len(b) + n; len(b) < end; b = append(b, ' ') {
		x := r.Float64() // its square is small more often than large: some words are frequent
		b = append(b, s.words[int(x*x*float64(len(s.words)))]...)
	}
	return b
}

// append adds the nth body.
func (s *source) append(b []byte, n int) []byte {
	r := rand.New(rand.NewPCG(s.seed, uint64(n)+1))
	at := epoch().Add(time.Duration(n) * s.step)
	text := func(name, value string, number int) {
		b = append(append(append(append(b, `,"`...), name...), `":"`...), value...)
		b = append(strconv.AppendInt(b, int64(number), 10), '"')
	}
	b = append(b, `{"platform":"custom"`...)
	text("conversation_id", "conversation-", n)
	text("customer_id", "customer-", r.IntN(1+n/3))
	text("topic", "topic-", r.IntN(30))
	text("ai_agent_id", "agent-", r.IntN(3))
	b = append(append(append(b, `,"priority":"`...), []string{"low", "medium", "high", "urgent"}[r.IntN(4)]...), '"')
	if r.IntN(3) == 0 {
		b = strconv.AppendInt(append(b, `,"csat_score":`...), int64(1+r.IntN(5)), 10)
	}
	if r.IntN(2) == 0 {
		b = strconv.AppendInt(append(b, `,"cost_usd":0.0`...), int64(1+r.IntN(9)), 10)
	}
	b = append(b, `,"messages":[`...)
	handed, failed := r.IntN(6) == 0, r.IntN(12) == 0
	for i := range 6 {
		sender := []string{"customer", "ai"}[i%2]
		if handed && i == 5 {
			sender = "human_agent"
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, `{"sender_type":"`...), sender...), `","timestamp":"`...)
		b = append(at.AppendFormat(b, time.RFC3339), `","content":"`...)
		switch {
		case i == 0:
			b = append(b, s.questions[r.IntN(len(s.questions))]...)
			b = s.say(append(b, ' '), r, 90)
		case i == 1 && failed:
			b = append(b, "I'm sorry, I don't have information about that. "...)
			b = s.say(b, r, 80)
		case i == 4 && handed:
			b = append(b, "I want to speak to a human agent please. "...)
			b = s.say(b, r, 80)
		default:
			b = s.say(b, r, 100+r.IntN(50))
		}
		b = append(b, `"}`...)
		at = at.Add(time.Duration(20+r.IntN(100)) * time.Second)
	}
	return append(b, "]}"...)
}

// lines are the bodies from one number to another as NDJSON.
func (s *source) lines(from, to int) []byte {
	out := make([]byte, 0, (to-from)*1700)
	for n := from; n < to; n++ {
		out = append(s.append(out, n), '\n')
	}
	return out
}
