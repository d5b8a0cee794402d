package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
)

// Number is the text of a JSON number, kept as it is so that 2500.00 stays 2500.00. Empty is null: not known.
type Number string

// Float64 is the nearest float64; ok is false when the number is not known.
func (n Number) Float64() (value float64, ok bool) {
	value, err := strconv.ParseFloat(string(n), 64)
	return value, err == nil
}

// MarshalJSON writes the text of the number, or null.
func (n Number) MarshalJSON() ([]byte, error) {
	if n == "" {
		return []byte("null"), nil
	}
	return []byte(n), nil
}

// UnmarshalJSON reads a JSON number or null.
func (n *Number) UnmarshalJSON(raw []byte) error {
	if bytes.Equal(raw, []byte("null")) {
		*n = ""
		return nil
	}
	var number json.Number
	if err := json.Unmarshal(raw, &number); err != nil || raw[0] == '"' {
		return errors.New("wire: not a JSON number")
	}
	*n = Number(number)
	return nil
}

// Whole is the number of an integer.
func Whole(v int64) Number { return Number(strconv.FormatInt(v, 10)) }

// Decimal is the shortest text of v that reads back as v; nil is null.
func Decimal(v *float64) Number {
	if v == nil {
		return ""
	}
	return Number(strconv.FormatFloat(*v, 'f', -1, 64))
}
