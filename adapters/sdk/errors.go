package sdk

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/csm-monitor/csm-monitor/adapters/wire"
)

// What can be asked of an *Error with errors.Is.
var (
	// ErrUnauthenticated says that the API key opens nothing.
	ErrUnauthenticated = errors.New("unauthenticated")
	// ErrForbidden says that the key's role does not allow the call.
	ErrForbidden = errors.New("forbidden")
	// ErrNotFound says that the organisation has no such thing.
	ErrNotFound = errors.New("not found")
	// ErrInvalid says that the request breaks a rule; Problem.Errors lists every one.
	ErrInvalid = errors.New("invalid")
	// ErrConflict says that an idempotency key was used for another request.
	ErrConflict = errors.New("conflict")
	// ErrGone says that the conversation was deleted or has expired.
	ErrGone = errors.New("gone")
	// ErrUnavailable says that the same call may succeed later; it was repeated before this was returned.
	ErrUnavailable = errors.New("unavailable")
)

// Error is a request that the server refused.
type Error struct {
	wire.Problem
	// After is when the server says to try again; Told says whether it does.
	After time.Duration
	Told  bool
}

// Error is the title with every fault.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "the server answered %d: %s", e.Status, e.Title)
	if e.Detail != "" {
		fmt.Fprintf(&b, ": %s", e.Detail)
	}
	for _, f := range e.Errors {
		fmt.Fprintf(&b, "; %s %s", f.Field, f.Message)
	}
	return b.String()
}

// Is lets errors.Is tell the kinds apart.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrUnauthenticated:
		return e.Status == http.StatusUnauthorized
	case ErrForbidden:
		return e.Status == http.StatusForbidden
	case ErrNotFound:
		return e.Status == http.StatusNotFound
	case ErrConflict:
		return e.Status == http.StatusConflict
	case ErrGone:
		return e.Status == http.StatusGone
	case ErrUnavailable:
		return passingStatus(e.Status)
	case ErrInvalid:
		return e.Status == http.StatusBadRequest || e.Status == http.StatusUnprocessableEntity ||
			e.Status == http.StatusRequestEntityTooLarge || e.Status == http.StatusUnsupportedMediaType
	}
	return false
}

func passingStatus(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// Unreachable says that there was no answer.
type Unreachable struct {
	Endpoint string
	Cause    error
}

// Error names the server.
func (u *Unreachable) Error() string {
	return fmt.Sprintf("no answer from %s: %v", u.Endpoint, u.Cause)
}

// Unwrap makes errors.Is find both ErrUnavailable and the cause.
func (u *Unreachable) Unwrap() []error { return []error{ErrUnavailable, u.Cause} }

// RetryAfter is when the server said to try again; ok is false when it did not.
func RetryAfter(err error) (after time.Duration, ok bool) {
	var e *Error
	if errors.As(err, &e) {
		return e.After, e.Told
	}
	return 0, false
}

// passing says whether the same request may succeed later.
func passing(ctx context.Context, err error) bool {
	return ctx.Err() == nil && errors.Is(err, ErrUnavailable)
}

// refused says that the server itself answered, so that nothing was done.
func refused(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code != ""
}

// newError reads a problem. Whatever stands between client and server may answer too, so a body of another kind is no
// surprise.
func newError(res *http.Response, body []byte) *Error {
	e := &Error{}
	if err := json.Unmarshal(body, &e.Problem); err != nil || e.Title == "" {
		e.Problem = wire.Problem{Title: cmp.Or(http.StatusText(res.StatusCode), "an unknown status")}
	}
	e.Status = res.StatusCode
	e.After, e.Told = retryAfter(res.Header)
	return e
}
