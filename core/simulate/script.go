package simulate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/money"
)

// conversation plays one conversation out.
func (g *Generator) conversation(b beginning) (Case, []conversation.Message) {
	g.number++
	topic := g.plan.Topics[b.topic]
	c := Case{
		ID: fmt.Sprintf("sim-%d-%06d", g.plan.Seed, g.number), Customer: b.customer, Topic: topic.Name,
		Priority: priorities[b.priority].name, Start: b.at,
	}
	c.AIFirst = g.r.Float64() < min(topic.AIFirst*priorities[b.priority].aiFirst, 1)
	c.Escalated = c.AIFirst && g.r.Float64() < topic.Escalation
	c.Score = draw(g.r, g.plan.scores(topic, b.priority, c.AIFirst, c.Escalated, b.at))
	s := &script{g: g, c: &c, at: b.at, subject: g.subjects[topic.Name]}
	s.play(topic)
	c.End = s.at
	g.rate(&c)
	g.cost(&c, topic)
	return c, s.messages
}

func (g *Generator) rate(c *Case) {
	if g.r.Float64() < g.plan.Answer.chance(c.AIFirst, c.Score) {
		c.Rated, c.RatedAt = true, c.End.Add(between(g.r, 2*time.Minute, 30*time.Hour))
	}
}

func (g *Generator) cost(c *Case, t Topic) {
	if c.Handler.AIInvolved() && g.r.Float64() < g.plan.Costs.Reported {
		cents := money.Micro(100+g.r.IntN(1900)) * 100
		c.Cost = &cents
	}
	switch c.Handler {
	case conversation.HumanOnly, conversation.HumanThenAI:
		c.HandleSeconds = seconds(g.r, t.HandleSeconds)
	case conversation.AIThenHuman:
		c.HandleSeconds = seconds(g.r, 0.8*t.HandleSeconds)
	}
}

// script writes the messages of one conversation.
type script struct {
	g        *Generator
	c        *Case
	at       time.Time
	subject  subject
	messages []conversation.Message
}

func (s *script) play(t Topic) {
	if s.c.AIFirst && s.g.r.Float64() < greeted {
		s.say(conversation.Bot, one(s.g.r, greetings()))
	}
	switch {
	case !s.c.AIFirst:
		s.person()
	case s.c.Escalated:
		s.c.Handler = conversation.AIThenHuman
		s.c.Ending = Reached
		s.c.Reason = s.reason(t)
		s.escalate()
		s.reached()
	default:
		s.c.Handler = conversation.AIOnly
		s.c.Ending = s.ending()
		s.end()
	}
	if s.g.r.Float64() < withoutIDs {
		return
	}
	for i := range s.messages {
		s.messages[i].ID = s.c.ID + "-m" + strconv.Itoa(i+1)
	}
}

// say adds a message. The first stands at the beginning of the conversation.
func (s *script) say(by conversation.Sender, text string) {
	if len(s.messages) > 0 {
		switch by {
		case conversation.Customer:
			s.at = s.at.Add(between(s.g.r, 15*time.Second, 2*time.Minute))
		case conversation.HumanAgent:
			s.at = s.at.Add(between(s.g.r, time.Minute, 9*time.Minute))
		default:
			s.at = s.at.Add(between(s.g.r, 2*time.Second, 12*time.Second))
		}
	}
	m := conversation.Message{Sender: by, Content: text, At: s.at}
	if by == conversation.AI {
		m.SenderID = aiAgent
	}
	s.messages = append(s.messages, m)
}

// aiAgent is the name of every simulated organisation's AI.
const aiAgent = "trail-assistant"

// phrase picks one of the plain lines, or now and then a paraphrase, which is noted.
func (s *script) phrase(l lines) string {
	if s.g.r.Float64() < s.g.plan.Paraphrased {
		s.c.Paraphrased = true
		return one(s.g.r, l.paraphrased)
	}
	return one(s.g.r, l.plain)
}

// known asks one of the questions the AI can answer.
func (s *script) known() (ask, answer string) {
	k := s.subject.known[s.g.r.IntN(len(s.subject.known))]
	return s.fill(one(s.g.r, k.asks)), k.answer
}

// gap asks one of the questions it cannot; the first of a topic's is the more frequent one.
func (s *script) gap() string {
	i := 0
	if s.g.r.Float64() < 0.35 {
		i = 1
	}
	s.c.Question = Gap(s.subject.name, i)
	return s.fill(one(s.g.r, s.subject.gaps[i]))
}

// Gap names a planted knowledge gap.
func Gap(topic string, i int) string { return topic + "/" + strconv.Itoa(i+1) }

func (s *script) fill(text string) string {
	if strings.Contains(text, "{n}") {
		text = strings.ReplaceAll(text, "{n}", strconv.Itoa(100000+s.g.r.IntN(900000)))
	}
	if strings.Contains(text, "{item}") {
		text = strings.ReplaceAll(text, "{item}", one(s.g.r, items()))
	}
	return text
}

