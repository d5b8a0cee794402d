// Package strict reads JSON the way a door should: one document, exact names, no member twice, no byte that is not
// UTF-8, no half character, no number that a float64 cannot hold, and nothing so deep or wide that reading it costs
// more than sending it.
//
// The caller pulls values in the order in which they stand in the document. All errors are *SyntaxError; after one, the
// Scanner is of no further use.
package strict

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The limits of a document.
const (
	// MaxDepth is how many objects and arrays may be open at once.
	MaxDepth = 32
	// MaxMembers is how many members an object, or items an array, may have.
	MaxMembers = 10_000
)

// SyntaxError says what is wrong with a document, and where.
type SyntaxError struct {
	// Offset is the position in bytes, from 0.
	Offset int
	// Pointer is the JSON pointer of the value that was being read; empty is the document itself.
	Pointer string
	Message string
}

// Error gives the message with its place.
func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at byte %d", e.Message, e.Offset) }

// Kind is the kind of a JSON value.
type Kind byte

// The kinds.
const (
	Null Kind = iota + 1
	Bool
	Number
	String
	Object
	Array
)

// Scanner reads one document.
type Scanner struct {
	data []byte
	pos  int
	// depth counts the objects and arrays that are open.
	depth int
	// names are those met so far in the objects that are open, innermost last.
	names [][]byte
	// unescaped holds the last string that had escapes in it.
	unescaped []byte
}

