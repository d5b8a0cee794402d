package sentiment

import (
	"github.com/csm-monitor/csm-monitor/core/text"
	"github.com/csm-monitor/csm-monitor/core/text/cue"
)

// A Sender says who wrote a message.
type Sender string

// The senders. Messages of any other sender are ignored, as those of human agents and the system are.
const (
	Customer   Sender = "customer"
	AI         Sender = "ai"
	Bot        Sender = "bot"
	HumanAgent Sender = "human_agent"
	System     Sender = "system"
)

func (s Sender) automated() bool { return s == AI || s == Bot }

// A Message is one turn of a conversation.
type Message struct {
	Sender Sender
	Text   string
}

// A Finding is what a conversation, or the beginning of one, shows of the customer's sentiment.
type Finding struct {
	// Label is empty when there is nothing to judge: no customer text, or a language without a lexicon and no cue.
	Label Label
	// Compound is the recency-weighted mean and Last that of the customer's last message, −1 to 1, not rounded; both
	// nil without customer text and in languages without a lexicon.
	Compound, Last *float64
	// Frustration is the sum of Points, 0 to 16.
	Frustration int
	Points      Points
	// Cues are the signs that scored, with the words that fired, in the order of the messages.
	Cues []Cue
	// Language is the best guess of the customer's language (ISO 639-1), empty when nothing speaks for any.
	Language string
	// LanguageSupported is false when the text is surely in a language that the lexicon does not cover.
	LanguageSupported bool
}

// Score judges the messages of a conversation in their order. To judge it as it was at some moment, such as a
// hand-off, pass the messages up to then.
func Score(messages []Message) Finding { return hear(messages).Finding() }

func hear(messages []Message) *Listener {
	l := &Listener{}
	for _, m := range messages {
		l.Hear(turn(m))
	}
	return l
}

func turn(m Message) Turn {
	t := Turn{Sender: m.Sender}
	if m.Sender == Customer || m.Sender.automated() {
		r := text.Read(m.Text)
		t.Read = &r
	}
	if m.Sender == Customer {
		t.Cues = cue.OfCustomer(t.Read)
	}
	return t
}

// MessageLabel is the label of one English customer message alone, by its compound.
func MessageLabel(message string) Label { return LabelOf(MessageCompound(message)) }
