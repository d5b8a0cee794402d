package metric_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/money"
)

var noon = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)

func maybe[T any](t *rapid.T, name string, list ...T) conversation.Said[T] {
	if !rapid.Bool().Draw(t, name+" stated") {
		return conversation.Said[T]{}
	}
	v := rapid.SampledFrom(list).Draw(t, name)
	return conversation.State(&v, conversation.Stamp{Trust: conversation.Signed, At: noon})
}

func seconds(t *rapid.T, name string) *int64 {
	if !rapid.Bool().Draw(t, name+" known") {
		return nil
	}
	s := rapid.SampledFrom([]int64{-1, 0, 1, 59, 600, metric.MaxSeconds, metric.MaxSeconds + 1, 1 << 62}).Draw(t, name)
	return &s
}

// anyConversation is drawn from everything a reading can find, sensible or not.
func anyConversation(t *rapid.T) conversation.Conversation {
	start := noon.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "start")) * 10 * time.Minute)
	c := conversation.Conversation{
		Key:       conversation.Key{Platform: rapid.SampledFrom(conversation.Platforms()).Draw(t, "platform"), ID: "1"},
		StartedAt: start, EndedAt: start.Add(time.Hour), Trust: rapid.SampledFrom([]conversation.Trust{1, 2, 3}).Draw(t, "trust"),
		Facts: conversation.Facts{
			Rating:                 maybe(t, "rating", conversation.Rating{Score: 1, Scale: conversation.Native5}, conversation.Rating{Score: 5, Scale: conversation.Mapped7}),
			Sentiment:              maybe(t, "sentiment", conversation.Sentiments()...),
			FirstContactResolution: maybe(t, "first contact", true, false),
			Topic:                  maybe(t, "topic", "billing", "login", ""),
			Priority:               maybe(t, "priority", conversation.Priorities()...),
			Cost:                   maybe(t, "cost", money.Micro(0), 7, conversation.MaxCostMicro),
			ClosedAt:               maybe(t, "closed", start),
			Offered:                maybe(t, "offered", true, false),
			TokensIn:               maybe(t, "tokens", int64(0), 5, conversation.MaxTokens),
			NextContact:            maybe(t, "next", start.Add(2*time.Hour), start.Add(100*time.Hour), start.Add(1000*time.Hour)),
		},
	}
	f := &c.Findings
	f.Handler = rapid.SampledFrom(append(conversation.Handlers(), "")).Draw(t, "handler")
	f.HandlerConflict = rapid.Bool().Draw(t, "conflict")
	f.Attribution = rapid.SampledFrom(metric.Parties()).Draw(t, "attribution")
	f.CustomerTurns = rapid.IntRange(0, 30).Draw(t, "turns")
	f.FirstResponseSeconds, f.ResolutionSeconds, f.HandleSeconds = seconds(t, "first response"), seconds(t, "resolution"), seconds(t, "handle")
	f.Escalation = conversation.EscalationFinding{
		Escalated: rapid.Bool().Draw(t, "escalated"), Declared: rapid.Bool().Draw(t, "declared"), Turn: rapid.IntRange(0, 30).Draw(t, "turn"),
		Primary: rapid.SampledFrom(conversation.Reasons()).Draw(t, "reason"), AnswersBefore: rapid.IntRange(-1, 2).Draw(t, "answers"),
		At: rapid.SampledFrom([]time.Time{{}, start, start.Add(time.Hour)}).Draw(t, "at"),
	}
	f.Sentiment.Label = rapid.SampledFrom(append(conversation.Sentiments(), "")).Draw(t, "label")
	f.Outcome.Kind = rapid.SampledFrom(append(conversation.Outcomes(), "")).Draw(t, "outcome")
	f.Failure.Kinds = rapid.SliceOfN(rapid.SampledFrom(conversation.Failures()), 0, 3).Draw(t, "failures")
	c.Messages = make([]conversation.Message, rapid.IntRange(0, 4).Draw(t, "messages"))
	for i := range c.Messages {
		c.Messages[i].Sender = rapid.SampledFrom(conversation.Senders()).Draw(t, "sender")
	}
	return c
}

