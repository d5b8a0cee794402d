package port

import (
	"errors"
	"fmt"
	"time"
)

// The errors every adapter uses, wrapped with %w. Callers tell them apart with errors.Is.
var (
	// ErrNotFound says that the organisation has no such thing, whoever else may have it.
	ErrNotFound = errors.New("not found")
	// ErrConflict says that somebody else was faster, or that the name is taken.
	ErrConflict = errors.New("conflict")
	// ErrGone says that the conversation was deleted or has expired and stays so.
	ErrGone = errors.New("gone")
	// ErrTokenReused says that an idempotency key came back with another request.
	ErrTokenReused = errors.New("idempotency key was used for another request")
	// ErrUnavailable says that the same call may succeed later; RetryAfter says when.
	ErrUnavailable = errors.New("unavailable")
	// ErrUnwritable says of a store that is not ready that it can be read, but stores nothing that is written.
	ErrUnwritable = errors.New("nothing that is written can be stored")
	// ErrClosed says that the adapter was closed.
	ErrClosed = errors.New("closed")
)

// Unavailable is an ErrUnavailable that says when to try again.
type Unavailable struct {
	After time.Duration
	Cause error
}

// Error says what is unavailable and for how long.
func (u *Unavailable) Error() string {
	return fmt.Sprintf("unavailable, try again in %s: %v", u.After, u.Cause)
}

// Unwrap makes errors.Is find both ErrUnavailable and the cause.
func (u *Unavailable) Unwrap() []error { return []error{ErrUnavailable, u.Cause} }

// RetryAfter is how long to wait before trying again; ok is false when err does not say.
func RetryAfter(err error) (after time.Duration, ok bool) {
	var u *Unavailable
	if errors.As(err, &u) {
		return u.After, true
	}
	return 0, false
}

// Missing names the parts of s that are not there; a process refuses to start without them.
func (s Storage) Missing() []string {
	var out []string
	for _, part := range []struct {
		name string
		have bool
	}{
		{"Conversations", s.Conversations != nil},
		{"Rollups", s.Rollups != nil},
		{"Changes", s.Changes != nil},
		{"Gaps", s.Gaps != nil},
		{"Orgs", s.Orgs != nil},
		{"Keys", s.Keys != nil},
		{"Ledger", s.Ledger != nil},
		{"Jobs", s.Jobs != nil},
		{"Ready", s.Ready != nil},
		{"Close", s.Close != nil},
	} {
		if !part.have {
			out = append(out, part.name)
		}
	}
	return out
}
