package alert

import "time"

// judgement is what one observation says under one rule.
type judgement struct {
	// note says why the observation cannot be judged; it then changes nothing.
	note string
	// bad meets the condition to fire, good is a step towards clearing; neither keeps things as they are.
	bad, good bool
	// clearAfter is how many good ones in a row resolve.
	clearAfter int
	// evidence is worked out only when it is told.
	evidence func() Evidence
}

func unjudged(note string) judgement { return judgement{note: note} }

// Evaluate takes one observation in. It returns the new state and, when the alert changes, the event that says so.
// Nothing given is modified. An observation that was taken before, or that ends before one that was, changes nothing;
// one that cannot be judged leaves its reason in State.Note and the alert as it is. The rule must be valid.
func Evaluate(r Rule, before State, o Observation) (State, *Event) {
	if r.Disabled || before.seen(o) {
		return before, nil
	}
	s := before.begin(r, o)
	set := r.settings()
	j := s.judge(r, set, o)
	if j.note != "" {
		s.Note = j.note
		return s, nil
	}
	wasFiring := s.Firing
	s.Firing, s.ClearRun = advance(s.Firing, s.ClearRun, j.bad, j.good, j.clearAfter)
	if s.Firing && j.bad {
		s.Count++
	}
	switch {
	case !wasFiring && s.Firing:
		return s, s.fire(r, set, o, j.evidence())
	case wasFiring && !s.Firing:
		return s, s.resolve(r, o, j.evidence())
	case s.Firing && !s.Announced && due(s.NotifiedAt, o.Window.End, set.cooldown):
		// The fire fell into the cool-down of the one before and was not announced; it is still true.
		s.announce(o.Window.End)
		return s, s.event(r, o, Reopened, true, j.evidence())
	}
	return s, nil
}

// judge applies the rule's mode. It may move the mode's own statistic in s.
func (s *State) judge(r Rule, set settings, o Observation) judgement {
	switch {
	case o.Missing:
		return unjudged("the data of this window is missing")
	case !o.valid():
		return unjudged("the counts of this window cannot be right")
	}
	switch r.Mode {
	case Point, Confident:
		return judgeThreshold(r, set, o)
	case Cusum:
		return s.judgeCusum(r, set, o)
	case Volume:
		return s.judgeVolume(r, set, o)
	case Silence:
		return s.judgeSilence(r, set, o)
	case EWMA:
		return s.judgeEWMA(r, set, o)
	case SPRT:
		return s.judgeSPRT(r, set, o)
	default:
		return unjudged("the rule's mode is not known")
	}
}

// advance moves the two-state machine every mode shares: a bad evaluation fires, clearAfter good ones in a row resolve.
func advance(firing bool, run int, bad, good bool, clearAfter int) (bool, int) {
	switch {
	case bad:
		return true, 0
	case !firing || !good:
		return firing, 0
	case run+1 >= clearAfter:
		return false, 0
	default:
		return true, run + 1
	}
}

// fire opens an incident, or the last one again when it cleared less than a cool-down ago.
func (s *State) fire(r Rule, set settings, o Observation, e Evidence) *Event {
	now, kind := o.Window.End, Reopened
	if due(s.ClearedAt, now, set.cooldown) {
		kind = Fired
		s.Incident, s.Count, s.FiredAt = derived(r.ID, o.ID, "incident"), 1, &now
	}
	s.openAlarm(Span{Start: o.Window.Start, End: now})
	notify := due(s.NotifiedAt, now, set.cooldown)
	if notify {
		s.announce(now)
	}
	return s.event(r, o, kind, notify, e)
}

func (s *State) announce(now time.Time) {
	s.Announced, s.NotifiedAt = true, &now
}

// resolve closes the incident. People are told of the end when they were told of the beginning.
func (s *State) resolve(r Rule, o Observation, e Evidence) *Event {
	now := o.Window.End
	s.ClearedAt = &now
	s.Alarms[len(s.Alarms)-1].End = now
	notify := s.Announced
	s.Announced = false
	return s.event(r, o, Resolved, notify, e)
}

func (s *State) openAlarm(span Span) {
	s.Alarms = append(s.Alarms, span)
	if extra := len(s.Alarms) - maxAlarms; extra > 0 {
		s.Alarms = s.Alarms[extra:]
	}
}

// Alarmed says whether the alert was open at any time of the span, as far back as the state remembers.
func (s State) Alarmed(span Span) bool {
	for i, a := range s.Alarms {
		if s.Firing && i == len(s.Alarms)-1 && a.Start.Before(span.End) && s.LastAt.After(span.Start) {
			return true
		}
		if a.overlaps(span) {
			return true
		}
	}
	return false
}