func TestContributionIsAVectorThatCanBeStored(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyConversation(t)
		cell := metric.Contribution(&c)
		b, err := cell.Values.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := metric.DecodeVector(b)
		if err != nil || !slices.Equal(got, cell.Values) {
			t.Fatalf("wanted %v, got %v, %v", cell.Values, got, err)
		}
		if cell.Values.At(metric.Conversations) != 1 || cell.Key.Bucket != metric.Bucket(cell.Key.Bucket) || cell.Key.Topic == "" || cell.Key.Handler == "" {
			t.Fatalf("the cell is %+v", cell)
		}
	})
}

// What a conversation adds must be consistent: parts sum to their wholes.
func TestPartsSumToWholes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyConversation(t)
		v := metric.Contribution(&c).Values
		sum := func(measures ...metric.Measure) (n int64) {
			for _, m := range measures {
				n += v.At(m)
			}
			return n
		}
		var byReason, byTurn, endedAtTurn, byOutcome, byLabel, rated int64
		for _, r := range conversation.Reasons() {
			byReason += v.At(metric.EscalatedFor(r))
		}
		for turn := range metric.MaxTurn + 2 {
			byTurn += v.At(metric.EscalatedAtTurn(turn))
			endedAtTurn += v.At(metric.EndedAtTurn(turn))
		}
		for _, o := range conversation.Outcomes() {
			byOutcome += v.At(metric.Ended(o))
		}
		for _, s := range append(conversation.Sentiments(), "") {
			byLabel += v.At(metric.SentimentLabel(s))
			rated += v.At(metric.RatedWithLabel(s))
		}
		var stars int64
		for _, p := range metric.Parties() {
			for _, n := range v.Histogram(p, nil) {
				stars += n
			}
		}
		for name, pair := range map[string][2]int64{
			"escalated by reason":             {v.At(metric.EscalatedAI), byReason},
			"escalated by turn":               {v.At(metric.EscalatedAI), byTurn},
			"contained by turn":               {v.At(metric.Contained), endedAtTurn},
			"with the AI: escalated or not":   {v.At(metric.AIInvolved), sum(metric.EscalatedAI, metric.Contained)},
			"with the AI by outcome":          {v.At(metric.AIInvolved), byOutcome},
			"all by label":                    {1, byLabel},
			"rated by label":                  {stars, rated},
			"AI-only, resolved: kept or lost": {sum(metric.CreditConfirmed, metric.CreditAssumed, metric.LostConfirmed, metric.LostAssumed), sum(metric.KeptDurable7d, metric.LostDurable7d)},
		} {
			if pair[0] != pair[1] {
				t.Fatalf("%s: %d is not %d", name, pair[0], pair[1])
			}
		}
	})
}

// Adding the deltas of a row of versions gives the last one's contribution, whatever came before.
func TestDeltasAddUpToTheLastVersion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var versions []*conversation.Conversation
		for range rapid.IntRange(1, 4).Draw(t, "versions") {
			c := anyConversation(t)
			versions = append(versions, &c)
		}
		if rapid.Bool().Draw(t, "deleted at last") {
			versions = append(versions, nil)
		}
		cells := map[metric.Key]metric.Vector{}
		var before *conversation.Conversation
		for _, after := range versions {
			deltas, err := metric.Delta(before, after)
			if err != nil || len(deltas) > 2 {
				t.Fatalf("%d deltas, %v", len(deltas), err)
			}
			for _, d := range deltas {
				if len(d.Values) == 0 {
					t.Fatal("an empty delta")
				}
				cells[d.Key] = plus(t, cells[d.Key], d.Values)
			}
			if again, err := metric.Delta(after, after); err != nil || len(again) > 0 {
				t.Fatalf("a replay moves %v, %v", again, err)
			}
			before = after
		}
		for k, v := range cells {
			if len(v) == 0 {
				delete(cells, k)
			}
		}
		if before == nil {
			if len(cells) > 0 {
				t.Fatalf("after the deletion %v is left", cells)
			}
			return
		}
		want := metric.Contribution(before)
		if len(cells) != 1 || !slices.Equal(cells[want.Key], want.Values) {
			t.Fatalf("wanted %v, got %v", want, cells)
		}
	})
}

