package predict_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/samber/lo"
	"pgregory.net/rapid"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/scoring/predict"
)

// talk builds a conversation, five seconds between messages, from lines "C: text" (customer), "A: text" (AI), "H: text".
func talk(lines ...string) conversation.Conversation {
	senders := map[byte]conversation.Sender{'C': conversation.Customer, 'A': conversation.AI, 'H': conversation.HumanAgent, 'S': conversation.System}
	return conversation.Conversation{StartedAt: start, Messages: lo.Map(lines, func(l string, i int) conversation.Message {
		when := start.Add(time.Duration(i) * 5 * time.Second)
		return conversation.Message{Sender: senders[l[0]], Content: l[3:], At: when, Order: when, Position: i}
	})}
}

func TestLook(t *testing.T) {
	got := predict.Look(talk(
		"C: I need a room, hurry up", "A: I'm sorry, there is no room available.", "C: this is useless, never mind", "A: I don't understand.",
	))
	if got.Compound == nil || got.Mood == nil || *got.Mood >= 0 {
		t.Errorf("mood %v, compound %v", got.Mood, got.Compound)
	}
	got.Compound, got.Mood = nil, nil
	want := predict.Signs{
		Frustration: 2, Impatient: 1, Outcome: conversation.OutcomeAbandoned, News: -1, GaveUp: true, Resigned: true,
		CustomerTurns: 2, FirstAnswerSeconds: lo.ToPtr(5.0),
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestLookAtNothing(t *testing.T) {
	if d := cmp.Diff(predict.Signs{}, predict.Look(conversation.Conversation{})); d != "" {
		t.Error(d)
	}
	untimed := talk("C: hi", "A: hello")
	untimed.Messages[1].At = time.Time{}
	if predict.Look(untimed).FirstAnswerSeconds != nil {
		t.Error("an answer nobody timed took a time")
	}
	backwards := talk("C: hi", "A: hello")
	backwards.Messages[1].At = start.Add(-time.Hour)
	if s := predict.Look(backwards).FirstAnswerSeconds; s == nil || *s != 0 {
		t.Errorf("an answer before the question took %v", s)
	}
}

// TestTheRatingIsNotLookedAt: a conversation looks the same whatever it was rated, and rated or not.
func TestTheRatingIsNotLookedAt(t *testing.T) {
	line := rapid.SampledFrom([]string{"C: how?", "C: thanks", "C: useless", "C: agent please", "A: Press it.", "A: That failed.", "A: It is booked.", "A: I don't know.", "H: hello", "S: joined"})
	rapid.Check(t, func(t *rapid.T) {
		c := talk(rapid.SliceOfN(line, 0, 10).Draw(t, "messages")...)
		before := predict.Look(c)
		stamp := conversation.Stamp{Trust: conversation.Signed, At: start}
		c.Facts.Rating = conversation.State(&conversation.Rating{Score: rapid.IntRange(1, 5).Draw(t, "score")}, stamp)
		if d := cmp.Diff(before, predict.Look(c)); d != "" {
			t.Fatal(d)
		}
		if s, ok := predict.SampleOf(c); !ok || s.Satisfied != (c.Facts.Rating.Value.Score >= 4) {
			t.Fatalf("%+v", s)
		}
	})
	if _, ok := predict.SampleOf(talk("C: hi")); ok {
		t.Error("a sample without a rating")
	}
}

func signs() *rapid.Generator[predict.Signs] {
	return rapid.Custom(func(t *rapid.T) predict.Signs {
		flag := rapid.Bool()
		s := predict.Signs{
			Frustration: rapid.IntRange(0, 16).Draw(t, "frustration"), Impatient: rapid.IntRange(0, 9).Draw(t, "impatient"),
			News: rapid.IntRange(-1, 1).Draw(t, "news"), Escalated: flag.Draw(t, "escalated"), Unmet: flag.Draw(t, "unmet"),
			GaveUp: flag.Draw(t, "gave up"), Resigned: flag.Draw(t, "resigned"),
			Outcome: rapid.SampledFrom(append(conversation.Outcomes(), "")).Draw(t, "outcome"),
		}
		if flag.Draw(t, "text") {
			s.Mood = lo.ToPtr(rapid.Float64Range(-1, 1).Draw(t, "mood"))
		}
		return s
	})
}

// TestJudgeExplainsItself: the parts add up to the score, and no sign of trouble ever lowers it.
func TestJudgeExplainsItself(t *testing.T) {
	base := predict.Judge(predict.Signs{}).Score
	logit := func(p float64) float64 { return math.Log(p / (1 - p)) }
	rapid.Check(t, func(t *rapid.T) {
		s := signs().Draw(t, "signs")
		got := predict.Judge(s)
		if !(got.Score > 0 && got.Score < 1) {
			t.Fatalf("%v", got.Score)
		}
		sum := logit(base) + lo.SumBy(got.Parts, func(p predict.Part) float64 { return p.Points })
		if math.Abs(sum-logit(got.Score)) > 1e-6 {
			t.Fatalf("parts %+v give %v, the score is %v", got.Parts, sum, logit(got.Score))
		}
		for name, change := range map[string]func(*predict.Signs){
			"refused": func(s *predict.Signs) { s.News = -1 }, "escalated": func(s *predict.Signs) { s.Escalated = true },
			"unmet": func(s *predict.Signs) { s.Unmet = true }, "gave up": func(s *predict.Signs) { s.GaveUp = true },
			"resigned": func(s *predict.Signs) { s.Resigned = true }, "frustration": func(s *predict.Signs) { s.Frustration++ },
			"impatience": func(s *predict.Signs) { s.Impatient++ },
		} {
			worse := s
			change(&worse)
			if predict.Judge(worse).Score < got.Score {
				t.Fatalf("%s lowers %v to %v", name, got.Score, predict.Judge(worse).Score)
			}
		}
	})
}

func TestMoment(t *testing.T) {
	c := talk("A: Hello", "C: one", "A: two", "C: three", "C: four", "A: five", "C: six", "A: seven", "H: eight", "C: nine")
	ends := map[int]int{}
	for i := range 300 {
		c.ID = fmt.Sprint(i)
		m := predict.Moment(c)
		ends[len(m)]++
		if len(predict.Moment(c)) != len(m) {
			t.Fatal("a second look sees another moment")
		}
	}
	if len(ends) != 3 || ends[3] < 60 || ends[6] < 60 || ends[8] < 60 {
		t.Errorf("messages seen: %v; want 3, 6 and 8 about as often", ends)
	}
	if m := predict.Moment(conversation.Conversation{}); len(m) != 0 {
		t.Errorf("%v", m)
	}
	if m := predict.Moment(talk("H: hello", "C: hi")); len(m) != 0 {
		t.Errorf("after a person spoke first: %v", m)
	}
	sample := predict.RiskSampleOf(talk("C: one", "A: two", "H: three"))
	if sample.Seen.CustomerTurns != 1 {
		t.Errorf("%+v", sample)
	}
}

func ExampleJudge() {
	found := predict.Judge(predict.Look(talk("C: I need a room for Friday", "A: I'm sorry, there is no room available.", "C: ok, never mind")))
	fmt.Printf("%.2f\n", found.Score)
	for _, p := range found.Parts {
		fmt.Printf("%s %+.1f\n", p.Sign, p.Points)
	}
	// Output:
	// 0.82
	// refused +1.5
	// customer_resigned +1.0
}
