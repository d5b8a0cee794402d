package monitor_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/adapters/storage/memory"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/monitor"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// BenchmarkIngestCore is what the core does for one new conversation of 6 messages and 1.5 KB, apart from the store:
// all of it, then its steps. The conversations rotate, so that no step finds its words in the cache of the last round.
func BenchmarkIngestCore(b *testing.B) {
	arriving := arrivals(64)
	bytes := 0
	for _, a := range arriving {
		for _, m := range a.messages {
			bytes += len(m.Content)
		}
	}
	settings := tenant.Settings{PolicyTopics: []string{"legal"}}
	patches := make([]conversation.Patch, len(arriving))
	merged := make([]conversation.Conversation, len(arriving))
	for i, a := range arriving {
		patches[i] = a.patch()
		merged[i] = *conversation.Merge(nil, &patches[i])
		merged[i].Findings = monitor.Read(merged[i], settings)
	}
	room := make([]byte, 0, 1024)
	step := func(name string, do func(i int)) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(bytes / len(arriving)))
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				do(i % len(arriving))
				i++
			}
		})
	}
	step("all", func(i int) {
		p := arriving[i].patch()
		if err := p.Validate(received); err != nil {
			b.Fatal(err)
		}
		c := conversation.Merge(nil, &p)
		c.Findings = monitor.Read(*c, settings)
		room, _ = metric.Contribution(c).Values.AppendBinary(room[:0])
	})
	step("patch", func(i int) { arriving[i].patch() })
	step("validate", func(i int) {
		if err := patches[i].Validate(received); err != nil {
			b.Fatal(err)
		}
	})
	step("merge", func(i int) { conversation.Merge(nil, &patches[i]) })
	step("read", func(i int) { monitor.Read(merged[i], settings) })
	step("contribution", func(i int) { metric.Contribution(&merged[i]) })
	step("contribution and encoding", func(i int) { room, _ = metric.Contribution(&merged[i]).Values.AppendBinary(room[:0]) })
}

// answering is a store of new conversations only, which it does not keep.
type answering struct{ port.Conversations }

func (answering) Apply(_ context.Context, changes []conversation.Change) ([]conversation.Result, error) {
	results := make([]conversation.Result, len(changes))
	for i, c := range changes {
		if results[i].Conversation, results[i].Err = c.Fn(nil); results[i].Err == nil {
			results[i].Effect = conversation.Created
		}
	}
	return results, nil
}

// BenchmarkIngest is all that comes before and after the store for one new conversation that arrives alone.
func BenchmarkIngest(b *testing.B) {
	store := memory.New()
	b.Cleanup(func() { _ = store.Close() })
	m, err := monitor.New(store, monitor.Options{Clock: func() time.Time { return received }})
	if err != nil {
		b.Fatal(err)
	}
	org, err := m.CreateOrg(b.Context(), "Acme", tenant.SelfHosted)
	if err != nil {
		b.Fatal(err)
	}
	store.Conversations = answering{store.Conversations}
	if m, err = monitor.New(store, monitor.Options{Clock: func() time.Time { return received }}); err != nil {
		b.Fatal(err)
	}
	patches := make([]conversation.Patch, 0, 64)
	for _, a := range arrivals(64) {
		a.key.Org = org.ID
		patches = append(patches, a.patch())
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		got, err := m.Ingest(b.Context(), []monitor.Arrival{{Patch: patches[i%len(patches)]}})
		if err != nil || got[0].Err != nil {
			b.Fatal(err, got)
		}
	}
}

var received = time.Date(2026, 5, 12, 10, 30, 0, 0, time.UTC)

// arrival is a conversation as a decoder hands it over.
type arrival struct {
	key      conversation.Key
	stamp    conversation.Stamp
	topic    string
	customer string
	handled  bool
	rating   int
	cost     money.Micro
	messages []conversation.Message
}

func (a arrival) patch() conversation.Patch {
	facts := conversation.Facts{
		CustomerID: conversation.State(&a.customer, a.stamp), Topic: conversation.State(&a.topic, a.stamp),
		AIHandled: conversation.State(&a.handled, a.stamp), Cost: conversation.State(&a.cost, a.stamp),
	}
	if a.rating > 0 {
		facts.Rating = conversation.State(&conversation.Rating{Score: a.rating, Scale: conversation.Native5}, a.stamp)
	}
	return conversation.NewPatch(a.key, facts, a.messages, a.stamp, received)
}