// Reset starts on a document. It refuses one that is not UTF-8 or begins with a byte order mark.
func (s *Scanner) Reset(document []byte) error {
	*s = Scanner{data: document, names: s.names[:0], unescaped: s.unescaped[:0]}
	if bytes.HasPrefix(document, []byte("\xef\xbb\xbf")) {
		return s.fail("a byte order mark is not JSON")
	}
	if utf8.Valid(document) {
		return nil
	}
	for s.pos < len(document) {
		r, n := utf8.DecodeRune(document[s.pos:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		s.pos += n
	}
	return s.fail("invalid UTF-8")
}

// End makes sure that nothing but space is left.
func (s *Scanner) End() error {
	s.space()
	if s.pos < len(s.data) {
		return s.fail("unexpected data after the document")
	}
	return nil
}

// Peek says what kind of value comes next.
func (s *Scanner) Peek() (Kind, error) {
	s.space()
	if s.pos >= len(s.data) {
		return 0, s.fail("unexpected end, expected a value")
	}
	switch c := s.data[s.pos]; {
	case c == '{':
		return Object, nil
	case c == '[':
		return Array, nil
	case c == '"':
		return String, nil
	case c == 't' || c == 'f':
		return Bool, nil
	case c == 'n':
		return Null, nil
	case c == '-' || c >= '0' && c <= '9':
		return Number, nil
	}
	return 0, s.fail("expected a value")
}

// Null reads null.
func (s *Scanner) Null() error {
	if !s.literal("null") {
		return s.fail("expected a value")
	}
	return nil
}

// Bool reads true or false.
func (s *Scanner) Bool() (bool, error) {
	switch {
	case s.literal("true"):
		return true, nil
	case s.literal("false"):
		return false, nil
	}
	return false, s.fail("expected a value")
}

// Object reads an object. It calls member for each, with the decoded name; member must read exactly the value. The name
// is valid until the object ends.
func (s *Scanner) Object(member func(name []byte) error) error {
	if err := s.open('{'); err != nil {
		return err
	}
	mark := len(s.names)
	defer func() { s.names = s.names[:mark] }()
	seen := distinct{first: mark}
	for n := 0; ; n++ {
		more, err := s.next(n, '}')
		if err != nil || !more {
			return err
		}
		name, err := s.name(&seen)
		if err != nil {
			return err
		}
		if err := member(name); err != nil {
			return within(err, string(name))
		}
	}
}

// Array reads an array. It calls item for each; item must read exactly the value.
func (s *Scanner) Array(item func(i int) error) error {
	if err := s.open('['); err != nil {
		return err
	}
	for i := 0; ; i++ {
		more, err := s.next(i, ']')
		if err != nil || !more {
			return err
		}
		if err := item(i); err != nil {
			return within(err, strconv.Itoa(i))
		}
	}
}

// Skip reads any value and forgets it. It is as strict as reading it would be.
func (s *Scanner) Skip() error {
	kind, err := s.Peek()
	if err != nil {
		return err
	}
	switch kind {
	case Object:
		return s.Object(func([]byte) error { return s.Skip() })
	case Array:
		return s.Array(func(int) error { return s.Skip() })
	case String:
		_, err = s.Bytes()
	case Number:
		_, err = s.Number()
	case Bool:
		_, err = s.Bool()
	case Null:
		err = s.Null()
	}
	return err
}

// distinct finds names that come twice in one object.
type distinct struct {
	// first is where the object's names begin.
	first int
	// index takes over when an object is wide.
	index map[string]struct{}
}

// wide is how many names are compared one by one before an index pays.
const wide = 24

// name reads a member's name and the colon behind it.
func (s *Scanner) name(seen *distinct) ([]byte, error) {
	at := s.pos
	name, err := s.Bytes()
	if err != nil {
		return nil, err
	}
	if len(s.unescaped) > 0 {
		name = bytes.Clone(name)
	}
	if s.twice(seen, name) {
		s.pos = at
		return nil, s.fail(fmt.Sprintf("the name %q comes twice", short(name)))
	}
	s.names = append(s.names, name)
	s.space()
	if !s.take(':') {
		return nil, s.fail("expected : after a name")
	}
	return name, nil
}

func (s *Scanner) twice(seen *distinct, name []byte) bool {
	own := s.names[seen.first:]
	if len(own) < wide {
		for _, other := range own {
			if string(other) == string(name) {
				return true
			}
		}
		return false
	}
	if seen.index == nil {
		seen.index = make(map[string]struct{}, 4*wide)
		for _, other := range own {
			seen.index[string(other)] = struct{}{}
		}
	}
	if _, ok := seen.index[string(name)]; ok {
		return true
	}
	seen.index[string(name)] = struct{}{}
	return false
}

// open reads the bracket that opens an object or array.
func (s *Scanner) open(bracket byte) error {
	s.space()
	if s.depth == MaxDepth {
		return s.fail(fmt.Sprintf("nested deeper than %d", MaxDepth))
	}
	if !s.take(bracket) {
		return s.fail("expected " + string(bracket))
	}
	s.depth++
	return nil
}

// next moves to element n of an object or array, or past its end, which more = false reports.
func (s *Scanner) next(n int, end byte) (more bool, err error) {
	s.space()
	if s.take(end) {
		s.depth--
		return false, nil
	}
	if n > 0 {
		if !s.take(',') {
			return false, s.fail("expected , or " + string(end))
		}
		s.space()
	}
	if n == MaxMembers {
		return false, s.fail(fmt.Sprintf("more than %d members", MaxMembers))
	}
	if end == '}' && (s.pos >= len(s.data) || s.data[s.pos] != '"') {
		return false, s.fail("expected a name in quotes")
	}
	return true, nil
}

func (s *Scanner) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

func (s *Scanner) take(c byte) bool {
	if s.pos < len(s.data) && s.data[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

func (s *Scanner) literal(word string) bool {
	s.space()
	if len(s.data)-s.pos < len(word) || string(s.data[s.pos:s.pos+len(word)]) != word {
		return false
	}
	s.pos += len(word)
	return true
}

func (s *Scanner) fail(message string) error {
	return &SyntaxError{Offset: s.pos, Message: message}
}

// within puts the name of the member that was being read before the pointer of an error.
func within(err error, name string) error {
	if syntax, ok := err.(*SyntaxError); ok {
		syntax.Pointer = "/" + Escape(name) + syntax.Pointer
	}
	return err
}

// Escape writes a name as part of a JSON pointer.
func Escape(name string) string {
	if !strings.ContainsAny(name, "~/") {
		return name
	}
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// short cuts a name for a message.
func short(name []byte) []byte {
	const most = 64
	if len(name) <= most {
		return name
	}
	cut := most
	for !utf8.RuneStart(name[cut]) {
		cut--
	}
	return append(bytes.Clone(name[:cut]), "…"...)
}
