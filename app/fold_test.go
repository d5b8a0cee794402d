package app

import (
	"math/big"
	"sort"
	"strconv"
	"testing"
	"time"

	"github.com/csm-monitor/csm-monitor/adapters/wire"
)

// sent is a line of an imported file, as far as the fold needs it.
type sent struct {
	ConversationID string      `json:"conversation_id"`
	CustomerID     string      `json:"customer_id"`
	Topic          string      `json:"topic"`
	CSATScore      int         `json:"csat_score"`
	Escalated      *bool       `json:"escalated"`
	CostUSD        wire.Number `json:"cost_usd"`
	Messages       []struct {
		SenderType string    `json:"sender_type"`
		Content    string    `json:"content"`
		Timestamp  time.Time `json:"timestamp"`
	} `json:"messages"`
}

func (s sent) start() time.Time { return s.Messages[0].Timestamp }
func (s sent) end() time.Time   { return s.Messages[len(s.Messages)-1].Timestamp }

// parties says who dealt with it: an automated answer counts once the customer has spoken, a person always.
func (s sent) parties() (ai, human, aiFirst bool) {
	spoken := false
	for _, m := range s.Messages {
		switch m.SenderType {
		case "customer":
			spoken = true
		case "ai", "bot":
			if spoken && !human {
				aiFirst = true
			}
			ai = ai || spoken
		case "human_agent":
			human = true
		}
	}
	return ai, human, aiFirst
}

func (s sent) escalated() bool {
	ai, human, aiFirst := s.parties()
	return s.Escalated != nil && *s.Escalated || ai && human && aiFirst
}

// fold counts a file by rules written down here once more, and nothing of the product's own counting: what was stated
// comes from the file; what only reading a text can tell (mood, how it ended, failed questions) from what the API shows
// of each single conversation.
type fold struct {
	n, ai, escalated, escalatedAI, contained int
	// ratings by whom they judge: ai, human, mixed.
	ratings              map[string][]int
	unhappy, mooded      int
	resolved, settled    int
	failed               int
	credited, gross      int
	conservative         int
	cost                 *big.Rat
	priced               bool
	firstResponse        []float64
	topics               map[string]*fold
	days                 map[string]*fold
	humanPerContactCents int64
}

func newFold() *fold {
	return &fold{ratings: map[string][]int{}, cost: new(big.Rat), topics: map[string]*fold{}, days: map[string]*fold{}}
}

// foldOf counts all conversations, by topic and by day as well.
func foldOf(t *testing.T, file []sent, shown map[string]wire.Conversation) *fold {
	t.Helper()
	back := returns(file)
	all := newFold()
	for i, s := range file {
		found, ok := shown[s.ConversationID]
		if !ok {
			t.Fatalf("%s is not in the listing", s.ConversationID)
		}
		all.add(s, found, back[i])
		under(all.topics, s.Topic).add(s, found, back[i])
		under(all.days, s.start().UTC().Format(time.DateOnly)).add(s, found, back[i])
	}
	return all
}

func under(m map[string]*fold, name string) *fold {
	if m[name] == nil {
		m[name] = newFold()
	}
	return m[name]
}

func (f *fold) add(s sent, found wire.Conversation, back bool) {
	ai, human, _ := s.parties()
	escalated := s.escalated()
	f.n++
	if escalated {
		f.escalated++
	}
	if s.CSATScore != 0 {
		party := map[[2]bool]string{{true, false}: "ai", {false, true}: "human", {true, true}: "mixed"}[[2]bool{ai, human}]
		f.ratings[party] = append(f.ratings[party], s.CSATScore)
	}
	if found.Sentiment != nil {
		f.mooded++
		if *found.Sentiment == "negative" || *found.Sentiment == "frustrated" {
			f.unhappy++
		}
	}
	if s.CostUSD != "" {
		cost, _ := new(big.Rat).SetString(string(s.CostUSD))
		f.cost.Add(f.cost, cost)
		f.priced = true
	}
	f.waited(s)
	if !ai {
		return
	}
	f.ai++
	if escalated {
		f.escalatedAI++
	} else {
		f.contained++
	}
	if found.Findings.FailedQuestion != nil {
		f.failed++
	}
	kind := ""
	if found.Findings.Outcome.Kind != nil {
		kind = *found.Findings.Outcome.Kind
	}
	f.settled++
	if kind == "confirmed" || kind == "assumed" {
		f.resolved++
	}
	if human {
		return
	}
	f.gross++
	if kind == "confirmed" && !back {
		f.conservative++
	}
	if (kind == "confirmed" || kind == "assumed") && !back {
		f.credited++
	}
}

// waited notes the time from the customer's first message to the first answer.
func (f *fold) waited(s sent) {
	var asked time.Time
	for _, m := range s.Messages {
		switch {
		case m.SenderType == "customer" && asked.IsZero():
			asked = m.Timestamp
		case m.SenderType != "customer" && m.SenderType != "system" && !asked.IsZero():
			f.firstResponse = append(f.firstResponse, m.Timestamp.Sub(asked).Seconds())
			return
		}
	}
}

// returns says of each conversation whether the same customer began another one on the topic within 72 hours after its
// end.
func returns(file []sent) []bool {
	type contact struct{ customer, topic string }
	starts := map[contact][]int{}
	for i, s := range file {
		if s.CustomerID != "" {
			c := contact{s.CustomerID, s.Topic}
			starts[c] = append(starts[c], i)
		}
	}
	out := make([]bool, len(file))
	for _, of := range starts {
		for _, i := range of {
			for _, j := range of {
				after := file[j].start().Sub(file[i].end())
				out[i] = out[i] || i != j && after >= 0 && after < 72*time.Hour
			}
		}
	}
	return out
}

