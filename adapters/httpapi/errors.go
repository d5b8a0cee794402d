package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/csm-monitor/csm-monitor/adapters/httpapi/internal/intake"
	"github.com/csm-monitor/csm-monitor/adapters/httpapi/internal/strict"
	"github.com/csm-monitor/csm-monitor/adapters/wire"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/port"
)

// The codes of errors, stable for programs.
const (
	codeInvalidJSON      = "invalid_json"
	codeInvalidEncoding  = "invalid_encoding"
	codeInvalidHeader    = "invalid_header"
	codeIncompleteBody   = "incomplete_body"
	codeUnknownValue     = "unknown_value"
	codeUnknownParameter = "unknown_parameter"
	codeInvalidQuery     = "invalid_query"
	codeInvalidCursor    = "invalid_cursor"
	codeUnauthenticated  = "unauthenticated"
	codeForbidden        = "forbidden"
	codeNotFound         = "not_found"
	codeMethodNotAllowed = "method_not_allowed"
	codeConflict         = "conflict"
	codeKeyReused        = "idempotency_key_reused"
	codeGone             = "conversation_gone"
	codeTooLarge         = "too_large"
	codeUnsupportedMedia = "unsupported_media_type"
	codeValidation       = "validation_failed"
	codeRateLimited      = "rate_limited"
	codeInternal         = "internal_error"
	codeUnavailable      = "unavailable"
	codeDraining         = "draining"
)

// errorKind is a row of the error table.
type errorKind struct {
	code   string
	status int
	title  string
}

// errorTable is every error the API answers with.
var errorTable = []errorKind{
	{codeInvalidJSON, 400, "The body is not acceptable JSON"},
	{codeInvalidEncoding, 400, "The body is not encoded as the header says"},
	{codeInvalidHeader, 400, "A header is not valid"},
	{codeIncompleteBody, 400, "The body broke off"},
	{codeUnknownValue, 400, "A value is not one of the known ones"},
	{codeUnknownParameter, 400, "A parameter is not known here"},
	{codeInvalidQuery, 400, "The query string is not valid"},
	{codeInvalidCursor, 400, "The cursor is not valid"},
	{codeUnauthenticated, 401, "A valid credential is required"},
	{codeForbidden, 403, "The credential does not allow this"},
	{codeNotFound, 404, "There is no such thing"},
	{codeMethodNotAllowed, 405, "The method is not allowed here"},
	{codeConflict, 409, "Somebody else was faster"},
	{codeKeyReused, 409, "The idempotency key was used for another request"},
	{codeGone, 410, "The conversation was deleted or has expired"},
	{codeTooLarge, 413, "The body is too large"},
	{codeUnsupportedMedia, 415, "The content type is not supported"},
	{codeValidation, 422, "The request breaks a rule"},
	{codeRateLimited, 429, "Too many requests"},
	{codeInternal, 500, "Something went wrong"},
	{codeUnavailable, 503, "The service cannot answer now"},
	{codeDraining, 503, "The server is shutting down"},
}

func kindOf(code string) errorKind {
	for _, k := range errorTable {
		if k.code == code {
			return k
		}
	}
	return kindOf(codeInternal)
}

// Failure is an error on its way to the client.
type Failure struct {
	Code   string
	Detail string
	Faults []wire.Fault
	// RetryAfter is when to try again, of a 429 or 503.
	RetryAfter time.Duration
	// Allow lists the methods of a 405.
	Allow string
	// Cause is for the log alone.
	Cause error
}

// Error is the code with its detail.
func (f *Failure) Error() string { return f.Code + ": " + f.Detail }

// Unwrap is the cause.
func (f *Failure) Unwrap() error { return f.Cause }

func failure(code, detail string) *Failure { return &Failure{Code: code, Detail: detail} }