// person plays a conversation that a person takes up.
func (s *script) person() {
	s.c.Handler, s.c.Ending = conversation.HumanOnly, Reached
	ask, _ := s.known()
	if s.g.r.Float64() < 0.4 {
		ask = s.gap()
	}
	s.say(conversation.Customer, ask)
	s.reached()
	if s.g.r.Float64() < aiAfterHuman {
		s.c.Handler = conversation.HumanThenAI
		s.say(conversation.Customer, one(s.g.r, followUps()))
		s.say(conversation.AI, one(s.g.r, followUpAnswers()))
	}
}

// reached plays a person's part.
func (s *script) reached() {
	s.say(conversation.HumanAgent, one(s.g.r, personReplies()))
	if s.c.Score >= 4 {
		s.say(conversation.Customer, one(s.g.r, thanks().plain))
	}
}

// ending follows from how satisfied the customer is.
func (s *script) ending() Ending {
	endings := [...]Ending{Thanked, Silent, GaveUp, Unmet, Unhappy}
	switch {
	case s.c.Score >= 4:
		return endings[pick(s.g.r, []float64{0.50, 0.46, 0.04, 0, 0})]
	case s.c.Score == 3:
		return endings[pick(s.g.r, []float64{0.10, 0.55, 0.25, 0.10, 0})]
	default:
		return endings[pick(s.g.r, []float64{0, 0.15, 0.35, 0.15, 0.35})]
	}
}

func (s *script) end() {
	if s.c.Ending == GaveUp {
		s.say(conversation.Customer, s.gap())
		s.say(conversation.AI, s.phrase(gaveUp()))
		return
	}
	ask, answer := s.known()
	s.say(conversation.Customer, ask)
	s.say(conversation.AI, answer)
	if s.g.r.Float64() < followUpChance {
		s.say(conversation.Customer, one(s.g.r, followUps()))
		s.say(conversation.AI, one(s.g.r, followUpAnswers()))
	}
	switch s.c.Ending {
	case Thanked:
		s.say(conversation.Customer, s.phrase(thanks()))
	case Unhappy:
		s.say(conversation.Customer, s.phrase(unhappyEnds()))
	case Unmet:
		s.say(conversation.Customer, s.phrase(personRequests()))
		s.say(conversation.AI, one(s.g.r, followUpAnswers()))
	}
}

// The causes of escalations off the topics that policy sends to people.
var causes = [...]struct {
	reason conversation.Reason
	share  float64
}{
	{conversation.KnowledgeGap, 0.40}, {conversation.CustomerRequested, 0.25}, {conversation.RepeatedFailure, 0.13},
	{conversation.NegativeMood, 0.13}, {conversation.TechnicalFault, 0.09},
}

func (s *script) reason(t Topic) conversation.Reason {
	s.c.Declared = s.g.r.Float64() < declaredShare
	if t.Policy {
		return conversation.PolicyRequired
	}
	weights := make([]float64, len(causes))
	for i, c := range causes {
		weights[i] = c.share
	}
	reason := causes[pick(s.g.r, weights)].reason
	if reason == conversation.TechnicalFault {
		s.c.Declared = true // nothing that is said shows it
	}
	return reason
}

// escalate plays what went before a person took over.
func (s *script) escalate() {
	if s.c.Reason == conversation.KnowledgeGap {
		s.say(conversation.Customer, s.gap())
		s.say(conversation.AI, s.phrase(gaveUp()))
		s.say(conversation.AI, one(s.g.r, transfers()))
		return
	}
	ask, answer := s.known()
	s.say(conversation.Customer, ask)
	switch s.c.Reason {
	case conversation.CustomerRequested:
		if s.g.r.Float64() < 0.7 {
			s.say(conversation.AI, answer)
		} else {
			s.say(conversation.AI, one(s.g.r, pending()))
		}
		s.say(conversation.Customer, s.phrase(personRequests()))
	case conversation.RepeatedFailure:
		s.say(conversation.AI, answer)
		s.say(conversation.Customer, "Again: "+ask)
		s.say(conversation.AI, answer)
	case conversation.NegativeMood:
		s.say(conversation.AI, answer)
		s.say(conversation.Customer, s.phrase(complaints()))
	case conversation.TechnicalFault:
		s.say(conversation.AI, one(s.g.r, pending()))
	default:
		s.say(conversation.AI, answer)
	}
	s.say(conversation.AI, one(s.g.r, transfers()))
}

// Sentences lists everything a customer may ask about, for tests that must know it: each question in each wording, with
// the planted gap it belongs to or "".
func Sentences() map[string]string {
	out := map[string]string{}
	for _, s := range catalogue() {
		for _, k := range s.known {
			for _, ask := range k.asks {
				out[ask] = ""
			}
		}
		for i, wordings := range s.gaps {
			for _, ask := range wordings {
				out[ask] = Gap(s.name, i)
			}
		}
	}
	return out
}

// Gaps is how many knowledge gaps are planted.
func Gaps() int {
	n := 0
	for _, s := range catalogue() {
		n += len(s.gaps)
	}
	return n
}

// Restless topics are those planted to escalate more.
func (p Plan) Restless() []string {
	var out []string
	for _, t := range p.Topics {
		if t.Raised {
			out = append(out, t.Name)
		}
	}
	slices.Sort(out)
	return out
}