func (f *fold) rated(parties ...string) []int {
	var out []int
	for _, p := range parties {
		out = append(out, f.ratings[p]...)
	}
	return out
}

// check compares one plain number of an answer: exact text for whole numbers and money, half a unit of the last place
// shown for everything else. want is nil where nothing is known.
func check(t *testing.T, where string, figures wire.Figures, name string, want *big.Rat, decimals int) {
	t.Helper()
	figure, ok := figures.Get(name)
	if !ok {
		t.Errorf("%s: there is no %s", where, name)
		return
	}
	if want == nil {
		if figure.Number != "" {
			t.Errorf("%s: %s is %s, and nothing is known of it", where, name, figure.Number)
		}
		return
	}
	got, ok := new(big.Rat).SetString(string(figure.Number))
	if !ok {
		t.Errorf("%s: %s is %q, want %s", where, name, figure.Number, want.FloatString(decimals))
		return
	}
	half := new(big.Rat).SetFrac64(1, 2)
	for range decimals {
		half.Quo(half, big.NewRat(10, 1))
	}
	if diff := new(big.Rat).Sub(got, want); diff.Abs(diff).Cmp(half) > 0 {
		t.Errorf("%s: %s is %s, want %s", where, name, figure.Number, want.FloatString(decimals+2))
	}
}

func whole(n int) *big.Rat { return big.NewRat(int64(n), 1) }

// share is x of n in per cent, nil of none.
func share(x, n int) *big.Rat {
	if n == 0 {
		return nil
	}
	return big.NewRat(100*int64(x), int64(n))
}

func mean(ratings []int) *big.Rat {
	if len(ratings) == 0 {
		return nil
	}
	sum := 0
	for _, r := range ratings {
		sum += r
	}
	return big.NewRat(int64(sum), int64(len(ratings)))
}

func satisfied(ratings []int) *big.Rat {
	n := 0
	for _, r := range ratings {
		if r >= 4 {
			n++
		}
	}
	return share(n, len(ratings))
}

// money is what the AI cost, what people would have, the difference and its ratio to the cost.
func (f *fold) money() (ai, human, savings, percent *big.Rat) {
	if f.n == 0 {
		return nil, nil, nil, nil
	}
	human = new(big.Rat).Mul(whole(f.credited), big.NewRat(f.humanPerContactCents, 100))
	if !f.priced {
		return nil, human, nil, nil
	}
	savings = new(big.Rat).Sub(human, f.cost)
	if f.cost.Sign() > 0 {
		percent = new(big.Rat).Quo(new(big.Rat).Mul(savings, whole(100)), f.cost)
	}
	return f.cost, human, savings, percent
}

func (f *fold) checkDashboard(t *testing.T, where string, d wire.Figures) {
	t.Helper()
	all := f.rated("ai", "human", "mixed")
	check(t, where, d, "total_conversations", whole(f.n), 0)
	check(t, where, d, "ai_conversations", whole(f.ai), 0)
	check(t, where, d, "escalated_conversations", whole(f.escalated), 0)
	check(t, where, d, "rated_conversations", whole(len(all)), 0)
	check(t, where, d, "failed_conversations", whole(f.failed), 0)
	check(t, where, d, "avg_csat_score", mean(all), 2)
	check(t, where, d, "csat_pct", satisfied(all), 1)
	check(t, where, d, "ai_avg_csat", mean(f.rated("ai")), 2)
	check(t, where, d, "human_avg_csat", mean(f.rated("human")), 2)
	check(t, where, d, "escalation_rate", share(f.escalated, f.n), 1)
	check(t, where, d, "ai_escalation_rate", share(f.escalatedAI, f.ai), 1)
	check(t, where, d, "containment_rate", share(f.contained, f.ai), 1)
	check(t, where, d, "involvement_rate", share(f.ai, f.n), 1)
	check(t, where, d, "resolution_rate", share(f.resolved, f.settled), 1)
	check(t, where, d, "negative_sentiment_rate", share(f.unhappy, f.mooded), 1)
	f.checkMedian(t, where, d)
	f.checkCosts(t, where, d)
}

// checkMedian allows for the width of a class of the histogram behind medians, a twelfth.
func (f *fold) checkMedian(t *testing.T, where string, d wire.Figures) {
	t.Helper()
	sort.Float64s(f.firstResponse)
	want := f.firstResponse[(len(f.firstResponse)-1)/2]
	figure, _ := d.Get("median_first_response_seconds")
	got, err := strconv.ParseFloat(string(figure.Number), 64)
	if err != nil || got < want/1.09-1 || got > want*1.09+1 {
		t.Errorf("%s: median_first_response_seconds is %q, want about %v", where, figure.Number, want)
	}
}

func (f *fold) checkCosts(t *testing.T, where string, figures wire.Figures) {
	t.Helper()
	ai, human, savings, percent := f.money()
	check(t, where, figures, "total_ai_cost", ai, 2)
	check(t, where, figures, "total_estimated_human_cost", human, 2)
	check(t, where, figures, "cost_savings", savings, 2)
	check(t, where, figures, "roi_percentage", percent, 1)
}