// Groupings split a sum and never change it.
func TestFoldSplitsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := make([]conversation.Conversation, rapid.IntRange(0, 12).Draw(t, "conversations"))
		for i := range list {
			list[i] = anyConversation(t)
		}
		s := metric.Selection{
			Window: metric.Window{Start: noon.Add(-time.Hour), End: noon.Add(time.Duration(rapid.IntRange(-60, 500).Draw(t, "minutes")) * time.Minute), Zone: time.UTC},
			By: metric.Grouping{
				Day: rapid.Bool().Draw(t, "day"), Topic: rapid.Bool().Draw(t, "topic"), Priority: rapid.Bool().Draw(t, "priority"),
				Handler: rapid.Bool().Draw(t, "by handler"), Platform: rapid.Bool().Draw(t, "by platform"),
			},
		}
		split, err := metric.Fold(list, s)
		if err != nil {
			t.Fatal(err)
		}
		s.By = metric.Grouping{}
		whole, err := metric.Fold(list, s)
		if err != nil {
			t.Fatal(err)
		}
		a, errA := metric.Total(split)
		b, errB := metric.Total(whole)
		if errA != nil || errB != nil || !slices.Equal(a, b) {
			t.Fatalf("the parts sum to %v, the whole is %v (%v, %v)", a, b, errA, errB)
		}
		inside := int64(0)
		for _, c := range list {
			if s.Window.Contains(c.StartedAt) {
				inside++
			}
		}
		if b.At(metric.Conversations) != inside || len(whole) > 1 {
			t.Fatalf("%d conversations in %d cells, wanted %d", b.At(metric.Conversations), len(whole), inside)
		}
		sorted := slices.Clone(split)
		metric.Sort(sorted)
		for i := range split {
			if split[i].Key != sorted[i].Key {
				t.Fatal("the cells are not in the order of Sort")
			}
		}
	})
}

func TestUnknownStandsForWhatIsNotKnown(t *testing.T) {
	k := metric.KeyOf(&conversation.Conversation{StartedAt: noon.Add(14 * time.Minute)})
	if want := (metric.Key{Bucket: noon, Topic: metric.UnknownTopic, Handler: conversation.HandlerUnknown}); k != want {
		t.Errorf("wanted %+v, got %+v", want, k)
	}
}

func TestMeasuresKeepTheirNumbers(t *testing.T) {
	for name, c := range map[string]struct{ got, want metric.Measure }{
		"conversations":         {metric.Conversations, 0},
		"escalated":             {metric.Escalated, 3},
		"AI cost":               {metric.AICost, 19},
		"first rating":          {metric.Ratings(conversation.PartyNone, conversation.Native5, 1), 100},
		"last rating":           {metric.Ratings(conversation.PartyMixed, conversation.Mapped7, 5), 199},
		"label negative":        {metric.SentimentLabel(conversation.Negative), 222},
		"no label":              {metric.SentimentLabel(""), 224},
		"satisfied, no label":   {metric.SatisfiedWithLabel(""), 239},
		"reason unknown":        {metric.EscalatedFor(conversation.UnknownReason), 257},
		"outcome ambiguous":     {metric.Ended(conversation.OutcomeAmbiguous), 274},
		"ended after turn 20":   {metric.EndedAtTurn(99), 343},
		"failed by repetition":  {metric.FailedBy(conversation.FailedRepetition), 364},
		"requested first":       {metric.RequestedFirst, 370},
		"seconds to escalation": {metric.ToEscalation.Sum(), 447},
		"no seconds":            {metric.LogCell(metric.HandleHuman, 0), 1000},
		"30 days to escalation": {metric.LogCell(metric.ToEscalation, metric.MaxSeconds), 5740},
	} {
		if c.got != c.want {
			t.Errorf("%s: the number %d is stored, now it would be %d", name, c.want, c.got)
		}
	}
}