// explain turns any error into a Failure: the one place where errors get their status.
func explain(err error) *Failure {
	var (
		known   *Failure
		syntax  *strict.SyntaxError
		faults  intake.Faults
		invalid *conversation.Invalid
	)
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &syntax):
		return &Failure{Code: codeInvalidJSON, Detail: syntax.Error(), Faults: []wire.Fault{{Field: syntax.Pointer, Message: syntax.Message}}}
	case errors.As(err, &faults):
		return ofFaults(faults)
	case errors.As(err, &invalid):
		return ofInvalid(invalid, "")
	case is(err, port.ErrNotFound):
		return failure(codeNotFound, "no such thing in this organisation")
	case is(err, port.ErrGone):
		return failure(codeGone, "this conversation was deleted or has expired, and stays so")
	case is(err, port.ErrTokenReused):
		return failure(codeKeyReused, "this Idempotency-Key was sent before with another body")
	case is(err, port.ErrConflict):
		return failure(codeConflict, "the same thing was changed at the same time; try again")
	case is(err, port.ErrUnavailable), is(err, port.ErrClosed), is(err, context.DeadlineExceeded), is(err, context.Canceled):
		after, ok := port.RetryAfter(err)
		if !ok {
			after = time.Second
		}
		return &Failure{Code: codeUnavailable, RetryAfter: after, Cause: err}
	}
	return &Failure{Code: codeInternal, Cause: err}
}

// ofFaults lists the faults of a body. A value that is not on a closed list makes the request a 400, whatever else is
// wrong with it.
func ofFaults(faults intake.Faults) *Failure {
	f := failure(codeValidation, faultCount(len(faults)))
	for _, fault := range faults {
		if fault.Unknown {
			f.Code = codeUnknownValue
		}
		f.Faults = append(f.Faults, wire.Fault{Field: fault.Field, Message: fault.Message})
	}
	return f
}

// ofInvalid lists the faults the core found; prefix is the pointer to what it looked at.
func ofInvalid(invalid *conversation.Invalid, prefix string) *Failure {
	f := failure(codeValidation, faultCount(len(invalid.Faults)))
	for _, fault := range invalid.Faults {
		f.Faults = append(f.Faults, wire.Fault{Field: prefix + fault.Field, Message: fault.Message})
	}
	return f
}

func faultCount(n int) string {
	switch n {
	case 1:
		return "one thing is wrong, see errors"
	case conversation.MaxFaults:
		return fmt.Sprintf("at least %d things are wrong, see errors", n)
	}
	return fmt.Sprintf("%d things are wrong, see errors", n)
}

// problem is the failure as it is shown. What went wrong inside is not.
func (f *Failure) problem(instance, requestID string) wire.Problem {
	kind := kindOf(f.Code)
	p := wire.Problem{
		Type: "/docs#" + kind.code, Title: kind.title, Status: kind.status, Detail: f.Detail, Instance: instance,
		Code: kind.code, RequestID: requestID, Errors: f.Faults,
	}
	switch {
	case kind.status == http.StatusServiceUnavailable:
		p.Detail = "try again after the seconds in Retry-After; this was request " + requestID
		if f.Detail != "" {
			p.Detail = f.Detail + "; " + p.Detail
		}
	case kind.status >= 500:
		p.Detail = "quote request " + requestID + " when you report this"
	}
	return p
}

// fail answers with a problem, unless an answer has begun.
func (w *recorder) fail(r *http.Request, err error) {
	f := explain(err)
	if kindOf(f.Code).status >= 500 {
		w.logFailure(r, f)
	}
	if w.status != 0 {
		return
	}
	kind := kindOf(f.Code)
	h := w.Header()
	h["Cache-Control"] = noStore
	switch kind.status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="csm-monitor"`)
	case http.StatusMethodNotAllowed:
		h.Set("Allow", f.Allow)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		h.Set("Retry-After", retryAfter(f.RetryAfter))
	case http.StatusRequestEntityTooLarge:
		h.Set("Connection", "close")
	}
	_ = w.json(kind.status, mediaProblem, f.problem(cut(r.URL.EscapedPath(), 300), w.id))
}

// logFailure writes down what went wrong inside, which the client is not told. That a client left is no failure.
func (w *recorder) logFailure(r *http.Request, f *Failure) {
	if left(r, f.Cause) {
		return
	}
	w.api.Logger.LogAttrs(r.Context(), slog.LevelError, "request failed", slog.String("request_id", w.id),
		slog.String("route", w.route), slog.String("code", f.Code), slog.Any("error", f.Cause))
}

// left says whether an error only says that the client hung up.
func left(r *http.Request, err error) bool {
	return r.Context().Err() != nil && is(err, context.Canceled)
}

// retryAfter is a time to wait in whole seconds, at least one.
func retryAfter(d time.Duration) string {
	return strconv.Itoa(int(math.Max(1, math.Ceil(d.Seconds()))))
}

// harmless is a value that may be shown back: a short number or word of a query.
func harmless(value string) *string {
	if len(value) > 40 {
		return nil
	}
	return &value
}

func is(err, target error) bool { return errors.Is(err, target) }
