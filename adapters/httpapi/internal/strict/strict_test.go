package strict

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// skip reads a whole document and keeps nothing.
func skip(document string) error {
	var s Scanner
	if err := s.Reset([]byte(document)); err != nil {
		return err
	}
	if err := s.Skip(); err != nil {
		return err
	}
	return s.End()
}

func TestErrorsSayWhereAndWhat(t *testing.T) {
	for document, want := range map[string]string{
		`{"a":{"b":[1,{"c":01}]}}`: "/a/b/1/c not a number at byte 19",
		`{"a":{"x":1,"x":2}}`:      `/a the name "x" comes twice at byte 12`,
		`{"a/b~c":{"x":"\q"}}`:     "/a~1b~0c/x unknown escape at byte 15",
		`[1,2`:                     " expected , or ] at byte 4",
		"\xef\xbb\xbf{}":           " a byte order mark is not JSON at byte 0",
		"{\"a\":\"x\xffy\"}":       " invalid UTF-8 at byte 7",
		`"\ud800x"`:                " half a surrogate pair at byte 1",
		`1 2`:                      " unexpected data after the document at byte 2",
		`[1e999]`:                  "/0 a number out of range at byte 1",
		"\"a\tb\"":                 " a control character must be escaped at byte 2",
	} {
		var syntax *SyntaxError
		if err := skip(document); !errors.As(err, &syntax) {
			t.Errorf("%s: %v", document, err)
		} else if got := syntax.Pointer + " " + syntax.Error(); got != want {
			t.Errorf("%s:\n got %s\nwant %s", document, got, want)
		}
	}
}

func TestNamesAreComparedInWideObjects(t *testing.T) {
	for _, n := range []int{1, wide - 1, wide, wide + 1, 500} {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"k%d":{"k%d":0},`, i, i)
		}
		if err := skip("{" + b.String() + `"last":0}`); err != nil {
			t.Errorf("%d names: %v", n, err)
		}
		for _, again := range []int{0, n / 2, n - 1} {
			if err := skip("{" + b.String() + fmt.Sprintf(`"k%d":0}`, again)); err == nil {
				t.Errorf("%d names: the second k%d was accepted", n, again)
			}
		}
	}
}

func TestStringsReadAsTheyWereWritten(t *testing.T) {
	for _, want := range []string{"", "plain", "é☃😀", "\" \\ / \b \f \n \r \t \x00 \x1f", "\u2028\u2029", "\ufeff", "\U0010ffff", strings.Repeat("x", 5000)} {
		raw, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var s Scanner
		if err := s.Reset(raw); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Bytes(); err != nil || string(got) != want {
			t.Errorf("%q was read as %q, %v", want, got, err)
		}
	}
}

// Every byte is seen wherever in a string it stands, and whatever stands around it.
func TestEveryByteOfAStringIsSeen(t *testing.T) {
	for length := range 20 {
		for at := range length {
			for c := range utf8.RuneSelf {
				for _, around := range []byte{' ', '~', 0x7f} {
					text := bytes.Repeat([]byte{around}, length)
					text[at] = byte(c)
					if want := c >= ' ' && c != '\\'; plain(text) != want {
						t.Fatalf("%q is taken for plain: %v", text, !want)
					}
				}
			}
		}
	}
	if !plain([]byte("größer als 8 €, 漢字と😀")) {
		t.Error("letters beyond ASCII are not plain")
	}
}

func TestCompactKeepsTheValue(t *testing.T) {
	var s Scanner
	if err := s.Reset([]byte(" { \"a b\" : [ 1.50 , \"x \\\" \\u0000 \\\\u0000 y\" , null ] ,\n\"c\":{ } } ")); err != nil {
		t.Fatal(err)
	}
	got, nuls, err := s.Compact()
	if want := `{"a b":[1.50,"x \" \ufffd \\u0000 y",null],"c":{}}`; err != nil || string(got) != want || nuls != 1 {
		t.Errorf("got %s, %d, %v", got, nuls, err)
	}
}

// FuzzSkip compares with the standard library: what is accepted here is valid there, and what is valid there and
// refused here is refused for a reason of strictness.
func FuzzSkip(f *testing.F) {
	for _, seed := range []string{`{"a":[1,-2.5e3,"\u00e9\ud83d\ude00",null,true,false,{}]}`, `"\ud800"`, `{"a":1,"a":2}`, `[[[[[[]]]]]]`, "1e400", " 0 ", "{", "\ufeff1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, document string) {
		err := skip(document)
		valid := json.Valid([]byte(document))
		if err == nil && (!valid || !utf8.ValidString(document)) {
			t.Fatalf("%q was accepted", document)
		}
		var syntax *SyntaxError
		if err != nil && !errors.As(err, &syntax) {
			t.Fatalf("%q: %T", document, err)
		}
		if err == nil || !valid || !utf8.ValidString(document) {
			return
		}
		for _, reason := range []string{"twice", "surrogate", "range", "deeper", "more than"} {
			if strings.Contains(syntax.Message, reason) {
				return
			}
		}
		t.Fatalf("%q was refused: %v", document, err)
	})
}

// FuzzCompact makes sure that compact text says the same.
func FuzzCompact(f *testing.F) {
	f.Add(` { "a" : [ 1 , "x \\ y \" z" ] } `)
	f.Add(`"\\u0000\u0000"`)
	f.Fuzz(func(t *testing.T, document string) {
		if skip(document) != nil || strings.Contains(document, `\u0000`) {
			return
		}
		var s Scanner
		_ = s.Reset([]byte(document))
		got, _, err := s.Compact()
		if err != nil {
			t.Fatal(err)
		}
		var a, b any
		if json.Unmarshal([]byte(document), &a) != nil || json.Unmarshal(got, &b) != nil || fmt.Sprint(a) != fmt.Sprint(b) {
			t.Fatalf("%q became %q", document, got)
		}
	})
}
