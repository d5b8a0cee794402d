package alert

import (
	"fmt"
	"time"

	"github.com/samber/lo"
)

// Outlook is what a rule would have done over the past.
type Outlook struct {
	// Events are what it would have told, in order.
	Events []Event `json:"events"`
	// Fired counts the incidents, Judged the evaluations that could be judged, of Evaluations in all.
	Fired       int `json:"fired"`
	Judged      int `json:"judged"`
	Evaluations int `json:"evaluations"`
	// Days is the length of the past that was looked at.
	Days float64 `json:"days"`
	// Note is why the last evaluation that could not be judged was not.
	Note string `json:"note,omitempty"`
	// Sentence says it: "would have fired 3 times in 90 days".
	Sentence string `json:"sentence"`
	// State is what the rule would remember by now. A new rule may start from it, and so need not learn anew.
	State State `json:"state"`

	span Span
}

// Preview runs a rule over observations in order and says what it would have done.
func Preview(r Rule, observations []Observation) Outlook {
	p := Outlook{Events: []Event{}}
	for _, o := range observations {
		p.take(r, o)
	}
	return p.finish()
}

// PreviewPast runs a rule over the past at its own pace, each window judged by what was known before it.
func PreviewPast(r Rule, past Past, over Span) Outlook {
	p := Outlook{Events: []Event{}}
	every, window := r.Every(), r.Window()
	for end := over.Start.Add(window); !end.After(over.End); end = end.Add(every) {
		p.take(r, Observe(r, p.State, past, Span{Start: end.Add(-window), End: end}))
	}
	p.span = over
	return p.finish()
}

func (p *Outlook) take(r Rule, o Observation) {
	if p.Evaluations == 0 {
		p.span.Start = o.Window.Start
	}
	p.span.End = o.Window.End
	r.Disabled = false // asking what it would do is why one looks before switching it on
	p.Evaluations++
	var e *Event
	p.State, e = Evaluate(r, p.State, o)
	if p.State.Note == "" {
		p.Judged++
	} else {
		p.Note = p.State.Note
	}
	if e == nil {
		return
	}
	p.Events = append(p.Events, *e)
	if e.Kind == Fired {
		p.Fired++
	}
}

func (p *Outlook) finish() Outlook {
	p.Days = p.span.Length().Hours() / 24
	days := fmt.Sprintf("%s days", number(p.Days))
	if p.span.Length() == 24*time.Hour {
		days = "1 day"
	}
	switch {
	case p.Judged == 0 && p.Note != "":
		p.Sentence = fmt.Sprintf("could not have judged anything in %s (%s)", days, p.Note)
	case p.Judged == 0:
		p.Sentence = "there is nothing to look back on"
	case p.Fired == 0:
		p.Sentence = "would not have fired in " + days
	case p.Fired == 1:
		p.Sentence = "would have fired once in " + days
	default:
		p.Sentence = fmt.Sprintf("would have fired %s in %s", lo.Ternary(p.Fired == 2, "twice", fmt.Sprintf("%d times", p.Fired)), days)
	}
	return *p
}