// arrivals writes n conversations of 6 messages, with what a help desk sees in them: most are answered, some ask for a
// person or complain, one in eight reaches one.
func arrivals(n int) []arrival {
	r := rand.New(rand.NewPCG(1, 2))
	org := uuid.MustParse("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
	out := make([]arrival, n)
	for i := range out {
		a := arrival{
			key:   conversation.Key{Org: org, Platform: conversation.Custom, ID: fmt.Sprintf("c-%06d", i)},
			stamp: conversation.Stamp{Trust: conversation.Signed, At: received},
			topic: pick(r, benchTopics), customer: fmt.Sprintf("u-%04d", r.IntN(5000)), handled: true,
			rating: max(0, r.IntN(10)-4), cost: money.Micro(r.IntN(90_000)),
		}
		answering := conversation.AI
		for k, said := range [6][]string{
			{pick(r, benchOpenings), pick(r, benchDetails), pick(r, benchDetails)},
			{pick(r, benchAnswers), pick(r, benchAnswers), pick(r, benchFarewells)},
			{pick(r, benchReactions), pick(r, benchDetails), pick(r, benchDetails)},
			{pick(r, benchAnswers), pick(r, benchAnswers)},
			{pick(r, benchReactions), pick(r, benchDetails), pick(r, benchClosings)},
			{pick(r, benchAnswers), pick(r, benchFarewells)},
		} {
			m := conversation.Message{Sender: conversation.Customer, At: received.Add(time.Duration(k-10) * 45 * time.Second)}
			if k == 3 && i%8 == 0 {
				answering = conversation.HumanAgent
			}
			if k%2 == 1 {
				m.Sender = answering
			}
			m.Content = strings.NewReplacer("{n}", fmt.Sprint(10_000+r.IntN(90_000)), "{item}", pick(r, benchItems)).Replace(strings.Join(said, " "))
			a.messages = append(a.messages, m)
		}
		out[i] = a
	}
	return out
}

func pick(r *rand.Rand, from []string) string { return from[r.IntN(len(from))] }

var (
	benchTopics   = []string{"shipping", "returns", "billing", "account", "legal"}
	benchItems    = []string{"running shoes", "rain jacket", "coffee grinder", "desk lamp", "winter tent", "phone case", "blue backpack"}
	benchOpenings = []string{
		"Hi there, I ordered the {item} two weeks ago (order {n}) and the tracking page has shown the same status since Tuesday.",
		"Hello, can you tell me how I change the address of order {n}? I moved last month and forgot to update it.",
		"Good morning! My card was charged twice for the {item}, once on Monday and once on Thursday.",
		"I can’t log in to my account since the update, it says that my password is wrong although it isn't.",
		"Where do I find the invoice for order {n}? My accountant needs it by the end of the week.",
		"The {item} arrived today but the box was open and a part is missing. What should I do now?",
		"How long does a refund take? I sent the {item} back on the 3rd and have not heard anything since.",
		"I would like to cancel my subscription before it renews, but the button in the settings does nothing.",
	}
	benchDetails = []string{
		"I need it for a race on Sunday, so it would be great if it could arrive by Friday.",
		"The e-mail you sent me says it left the warehouse nine days ago, and the carrier knows nothing about it.",
		"I already looked at that page and restarted the app, and it still doesn't work on my phone or my laptop.",
		"My order number is {n} and the amount was 129.90, paid by credit card.",
		"Could you please check whether it’s possible to send it to a shop near me instead?",
		"It is a present for my daughter, she has been waiting for it for a month now.",
		"I have attached a picture of the label, and you can reach me at jo.miller@example.com.",
		"Is there any way to see which address the parcel was sent to in the first place?",
	}
	benchAnswers = []string{
		"Thank you for reaching out! I can help you with the status of your order, which you find at any time in your account under Orders.",
		"I understand that waiting for a parcel is frustrating, and the carrier tells us that it was delayed at the sorting centre because of the weather.",
		"Refunds are booked within two days of the parcel reaching us, and most banks show them within a week after that.",
		"To change the address, open the order, choose Edit, and enter the new one. This works until the parcel is packed.",
		"I'm sorry, I don't have that information, but I have noted your question for my colleagues.",
		"You will get an e-mail as soon as the {item} moves again, and another one on the morning of the delivery with a window of two hours.",
		"Please sign out on every device, then use the link “Forgot password” and choose a new one with at least ten characters.",
		"I have asked the billing team to reverse the second charge of order {n}; you will see it on your statement in three to five working days.",
		"If it does not arrive by Friday we will send you a new {item} at no cost, and you may keep both.",
	}
	benchReactions = []string{
		"OK, that sounds fair, but I am a bit disappointed that nobody told me earlier.",
		"That doesn't help, I did exactly that yesterday and nothing has changed!!",
		"Can I please talk to a real person about this? I have explained it three times.",
		"Thanks, I found the page. It says that the parcel is on its way again.",
		"Hmm, I don't see that option in the menu, only Returns and Help.",
		"Right, and what happens if I am not at home when they come?",
		"Great, that was quick – and what about the delivery fee, is it part of it?",
		"This is really annoying, I was promised an answer within one day and it’s been five.",
	}
	benchClosings = []string{
		"Perfect, thank you very much for your help!", "Will I get an e-mail when it moves again, or do I have to look at the page every day?",
		"I will wait until Friday then.", "Please let me know as soon as you hear anything new about order {n}.", "Okay, thanks.",
	}
	benchFarewells = []string{
		"Is there anything else I can do for you?", "We wish you a nice day.",
		"Please rate this conversation, it helps us to become better.", "Your ticket is {n}, keep it for any further questions.",
	}
)
