package monitor

import (
	"slices"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/escalation"
	"github.com/csm-monitor/csm-monitor/core/knowledge"
	"github.com/csm-monitor/csm-monitor/core/outcome"
	"github.com/csm-monitor/csm-monitor/core/roi"
	"github.com/csm-monitor/csm-monitor/core/scoring/csat"
	"github.com/csm-monitor/csm-monitor/core/scoring/sentiment"
	"github.com/csm-monitor/csm-monitor/core/tenant"
	"github.com/csm-monitor/csm-monitor/core/text"
	"github.com/csm-monitor/csm-monitor/core/text/cue"
)

// Read puts together what each idea of the core finds in a conversation. It is pure: the same conversation and settings
// give the same findings.
func Read(c conversation.Conversation, settings tenant.Settings) conversation.Findings {
	return new(reading).read(&c, settings)
}

// read is Read in a room that was used before.
func (m *Monitor) read(c *conversation.Conversation, settings tenant.Settings) conversation.Findings {
	r, ok := m.rooms.Get().(*reading)
	if !ok {
		r = new(reading)
	}
	defer m.rooms.Put(r)
	return r.read(c, settings)
}

// reading is the room in which a conversation is read. It may be used again: the findings keep nothing of it.
type reading struct {
	c       *conversation.Conversation
	reader  text.Reader
	senders []conversation.Sender
	// words and cues are of the messages of customers and of the automated side; those of others are not read.
	words    []text.Reading
	cues     []cue.Found
	turns    []escalation.Turn
	touches  []csat.Turn
	answers  []outcome.Turn
	said     []*text.Reading // by the customer; nil where somebody else wrote
	listener sentiment.Listener
	mood     sentiment.Finding
	// handover is where the conversation was handed over, before is the mood as it was then.
	handover int
	before   sentiment.Finding
	f        conversation.Findings
}

// longRoom is the number of messages from which on a room is not kept.
const longRoom = 200

func (r *reading) read(c *conversation.Conversation, settings tenant.Settings) conversation.Findings {
	defer r.leave()
	r.c = c
	n := len(c.Messages)
	r.words, r.cues, r.turns = sized(r.words, n), sized(r.cues, n), sized(r.turns, n)
	r.touches, r.answers, r.said, r.senders = sized(r.touches, n), sized(r.answers, n), sized(r.said, n), sized(r.senders, n)
	size := 0
	for i := range c.Messages {
		size += len(c.Messages[i].Content)
	}
	r.reader.Grow(size)
	for i := range c.Messages {
		m := &c.Messages[i]
		r.senders[i] = m.Sender
		switch {
		case m.Sender == conversation.Customer:
			r.words[i] = r.reader.Read(m.Content)
			r.said[i] = &r.words[i]
			r.cues[i] = cue.OfCustomer(&r.words[i])
		case m.Sender.Automated():
			r.words[i] = r.reader.Read(m.Content)
			r.cues[i] = cue.OfBot(&r.words[i])
		}
		r.turns[i] = escalation.ReadTurn(m.Sender, m.Order, r.cues[i])
		r.touches[i] = csat.Turn{Sender: m.Sender, At: m.Order}
		r.answers[i] = outcome.TurnOf(m.Sender, &r.words[i], r.cues[i])
	}
	r.handover = escalation.Handover(r.turns)
	r.handler()
	r.sentiment()
	r.escalation(settings)
	r.outcome()
	r.failure()
	r.durations()
	return r.f
}

// sized is list with room for n cleared places.
func sized[T any](list []T, n int) []T { return slices.Grow(list[:0], n)[:n] }

// leave clears the room for the next conversation.
func (r *reading) leave() {
	if len(r.words) > longRoom {
		*r = reading{}
		return
	}
	clear(r.words)
	clear(r.cues)
	clear(r.turns)
	clear(r.touches)
	clear(r.answers)
	clear(r.said)
	r.listener.Reset()
	r.reader.Reset()
	r.c, r.mood, r.before, r.f = nil, sentiment.Finding{}, sentiment.Finding{}, conversation.Findings{}
}

func (r *reading) handler() {
	facts := &r.c.Facts
	r.f.Handler, r.f.HandlerConflict = csat.Handler(r.senders, csat.Flags{
		AIHandled: facts.AIHandled.Get(), AIAgent: facts.AIAgentID.OK(), Escalated: facts.Escalated.Get(),
	})
	r.f.CustomerTurns = escalation.CustomerTurns(r.senders)
	if !facts.Rating.OK() {
		return
	}
	r.f.Attribution = csat.Attribution(r.f.Handler, facts.Rating.Value.Subject)
	ratedAt := facts.Rating.Value.At
	if ratedAt.IsZero() {
		ratedAt = r.c.EndedAt
	}
	r.f.LastTouch = csat.LastTouch(r.touches, ratedAt)
}

func (r *reading) sentiment() {
	for i, sender := range r.senders {
		if i == r.handover {
			r.before = r.listener.Finding()
		}
		r.listener.Hear(sentiment.Turn{Sender: sentiment.Sender(sender), Read: &r.words[i], Cues: r.cues[i]})
	}
	r.mood = r.listener.Finding()
	if r.handover == len(r.turns) {
		r.before = r.mood
	}
	r.f.Sentiment = conversation.SentimentFinding{
		Label: conversation.Sentiment(r.mood.Label), Compound: r.mood.Compound, Last: r.mood.Last,
		Frustration: r.mood.Frustration, Language: r.mood.Language, LanguageSupported: r.mood.LanguageSupported,
		Evidence: lo.Map(r.mood.Cues, func(c sentiment.Cue, _ int) conversation.Evidence {
			return conversation.Evidence{Signal: conversation.Signal(c.Kind), Message: c.MessageIndex, Words: c.Words}
		}),
	}
}

