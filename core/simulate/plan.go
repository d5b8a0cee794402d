package simulate

import (
	"math/rand/v2"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/money"
)

// Plan is what is planted. Shares and chances are 0 to 1.
type Plan struct {
	// Seed decides everything the plan leaves open.
	Seed uint64
	// Start is the first midnight, UTC; Days how many days follow; PerDay the mean number of new conversations on a
	// working day, of which a day at the weekend brings half.
	Start  time.Time
	Days   int
	PerDay float64
	Topics []Topic
	// Answer is how readily customers rate.
	Answer Answer
	Costs  Costs
	// Back72h and Back7d are the chances that a customer whom the AI served is back on the same topic within three days,
	// and between three and seven days.
	Back72h, Back7d float64
	// Paraphrased is the share of telling phrases that are put in words no list of phrases is likely to hold.
	Paraphrased float64
	// Drop, when set, is a fall of satisfaction.
	Drop *Drop
	// Delivery is how badly the conversations arrive.
	Delivery Delivery
}

// Topic is one kind of case.
type Topic struct {
	Name string
	// Share of all conversations.
	Share float64
	// AIFirst is the share that the AI takes up; people take the others.
	AIFirst float64
	// Satisfaction is the mean rating, 1 to 5, that all customers served by people would give at medium priority, and
	// Gap what the mean of those whom the AI served first differs by at every priority.
	Satisfaction, Gap float64
	// Escalation is the share of conversations the AI took up that reach a person; Raised says that it was planted higher
	// than the usual one.
	Escalation float64
	Raised     bool
	// Policy says that people handle the topic by rule, so that every escalation on it is one of policy.
	Policy bool
	// HandleSeconds is the mean working time of a person on a case only people handle.
	HandleSeconds float64
}

// Answer is the chance that a customer rates, by who served them first and whether they are unhappy (a rating of 1 or
// 2). Ratings that depend on the answer they would give are what makes averages of ratings wrong.
type Answer struct {
	AI, AIUnhappy       float64
	Human, HumanUnhappy float64
}

// Costs are what the organisation pays.
type Costs struct {
	HumanHourly money.Micro
	MonthlyFee  money.Micro
	// PerConversation is the price of conversations that report no cost of their own; Reported is the share that do.
	PerConversation money.Micro
	Reported        float64
}

// Drop is a fall of every mean rating by By from At on.
type Drop struct {
	At time.Time
	By float64
}

// Delivery is how deliveries go wrong. Split is the share of conversations that come in two pieces, Repeated the share
// of deliveries that come twice, Late the share that come hours or days late, which also puts them out of order.
type Delivery struct {
	Split, Repeated, Late float64
}

// The priorities in use, what share of a topic each has, what it does to satisfaction and to the share the AI takes up.
var priorities = [...]struct {
	name         conversation.Priority
	share        float64
	satisfaction float64
	aiFirst      float64
}{
	{conversation.Low, 0.30, +0.10, 1.05},
	{conversation.Medium, 0.50, 0, 1},
	{conversation.High, 0.20, -0.35, 0.55},
}

// escalatedLoss is how much lower the mean rating is after an escalation than without one.
const escalatedLoss = 0.6

// Usual and Raised are the planted shares of escalations.
const (
	UsualEscalation  = 0.12
	RaisedEscalation = 0.30
)

// NewPlan is an organisation of ordinary size whose AI gets the easy topics: it looks better than people on average and
// is worse on every one of them. Which topics escalate more, and by how much the AI is behind, differ from seed to seed.
func NewPlan(seed uint64, start time.Time, days int) Plan {
	p := Plan{
		Seed: seed, Start: start.UTC().Truncate(24 * time.Hour), Days: days, PerDay: 35,
		Answer:  Answer{AI: 0.32, AIUnhappy: 0.36, Human: 0.50, HumanUnhappy: 0.48},
		Costs:   Costs{HumanHourly: 32 * money.Unit, MonthlyFee: 400 * money.Unit, PerConversation: money.Unit * 12 / 100, Reported: 0.85},
		Back72h: 0.06, Back7d: 0.03, Paraphrased: 0.10,
		Delivery: Delivery{Split: 0.35, Repeated: 0.04, Late: 0.04},
	}
	r := rand.New(rand.NewPCG(seed, 1))
	subjects := catalogue()
	raised := r.Perm(len(subjects))[:3]
	easy := r.Perm(len(subjects))
	gap := -0.32 + 0.16*r.Float64()
	for i, s := range subjects {
		ease := float64(easy[i]) / float64(len(subjects)-1) // 0 hard, 1 easy
		t := Topic{
			Name: s.name, Share: (0.7 + 0.6*r.Float64()) / float64(len(subjects)),
			AIFirst: 0.22 + 0.66*ease, Satisfaction: 3.65 + 0.75*ease, Gap: gap + 0.1*(r.Float64()-0.5),
			Escalation: UsualEscalation, Policy: s.name == "privacy",
			HandleSeconds: 240 + 480*r.Float64(),
		}
		for _, k := range raised {
			if k == i {
				t.Escalation, t.Raised = RaisedEscalation, true
			}
		}
		p.Topics = append(p.Topics, t)
	}
	return p
}

// End is the midnight after the last day.
func (p Plan) End() time.Time { return p.Start.AddDate(0, 0, p.Days) }
