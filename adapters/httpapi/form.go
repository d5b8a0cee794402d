package httpapi

import (
	"fmt"
	"strconv"

	"github.com/csm-monitor/csm-monitor/adapters/httpapi/internal/intake"
	"github.com/csm-monitor/csm-monitor/adapters/httpapi/internal/strict"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/money"
)

// form reads the body of a management call: as strict as the way in for conversations, and a field that it does not
// know is a fault, so that nobody believes to have changed what has no such name.
type form struct {
	scanner strict.Scanner
	faults  intake.Faults
}

// fields maps the names of an object's members to what reads them; each gets the JSON pointer of its value.
type fields map[string]func(at string) error

// read reads the whole body.
func (f *form) read(body []byte, members fields) error {
	if err := f.scanner.Reset(body); err != nil {
		return err
	}
	if err := f.object(members)(""); err != nil {
		return err
	}
	if err := f.scanner.End(); err != nil {
		return err
	}
	return f.check()
}

func (f *form) check() error {
	if len(f.faults) > 0 {
		return f.faults
	}
	return nil
}

func (f *form) fault(at, message string) {
	if len(f.faults) < conversation.MaxFaults {
		f.faults = append(f.faults, intake.Fault{Field: at, Message: message})
	}
}

// next says whether a value of the kind comes next; null says so for anything when it is allowed. Another value is a
// fault and is passed over.
func (f *form) next(at string, kind strict.Kind, nullable bool, message string) (there, null bool, err error) {
	got, err := f.scanner.Peek()
	switch {
	case err != nil:
		return false, false, err
	case got == kind:
		return true, false, nil
	case got == strict.Null && nullable:
		return false, true, f.scanner.Null()
	}
	f.fault(at, message)
	return false, false, f.scanner.Skip()
}

func (f *form) object(members fields) func(at string) error {
	return func(at string) error {
		there, _, err := f.next(at, strict.Object, false, "must be a JSON object")
		if !there {
			return err
		}
		return f.scanner.Object(func(name []byte) error {
			place := at + "/" + strict.Escape(string(name))
			if read, ok := members[string(name)]; ok {
				return read(place)
			}
			f.fault(place, "is not a field here")
			return f.scanner.Skip()
		})
	}
}

func (f *form) text(most int, set func(string)) func(at string) error {
	return func(at string) error {
		message := fmt.Sprintf("must be a string of 1 to %d bytes without NUL", most)
		there, _, err := f.next(at, strict.String, false, message)
		if !there {
			return err
		}
		b, err := f.scanner.Bytes()
		if err != nil {
			return err
		}
		if len(b) == 0 || len(b) > most || !printable(b) {
			f.fault(at, message)
			return nil
		}
		set(string(b))
		return nil
	}
}

func printable(b []byte) bool {
	for _, c := range b {
		if c == 0 {
			return false
		}
	}
	return true
}

func (f *form) flag(set func(bool)) func(at string) error {
	return func(at string) error {
		there, _, err := f.next(at, strict.Bool, false, "must be true or false")
		if !there {
			return err
		}
		b, err := f.scanner.Bool()
		set(b)
		return err
	}
}

// number reads a number, or null where nullable.
func (f *form) number(nullable bool, set func(*float64)) func(at string) error {
	return f.numeral(nullable, "must be a number", func(text string) bool {
		x, err := strconv.ParseFloat(text, 64)
		set(&x)
		return err == nil
	}, func() { set(nil) })
}

// days reads a whole number, or null.
func (f *form) days(set func(*int)) func(at string) error {
	return f.numeral(true, "must be a whole number", func(text string) bool {
		n, ok := intake.Whole([]byte(text))
		if !ok || n != int64(int32(n)) {
			return false
		}
		days := int(n)
		set(&days)
		return true
	}, func() { set(nil) })
}

// money reads an exact amount, or null where nullable.
func (f *form) money(nullable bool, set func(*money.Micro)) func(at string) error {
	const most = 1_000_000_000 * money.Unit
	return f.numeral(nullable, "must be an amount of at most 1000000000", func(text string) bool {
		m, err := money.Parse(text)
		set(&m)
		return err == nil && m <= most && m >= -most
	}, func() { set(nil) })
}

func (f *form) numeral(nullable bool, message string, take func(text string) bool, clear func()) func(at string) error {
	return func(at string) error {
		there, null, err := f.next(at, strict.Number, nullable, message)
		if null {
			clear()
		}
		if !there {
			return err
		}
		text, err := f.scanner.Number()
		if err != nil {
			return err
		}
		if !take(string(text)) {
			f.fault(at, message)
		}
		return nil
	}
}

// labels reads a list of topics.
func (f *form) labels(set func([]string)) func(at string) error {
	return func(at string) error {
		there, _, err := f.next(at, strict.Array, false, "must be an array of strings")
		if !there {
			return err
		}
		list := []string{}
		err = f.scanner.Array(func(i int) error {
			return f.text(conversation.MaxLabelBytes, func(s string) { list = append(list, s) })(at + "/" + strconv.Itoa(i))
		})
		if len(list) > conversation.MaxTags {
			f.fault(at, fmt.Sprintf("must have at most %d items", conversation.MaxTags))
		}
		set(list)
		return err
	}
}

// ids reads a list of whole numbers.
func (f *form) ids(set func([]int64)) func(at string) error {
	return func(at string) error {
		there, _, err := f.next(at, strict.Array, false, "must be an array of whole numbers")
		if !there {
			return err
		}
		var list []int64
		err = f.scanner.Array(func(i int) error {
			return f.numeral(false, "must be a whole number", func(text string) bool {
				n, ok := intake.Whole([]byte(text))
				list = append(list, n)
				return ok
			}, func() {})(at + "/" + strconv.Itoa(i))
		})
		set(list)
		return err
	}
}