func (r *reading) escalation(settings tenant.Settings) {
	facts := &r.c.Facts
	f := escalation.Verdict(r.turns, escalation.Stated{
		Escalated: facts.Escalated.Get(), HandedOff: facts.HandedOffAt.OK(), HandedOffAt: facts.HandedOffAt.Value,
	})
	if f.Escalated {
		f.Primary, f.Secondary = escalation.Why(escalation.Causes{
			Declared: escalation.MapReason(facts.EscalationReason.Value),
			Policy:   facts.Topic.OK() && slices.Contains(settings.PolicyTopics, facts.Topic.Value),
			Signals:  r.signalsBefore(),
		})
	}
	r.f.Escalation = f
}

// signalsBefore is what fired before the hand-off, in the order of the reasons they speak for.
func (r *reading) signalsBefore() []conversation.Signal {
	gaveUp, asked := false, false
	for _, t := range r.turns[:r.handover] {
		gaveUp = gaveUp || t.GaveUp != ""
		asked = asked || t.HumanRequest != ""
	}
	var out []conversation.Signal
	for _, s := range []struct {
		fired  bool
		signal conversation.Signal
	}{
		{r.c.Facts.AIFailed.Value, conversation.TechnicalError},
		{gaveUp, conversation.BotGaveUp},
		{r.before.Points.BotLoop > 0, conversation.BotLoop},
		{r.before.Points.Repetition > 0, conversation.CustomerRepeated},
		{r.before.Label == sentiment.Negative || r.before.Label == sentiment.Frustrated, conversation.NegativeSentiment},
		{asked, conversation.HumanRequest},
	} {
		if s.fired {
			out = append(out, s.signal)
		}
	}
	return out
}

func (r *reading) outcome() {
	r.f.Outcome = outcome.Read(r.answers, outcome.Stated{
		Handler: r.f.Handler, Escalated: r.f.Escalation.Escalated, Unmet: r.f.Escalation.UnmetRequest,
		Rating: r.c.Facts.Rating.Get(), PlatformConfirmed: r.c.Facts.FirstContactResolution.Value,
		Unhappy: r.f.Sentiment.Label.Unhappy(), Repeated: r.mood.Points.Repetition > 0,
	})
}

func (r *reading) failure() {
	if !r.f.Handler.AIInvolved() {
		return
	}
	gaveUp := slices.ContainsFunc(r.turns, func(t escalation.Turn) bool { return t.GaveUp != "" })
	var score *int
	if rating := r.c.Facts.Rating.Get(); rating != nil {
		score = &rating.Score
	}
	r.f.Failure.Kinds = lo.Map(knowledge.Failures(knowledge.Evidence{
		AIInvolved: true, Escalated: r.f.Escalation.Escalated, Rating: score,
		Unhappy: r.f.Sentiment.Label.Unhappy(), BotGaveUp: gaveUp, CustomerRepeated: r.mood.Points.Repetition > 0,
	}), func(f knowledge.Failure, _ int) conversation.Failure { return conversation.Failure(f) })
	question, ok := knowledge.ExtractRead(r.said, r.firstFailure())
	if ok {
		r.f.Failure.Question, r.f.Failure.At = question.Text, r.c.Messages[question.Message].Order
	}
}

// firstFailure is the first message that shows the AI failing: a reply that gives up, a request for a person, a
// repetition or the hand-off itself.
func (r *reading) firstFailure() int {
	first := r.handover
	for i, t := range r.turns[:first] {
		if t.GaveUp != "" || t.HumanRequest != "" {
			first = i
			break
		}
	}
	for _, c := range r.mood.Cues {
		if c.Kind == sentiment.KindRepetition {
			first = min(first, c.MessageIndex)
		}
	}
	return first
}

func (r *reading) durations() {
	facts := &r.c.Facts
	switch {
	case facts.ResolutionSeconds.OK():
		r.f.ResolutionSeconds = lo.ToPtr(int64(facts.ResolutionSeconds.Value))
	case facts.ClosedAt.OK():
		r.f.ResolutionSeconds = lo.ToPtr(wholeSeconds(facts.ClosedAt.Value.Sub(r.c.StartedAt)))
	}
	switch {
	case facts.HandleSeconds.OK():
		r.f.HandleSeconds = lo.ToPtr(int64(facts.HandleSeconds.Value))
	case slices.Contains(r.senders, conversation.HumanAgent):
		worked := roi.HandleTime(lo.Map(r.c.Messages, func(m conversation.Message, _ int) roi.Turn {
			return roi.Turn{Human: m.Sender == conversation.HumanAgent, At: m.Order.Sub(r.c.StartedAt)}
		}))
		r.f.HandleSeconds = lo.ToPtr(wholeSeconds(worked))
	}
	r.f.FirstResponseSeconds = firstResponse(r.c.Messages)
}

func wholeSeconds(d time.Duration) int64 { return int64(max(d, 0) / time.Second) }

// firstResponse is from the customer's first message to the first answer; nil unless the source timed both.
func firstResponse(messages []conversation.Message) *int64 {
	asked := 0
	for asked < len(messages) && messages[asked].Sender != conversation.Customer {
		asked++
	}
	if asked == len(messages) || messages[asked].At.IsZero() {
		return nil
	}
	for i := range messages[asked:] {
		m := &messages[asked+i]
		if m.Sender.Automated() || m.Sender == conversation.HumanAgent {
			if m.At.IsZero() {
				return nil
			}
			return lo.ToPtr(wholeSeconds(m.At.Sub(messages[asked].At)))
		}
	}
	return nil
}
