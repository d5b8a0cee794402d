package intake

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"github.com/csm-monitor/csm-monitor/adapters/httpapi/internal/strict"
	"github.com/csm-monitor/csm-monitor/adapters/httpapi/internal/when"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/money"
)

// The closed lists of the contract.
var (
	platforms  = conversation.Platforms()
	sentiments = conversation.Sentiments()
	priorities = conversation.Priorities()
	senders    = conversation.Senders()
)

// expect looks whether a value of the kind comes next. Otherwise it reads what is there: null says nothing, anything
// else is a fault.
func (r *Reader) expect(p place, kind strict.Kind, message string) (bool, error) {
	got, err := r.scanner.Peek()
	switch {
	case err != nil:
		return false, err
	case got == kind:
		return true, nil
	case got == strict.Null:
		return false, r.scanner.Null()
	}
	r.fault(p, message, false)
	return false, r.scanner.Skip()
}

func (r *Reader) text(p place, into *conversation.Said[string]) error {
	ok, err := r.expect(p, strict.String, "must be a string")
	if !ok {
		return err
	}
	b, err := r.scanner.Bytes()
	*into = conversation.Said[string]{Value: string(b), Stamp: r.stamp}
	return err
}

// id reads an identifier. given, when not nil, learns whether there was one.
func (r *Reader) id(p place, into *string, given *bool) error {
	ok, err := r.expect(p, strict.String, "must be a string")
	if !ok {
		return err
	}
	b, err := r.scanner.Bytes()
	*into = string(b)
	if given != nil {
		*given = true
	}
	return err
}

// content reads what was said. A NUL character, which not every store can keep, becomes U+FFFD.
func (r *Reader) content(p place, into *string, given *bool) error {
	ok, err := r.expect(p, strict.String, "must be a string")
	if !ok {
		return err
	}
	b, err := r.scanner.Bytes()
	if err != nil {
		return err
	}
	*into, *given = string(b), true
	if n := bytes.Count(b, []byte{0}); n > 0 {
		*into = strings.ReplaceAll(*into, "\x00", "\ufffd")
		r.replaced(p, n)
	}
	return nil
}

func (r *Reader) metadata(p place, into *conversation.Said[string]) error {
	ok, err := r.expect(p, strict.Object, "must be an object")
	if !ok {
		return err
	}
	b, nuls, err := r.scanner.Compact()
	*into = conversation.Said[string]{Value: string(b), Stamp: r.stamp}
	if nuls > 0 {
		r.replaced(p, nuls)
	}
	return err
}

func (r *Reader) replaced(p place, n int) {
	r.warn(p, strconv.Itoa(n)+" NUL characters replaced by U+FFFD")
}

func (r *Reader) flag(p place, into *conversation.Said[bool]) error {
	ok, err := r.expect(p, strict.Bool, "must be true or false")
	if !ok {
		return err
	}
	b, err := r.scanner.Bool()
	*into = conversation.Said[bool]{Value: b, Stamp: r.stamp}
	return err
}

// choice reads one of a closed list.
func choice[T ~string](r *Reader, p place, into *conversation.Said[T], known []T) error {
	ok, err := r.expect(p, strict.String, "must be a string")
	if !ok {
		return err
	}
	b, err := r.scanner.Bytes()
	if err != nil {
		return err
	}
	for _, k := range known {
		if string(k) == string(b) {
			*into = conversation.Said[T]{Value: k, Stamp: r.stamp}
			return nil
		}
	}
	names := make([]string, len(known))
	for i, k := range known {
		names[i] = string(k)
	}
	r.fault(p, "must be one of "+strings.Join(names, ", "), true)
	return nil
}

func (r *Reader) number(p place) (text []byte, ok bool, err error) {
	if ok, err = r.expect(p, strict.Number, "must be a number"); !ok {
		return nil, false, err
	}
	text, err = r.scanner.Number()
	return text, err == nil, err
}

func (r *Reader) seconds(p place, into *conversation.Said[float64]) error {
	text, ok, err := r.number(p)
	if !ok {
		return err
	}
	v, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		r.fault(p, "must be a number", false)
		return nil
	}
	*into = conversation.Said[float64]{Value: v, Stamp: r.stamp}
	return nil
}

func (r *Reader) count(p place, into *conversation.Said[int64]) error {
	text, ok, err := r.number(p)
	if !ok {
		return err
	}
	v, ok := Whole(text)
	if !ok {
		r.fault(p, "must be a whole number from 0 to 1000000000000", false)
		return nil
	}
	*into = conversation.Said[int64]{Value: v, Stamp: r.stamp}
	return nil
}

func (r *Reader) rating(p place, into *conversation.Said[conversation.Rating]) error {
	text, ok, err := r.number(p)
	if !ok {
		return err
	}
	v, ok := Whole(text)
	if !ok || v < 1 || v > 5 {
		r.fault(p, "must be a whole number from 1 to 5", false)
		return nil
	}
	*into = conversation.Said[conversation.Rating]{
		Value: conversation.Rating{Score: int(v), Scale: conversation.Native5}, Stamp: r.stamp,
	}
	return nil
}

// cost reads money exactly, from the text of the number.
func (r *Reader) cost(p place, into *conversation.Said[money.Micro]) error {
	text, ok, err := r.number(p)
	if !ok {
		return err
	}
	v, err := money.Parse(string(text))
	if err != nil {
		r.fault(p, "must be a number from 0 to 1000000 of at most 128 characters", false)
		return nil
	}
	*into = conversation.Said[money.Micro]{Value: v, Stamp: r.stamp}
	return nil
}

func (r *Reader) time(p place, into *conversation.Said[time.Time]) error {
	ok, err := r.expect(p, strict.String, "must be a string with an ISO 8601 time")
	if !ok {
		return err
	}
	b, err := r.scanner.Bytes()
	if err != nil {
		return err
	}
	moment, err := when.Parse(string(b), r.frame.Zone)
	if err != nil {
		r.fault(p, err.Error(), false)
		return nil
	}
	if moment.Zoneless {
		r.warn(p, "no zone given, read in "+r.frame.Zone().String())
	}
	*into = conversation.Said[time.Time]{Value: moment.Time, Stamp: r.stamp}
	return nil
}

// Whole reads a number without a fraction: 5, 5.0, 5e0. ok is false for any other.
func Whole(text []byte) (v int64, ok bool) {
	if v, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		return v, true
	}
	exact, err := money.ParseExact(string(text))
	if err != nil {
		return 0, false
	}
	micro, err := exact.Micro()
	if err != nil || micro%money.Unit != 0 || micro.Exact().Cmp(exact) != 0 {
		return 0, false
	}
	return int64(micro / money.Unit), true
}
