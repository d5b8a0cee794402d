package alert

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// StateVersion is the form of State that this package writes.
const StateVersion = 1

// State is what a rule remembers between evaluations. The zero value is a rule that has seen nothing. It is stored as
// JSON; ParseState reads it back.
type State struct {
	Version int `json:"version"`
	// Rule tells which metric, segment, mode and parameters the memory below belongs to; a changed rule starts afresh.
	Rule string `json:"rule,omitempty"`
	// Seen are the ids of the latest observations, oldest first; LastAt is the end of the latest window.
	Seen   []string  `json:"seen,omitempty"`
	LastAt time.Time `json:"last_at,omitzero"`
	// Note says why the last observation was not judged; empty when it was.
	Note string `json:"note,omitempty"`

	// Firing says that the alert is open.
	Firing bool `json:"firing"`
	// Incident names the alert that is open, or was last. Count is how often its condition has been met.
	Incident string `json:"incident,omitempty"`
	Count    int    `json:"count,omitempty"`
	// ClearRun counts good evaluations in a row while the alert is open.
	ClearRun int `json:"clear_run,omitempty"`
	// FiredAt, ClearedAt and NotifiedAt are when the incident opened, last cleared, and was last announced.
	FiredAt    *time.Time `json:"fired_at,omitempty"`
	ClearedAt  *time.Time `json:"cleared_at,omitempty"`
	NotifiedAt *time.Time `json:"notified_at,omitempty"`
	// Announced says that people have been told of the alert and not yet of its end.
	Announced bool `json:"announced,omitempty"`
	// Alarms are the stretches during which the alert was open, oldest first: baselines leave them out.
	Alarms []Span `json:"alarms,omitempty"`

	Cusum   *CusumState   `json:"cusum,omitempty"`
	Volume  *VolumeState  `json:"volume,omitempty"`
	Silence *SilenceState `json:"silence,omitempty"`
	EWMA    *EWMAState    `json:"ewma,omitempty"`
	SPRT    *SPRTState    `json:"sprt,omitempty"`
}

// How much a state remembers.
const (
	maxSeen   = 64
	maxAlarms = 64
)

// Step is a pure move of one rule's state: the new state and the events to queue with it, or an error that leaves both.
type Step func(State) (State, []Event, error)

// ErrVersion says that a stored state was written by a newer program.
var ErrVersion = errors.New("alert: the stored state is of a newer version")

// ParseState reads a stored state. Nothing stored is the zero state.
func ParseState(raw []byte) (State, error) {
	var s State
	if len(raw) == 0 {
		return s, nil
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return State{}, fmt.Errorf("alert: not a stored state: %w", err)
	}
	if s.Version > StateVersion {
		return State{}, fmt.Errorf("%w: %d, this program knows %d", ErrVersion, s.Version, StateVersion)
	}
	if !s.possible() {
		return State{}, errImpossible
	}
	return s, nil
}

var errImpossible = errors.New("alert: not a stored state: no evaluation leaves such numbers")

// possible says whether the state is one that Evaluate can have left, as far as Evaluate relies on it.
func (s State) possible() bool {
	sane := func(xs ...float64) bool {
		return !slices.ContainsFunc(xs, func(x float64) bool { return math.Abs(x) > 1e15 })
	}
	switch c, v, q, e, t := s.Cusum, s.Volume, s.Silence, s.EWMA, s.SPRT; {
	case s.Version < 0, s.Count < 0, s.ClearRun < 0, s.Firing && (len(s.Alarms) == 0 || s.Incident == ""):
		return false
	case c != nil && (c.Design.Step < 1 || c.Design.Limit < 1 || c.Statistic < 0 || c.Statistic > c.Design.Limit ||
		c.Bad < 0 || c.Bad > c.Trials || !(c.Design.Usual > 0 && c.Design.Usual < 1)):
		return false
	case v != nil && !sane(v.Sustained, v.Dispersion.Mean, v.Dispersion.Variance):
		return false
	case q != nil && !sane(q.Expected, q.Dispersion.Mean, q.Dispersion.Variance):
		return false
	case e != nil && (!sane(e.Mean, e.SD, e.Average, e.Variance) || e.Variance < 0):
		return false
	case t != nil && (!sane(t.Ratio) || t.Bad < 0 || t.Bad > t.Trials):
		return false
	}
	return true
}

// clone is a copy that shares nothing with s that an evaluation writes to.
func (s State) clone() State {
	s.Seen, s.Alarms = slices.Clone(s.Seen), slices.Clone(s.Alarms)
	s.Cusum, s.Silence, s.EWMA, s.SPRT = copied(s.Cusum), copied(s.Silence), copied(s.EWMA), copied(s.SPRT)
	s.Volume = copied(s.Volume)
	if s.Volume != nil {
		s.Volume.Single, s.Volume.Joined = s.Volume.Single.clone(), s.Volume.Joined.clone()
	}
	return s
}

func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	c := *p
	return &c
}

// begin is the state with the observation noted, for the rule as it is now.
func (s State) begin(r Rule, o Observation) State {
	s = s.clone()
	if print := r.fingerprint(); s.Rule != print {
		s.Rule, s.ClearRun = print, 0
		s.Cusum, s.Volume, s.Silence, s.EWMA, s.SPRT = nil, nil, nil, nil, nil
	}
	s.Version, s.Note, s.LastAt = StateVersion, "", o.Window.End
	s.Seen = append(s.Seen, o.ID)
	if extra := len(s.Seen) - maxSeen; extra > 0 {
		s.Seen = slices.Delete(s.Seen, 0, extra)
	}
	return s
}
