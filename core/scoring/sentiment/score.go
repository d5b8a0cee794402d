package sentiment

import (
	"strings"

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

// lexiconLanguage is the one language the lexicon covers.
const lexiconLanguage = "en"

// Score judges the messages of a conversation in their order. To judge it as it was at some moment, such as a
// hand-off, pass the messages up to then.
func Score(messages []Message) Finding {
	c := read(messages)
	f := Finding{Points: c.points, Cues: c.cues, Frustration: c.points.Total(), LanguageSupported: true}
	if len(c.texts) == 0 {
		return f
	}
	code, reliable := text.Language(c.texts...)
	f.Language, f.LanguageSupported = code, code == lexiconLanguage || !reliable
	if !f.LanguageSupported {
		f.Label = c.labelByCues()
		return f
	}
	var room [32]float64
	compounds := room[:0]
	for i, s := range c.texts {
		compounds = append(compounds, supportCompound(s, c.found[i].NegatedThanks != ""))
	}
	last := compounds[len(compounds)-1]
	f.Compound, f.Last = ConversationCompound(compounds), &last
	f.Label = ConversationLabel(f.Frustration, f.Compound, f.Last)
	return f
}

// MessageLabel is the label of one English customer message alone, by its compound.
func MessageLabel(message string) Label { return LabelOf(MessageCompound(message)) }

// labelByCues is the label without a lexicon: frustrated as in ConversationLabel, where a message that the answer was
// no help stands in for a negative compound; positive when the customer closes with thanks and nothing speaks against
// it; else nothing is known.
func (c *conversation) labelByCues() Label {
	total := c.points.Total()
	switch {
	case total >= frustratedAlone, total >= frustratedNegative && c.points.NegatedThanks > 0:
		return Frustrated
	case total == 0 && c.found[len(c.found)-1].Thanks != "":
		return Positive
	}
	return ""
}

// A conversation is what one pass over the messages collects.
type conversation struct {
	texts     []string    // of the customer, normalised
	found     []cue.Found // in texts, in parallel
	points    Points
	cues      []Cue
	requests  int
	earlier   []tokens // of the customer
	automated []tokens
	loop      *Cue // two automated messages alike, which scores once the customer writes again
}

func read(messages []Message) *conversation {
	c := &conversation{}
	for i, m := range messages {
		switch m.Sender {
		case Customer:
			if s := text.NFKC(m.Text); strings.TrimSpace(s) != "" {
				c.customer(i, s)
			}
		case AI, Bot:
			c.reply(i, m.Text)
		}
	}
	return c
}
