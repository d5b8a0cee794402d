package httpapi

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/csm-monitor/csm-monitor/adapters/httpapi/internal/when"
	"github.com/csm-monitor/csm-monitor/adapters/wire"
)

// shape is what a parameter's text must look like.
type shape int

const (
	text   shape = iota
	choice       // one of a closed list
	flag         // true or false
	whole        // a whole number
	number       // any number
	moment       // a date or time
	zone         // an IANA time zone
)

// param is one query parameter of a route.
type param struct {
	name  string
	shape shape
	doc   string
	// choices is the closed list of a choice.
	choices []string
	// low and high bound a number, or the bytes of a text; both 0 is unbounded.
	low, high float64
	// hint follows the message of a fault.
	hint string
	// fallback is what is used when the parameter is left out, for readers.
	fallback string
}

// query is the parameters of one request, read and checked.
type query struct {
	call *call
	// given holds each parameter that was sent: string, bool, int64, float64, when.Moment or *time.Location.
	given   map[string]any
	faults  []wire.Fault
	unknown bool
	// own is the organisation's time zone, once it was needed; err is what stopped the reading of it.
	own *time.Location
	err error
}

// query reads the parameters of the request. It lists everything that is wrong with them at once.
func (c *call) query() (*query, error) {
	values, err := url.ParseQuery(c.r.URL.RawQuery)
	if err != nil {
		return nil, failure(codeInvalidQuery, "the query string is not well-formed")
	}
	q := &query{call: c, given: make(map[string]any, len(values))}
	if err := q.names(values); err != nil {
		return nil, err
	}
	// The time zone comes first: times are read in it.
	params := slices.Clone(c.route.params)
	slices.SortStableFunc(params, func(a, b param) int {
		return order(a.shape != zone) - order(b.shape != zone)
	})
	for _, p := range params {
		if v, ok := values[p.name]; ok {
			q.read(p, v[0])
		}
	}
	if q.err != nil {
		return nil, q.err
	}
	return q, nil
}

func order(later bool) int {
	if later {
		return 1
	}
	return 0
}

// names refuses parameters that the route does not know, or that come twice: a filter that is misspelt must not pass
// for one that was applied.
func (q *query) names(values url.Values) error {
	known := make([]string, len(q.call.route.params))
	for i, p := range q.call.route.params {
		known[i] = p.name
	}
	var faults []wire.Fault
	for name, v := range values {
		switch {
		case !slices.Contains(known, name):
			faults = append(faults, fault("/"+visible(strings.ToValidUTF8(name, "\ufffd"), 60), "is not a parameter here"))
		case len(v) > 1:
			faults = append(faults, fault("/"+name, "must be given once"))
		case !utf8.ValidString(v[0]):
			faults = append(faults, fault("/"+name, "must be valid UTF-8"))
		}
	}
	if len(faults) == 0 {
		return nil
	}
	slices.SortFunc(faults, func(a, b wire.Fault) int { return strings.Compare(a.Field, b.Field) })
	f := failure(codeUnknownParameter, "known here: "+strings.Join(known, ", "))
	if len(known) == 0 {
		f.Detail = "there are no parameters here"
	}
	f.Faults = faults
	return f
}

// read checks one value by its shape.
func (q *query) read(p param, v string) {
	switch p.shape {
	case text:
		q.text(p, v)
	case choice:
		if !slices.Contains(p.choices, v) {
			q.unknown = true
			q.fault(p.name, "must be one of "+strings.Join(p.choices, ", "), v)
			return
		}
		q.given[p.name] = v
	case flag:
		if v != "true" && v != "false" {
			q.unknown = true
			q.fault(p.name, "must be true or false", v)
			return
		}
		q.given[p.name] = v == "true"
	case whole:
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || float64(n) < p.low || float64(n) > p.high {
			q.fault(p.name, fmt.Sprintf("must be a whole number from %s to %s%s", plain(p.low), plain(p.high), p.hint), v)
			return
		}
		q.given[p.name] = n
	case number:
		x, err := strconv.ParseFloat(v, 64)
		if err != nil || !(x > p.low && x <= p.high) || strings.ContainsAny(v, "xXpP_") {
			q.fault(p.name, fmt.Sprintf("must be a number above %s and at most %s", plain(p.low), plain(p.high)), v)
			return
		}
		q.given[p.name] = x
	case moment:
		m, err := when.Parse(v, q.zone)
		if err != nil {
			q.fault(p.name, err.Error(), v)
			return
		}
		q.given[p.name] = m
	case zone:
		location, err := time.LoadLocation(v)
		if err != nil || v == "" || v == "Local" || len(v) > 64 {
			q.fault(p.name, "must be an IANA time zone such as Europe/Berlin", v)
			return
		}
		q.given[p.name] = location
	}
}

func (q *query) text(p param, v string) {
	switch {
	case strings.ContainsRune(v, 0):
		q.fault(p.name, "must not contain the NUL character", "")
	case float64(len(v)) < p.low || float64(len(v)) > p.high:
		q.fault(p.name, fmt.Sprintf("must have %s to %s bytes", plain(p.low), plain(p.high)), "")
	default:
		q.given[p.name] = v
	}
}

// zone is the time zone that times without one are read in: the one asked for, else the organisation's.
func (q *query) zone() *time.Location {
	if location, ok := q.given["time_zone"].(*time.Location); ok {
		return location
	}
	if q.own == nil {
		q.own, q.err = q.call.zone()
	}
	return q.own
}

// zone is the organisation's time zone; UTC with an error when it cannot be read.
func (c *call) zone() (*time.Location, error) {
	org, err := c.api.Monitor.Org(c.r.Context(), c.who.org)
	if err != nil {
		return time.UTC, err
	}
	return org.Settings.Location(), nil
}

func (q *query) fault(name, message, value string) {
	f := fault("/"+name, message)
	f.Value = harmless(value)
	q.faults = append(q.faults, f)
}

// check ends the reading: it is the error of all faults, also those that the handler added.
func (q *query) check() error {
	if len(q.faults) == 0 {
		return nil
	}
	f := failure(codeValidation, faultCount(len(q.faults)))
	if q.unknown {
		f.Code = codeUnknownValue
	}
	f.Faults = q.faults
	return f
}

// get is a parameter's value; ok is false when it was left out or is wrong.
func get[T any](q *query, name string) (v T, ok bool) {
	v, ok = q.given[name].(T)
	return v, ok
}

// pointer is a parameter's value, nil when it was left out.
func pointer[T any](q *query, name string) *T {
	if v, ok := get[T](q, name); ok {
		return &v
	}
	return nil
}

// or is a parameter's value, or the fallback when it was left out.
func or[T any](q *query, name string, fallback T) T {
	if v, ok := get[T](q, name); ok {
		return v
	}
	return fallback
}

// start is the instant a stretch begins at.
func (q *query) start(name string) time.Time {
	return or(q, name, when.Moment{}).Time
}

// end is the instant before which a stretch ends: of a date, the end of that day.
func (q *query) end(name string) time.Time {
	return or(q, name, when.Moment{}).End
}

func fault(field, message string) wire.Fault { return wire.Fault{Field: field, Message: message} }

func plain(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
