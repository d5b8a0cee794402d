package sentiment

import (
	"slices"
	"strings"

	"github.com/csm-monitor/csm-monitor/core/text"
	"github.com/csm-monitor/csm-monitor/core/text/cue"
)

// A Turn is a message that has been read.
type Turn struct {
	Sender Sender
	// Read is the message; it may be nil when the sender is neither the customer nor automated.
	Read *text.Reading
	// Cues are those of a customer's message.
	Cues cue.Found
}

// A Listener follows a conversation turn by turn and says at any time what it shows so far. The zero value has heard
// nothing.
type Listener struct {
	heard    int
	said     []remark // by the customer
	language text.LanguageEvidence
	points   Points
	cues     []Cue
	replies  []gist
	loop     *Cue // two automated messages alike, which scores once the customer writes again
	// compounds are those of the first remarks.
	compounds []float64
}

// Reset makes a Listener ready for another conversation. The cues of its findings are lost.
func (l *Listener) Reset() {
	clear(l.said)
	clear(l.replies)
	clear(l.cues)
	*l = Listener{said: l.said[:0], replies: l.replies[:0], cues: l.cues[:0], compounds: l.compounds[:0]}
}

// A remark is a message of the customer that is not blank.
type remark struct {
	gist
	unhelped bool // it says that the answer was no help
	thanks   bool
}

// Hear takes in the next turn.
func (l *Listener) Hear(t Turn) {
	switch {
	case t.Sender == Customer:
		if strings.TrimSpace(t.Read.Text) != "" {
			l.customer(t)
		}
	case t.Sender.automated():
		l.reply(t.Read)
	}
	l.heard++
}

// lexiconLanguage is the one language the lexicon covers.
const lexiconLanguage = "en"

// Finding is what the conversation shows so far.
func (l *Listener) Finding() Finding {
	f := Finding{Points: l.points, Cues: slices.Clip(l.cues), Frustration: l.points.Total(), LanguageSupported: true}
	if len(l.said) == 0 {
		return f
	}
	code, reliable := l.language.Verdict()
	f.Language, f.LanguageSupported = code, code == lexiconLanguage || !reliable
	if !f.LanguageSupported {
		f.Label = l.labelByCues()
		return f
	}
	compounds := l.judge()
	last := compounds[len(compounds)-1]
	f.Compound, f.Last = ConversationCompound(compounds), &last
	f.Label = ConversationLabel(f.Frustration, f.Compound, f.Last)
	return f
}

// judge works out the compounds of the remarks that have none yet.
func (l *Listener) judge() []float64 {
	for _, said := range l.said[len(l.compounds):] {
		l.compounds = append(l.compounds, supportCompound(said.read, said.unhelped))
	}
	return l.compounds
}

// labelByCues is the label without a lexicon: frustrated as in ConversationLabel, where a message that the answer was
// no help stands in for a negative compound; positive when the customer closes with thanks and nothing speaks against
// it; else nothing is known.
func (l *Listener) labelByCues() Label {
	total := l.points.Total()
	switch {
	case total >= frustratedAlone, total >= frustratedNegative && l.points.NegatedThanks > 0:
		return Frustrated
	case total == 0 && l.said[len(l.said)-1].thanks:
		return Positive
	}
	return ""
}
