package alert

import "time"

// Attempt is where the delivery of one event stands. The zero value has not been tried. Only events with Notify are
// delivered.
type Attempt struct {
	// Tries counts the tries so far.
	Tries int `json:"tries"`
	// Delivered says that the last one succeeded; Fault is what went wrong with it otherwise.
	Delivered bool   `json:"delivered"`
	Fault     string `json:"fault,omitempty"`
	// Due is when to try again; nil when there is nothing more to do: it was delivered, or has failed for three days.
	Due *time.Time `json:"due,omitempty"`
}

// Succeeded is the attempt after a try that worked.
func (a Attempt) Succeeded() Attempt { return Attempt{Tries: a.Tries + 1, Delivered: true} }

// Failed is the attempt after a try at the given time that did not work. The pauses grow to a day, and end after about
// three days in all.
func (a Attempt) Failed(at time.Time, fault string) Attempt {
	next := Attempt{Tries: a.Tries + 1, Fault: fault}
	pauses := [...]time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
		10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour}
	if a.Tries >= 0 && a.Tries < len(pauses) {
		due := at.Add(pauses[a.Tries])
		next.Due = &due
	}
	return next
}
