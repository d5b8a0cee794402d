package strict

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Bytes reads a string and returns what it says, as UTF-8. The result is valid until the next call.
func (s *Scanner) Bytes() ([]byte, error) {
	s.space()
	s.unescaped = s.unescaped[:0]
	if !s.take('"') {
		return nil, s.fail("expected a string")
	}
	start := s.pos
	if end := bytes.IndexByte(s.data[start:], '"'); end >= 0 && plain(s.data[start:start+end]) {
		s.pos = start + end + 1
		return s.data[start : start+end], nil
	}
	for i := start; i < len(s.data); i++ {
		c := s.data[i]
		if c != '"' && c != '\\' && c >= ' ' {
			continue
		}
		s.pos = i
		switch c {
		case '"':
			s.pos++
			return s.data[start:i], nil
		case '\\':
			return s.escaped(start)
		}
		return nil, s.fail("a control character must be escaped")
	}
	s.pos = len(s.data)
	return nil, s.fail("a string without end")
}

// plain reports whether a text has neither control characters nor escapes. It looks at eight bytes at a time: a byte
// less than ' ' or equal to '\\' leaves the highest bit of its place set where it was not before.
func plain(text []byte) bool {
	const each, highest = 0x0101010101010101, 0x8080808080808080
	for len(text) >= 8 {
		b := binary.LittleEndian.Uint64(text)
		slashes := b ^ '\\'*each // 0 where one is
		if ((b-' '*each)&^b|(slashes-each)&^slashes)&highest != 0 {
			return false
		}
		text = text[8:]
	}
	for _, c := range text {
		if c == '\\' || c < ' ' {
			return false
		}
	}
	return true
}

// escaped goes on with a string at its first escape.
func (s *Scanner) escaped(start int) ([]byte, error) {
	out := append(s.unescaped, s.data[start:s.pos]...)
	for s.pos < len(s.data) {
		c := s.data[s.pos]
		switch {
		case c == '"':
			s.pos++
			s.unescaped = out
			return out, nil
		case c < ' ':
			return nil, s.fail("a control character must be escaped")
		case c != '\\':
			out = append(out, c)
			s.pos++
		default:
			r, err := s.escape()
			if err != nil {
				return nil, err
			}
			out = utf8.AppendRune(out, r)
		}
	}
	return nil, s.fail("a string without end")
}

// escape reads one escape sequence, or the two that make a pair of surrogates.
func (s *Scanner) escape() (rune, error) {
	at := s.pos
	if s.pos+1 >= len(s.data) {
		s.pos = len(s.data)
		return 0, s.fail("a string without end")
	}
	c := s.data[s.pos+1]
	s.pos += 2
	switch c {
	case '"', '\\', '/':
		return rune(c), nil
	case 'b':
		return '\b', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'u':
		return s.unicodeEscape(at)
	}
	s.pos = at
	return 0, s.fail("unknown escape")
}

func (s *Scanner) unicodeEscape(at int) (rune, error) {
	first, ok := s.hex4()
	if !ok {
		s.pos = at
		return 0, s.fail("\\u needs four hexadecimal digits")
	}
	if !utf16.IsSurrogate(first) {
		return first, nil
	}
	if s.pos+1 < len(s.data) && s.data[s.pos] == '\\' && s.data[s.pos+1] == 'u' {
		s.pos += 2
		if second, ok := s.hex4(); ok {
			if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
				return r, nil
			}
		}
	}
	s.pos = at
	return 0, s.fail("half a surrogate pair")
}

func (s *Scanner) hex4() (rune, bool) {
	if len(s.data)-s.pos < 4 {
		return 0, false
	}
	var r rune
	for _, c := range s.data[s.pos : s.pos+4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	s.pos += 4
	return r, true
}

// Number reads a number and returns its text. One that no float64 can hold is an error.
func (s *Scanner) Number() ([]byte, error) {
	s.space()
	start := s.pos
	s.take('-')
	if !s.take('0') && !s.digits() {
		return nil, s.fail("expected a digit")
	}
	if s.take('.') && !s.digits() {
		return nil, s.fail("expected a digit")
	}
	exponent := false
	if s.take('e') || s.take('E') {
		exponent = true
		_ = s.take('+') || s.take('-')
		if !s.digits() {
			return nil, s.fail("expected a digit")
		}
	}
	text := s.data[start:s.pos]
	if s.pos < len(s.data) && wordy(s.data[s.pos]) {
		return nil, s.fail("not a number")
	}
	if exponent || len(text) > 300 {
		if f, err := strconv.ParseFloat(string(text), 64); err != nil || math.IsInf(f, 0) {
			s.pos = start
			return nil, s.fail("a number out of range")
		}
	}
	return text, nil
}

// digits reads one digit or more.
func (s *Scanner) digits() bool {
	start := s.pos
	for s.pos < len(s.data) && s.data[s.pos] >= '0' && s.data[s.pos] <= '9' {
		s.pos++
	}
	return s.pos > start
}

// wordy says whether c cannot follow a number: 01, 1x and 1.2.3 are mistakes rather than two values.
func wordy(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '.' || c == '+' || c == '-' || c == '_'
}

// Compact reads any value and returns its text without space between the parts. NUL characters in its strings, which
// not every store can keep, become U+FFFD; nuls counts them.
func (s *Scanner) Compact() (text []byte, nuls int, err error) {
	s.space()
	start := s.pos
	if err := s.Skip(); err != nil {
		return nil, 0, err
	}
	raw := s.data[start:s.pos]
	out := make([]byte, 0, len(raw))
	quoted := false
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case quoted && c == '\\':
			if len(raw)-i >= 6 && string(raw[i:i+6]) == `\u0000` {
				out = append(out, `\ufffd`...)
				nuls++
				i += 5
				continue
			}
			out = append(out, c, raw[i+1])
			i++
			continue
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ' ' || c == '\t' || c == '\n' || c == '\r'):
			continue
		}
		out = append(out, c)
	}
	return out, nuls, nil
}
