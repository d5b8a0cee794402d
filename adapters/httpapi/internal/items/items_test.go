package items

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/csm-monitor/csm-monitor/adapters/httpapi/internal/strict"
)

// drain reads a batch to its end, a byte at a time so that no item comes in one piece.
func drain(r Reader) (out []string, err error) {
	for {
		item, err := r.Next()
		switch {
		case err == io.EOF:
			return out, nil
		case err != nil:
			return out, err
		case item.Err != nil:
			out = append(out, item.Err.Error())
		default:
			out = append(out, string(item.Raw))
		}
	}
}

func TestArray(t *testing.T) {
	for batch, want := range map[string][]string{
		"[]":                                    nil,
		" [ ] \n":                               nil,
		`[1]`:                                   {"1"},
		`[ {"a":[1,{}]} , 2,"x" ] `:             {`{"a":[1,{}]}`, "2", `"x"`},
		`["a]","\"]",{"b":"}\\"}]`:              {`"a]"`, `"\"]"`, `{"b":"}\\"}`},
		`[{"a":1}},2]`:                          {`{"a":1}}`, "2"},
		`[nonsense,{]},null]`:                   {"nonsense", "{]}", "null"},
		`["` + strings.Repeat("x", 30) + `",7]`: {ErrTooLarge.Error(), "7"},
	} {
		got, err := drain(Array(iotest.OneByteReader(strings.NewReader(batch)), 20))
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("%s: %q, %v", batch, got, err)
		}
	}
}

func TestArrayBreaksOff(t *testing.T) {
	for batch, want := range map[string]string{
		"":          "0: unexpected end of the array at byte 0",
		"{}":        "0: expected [, a batch is an array at byte 0",
		"[1":        "0: unexpected end of the array, behind item 0 at byte 2",
		"[1,2":      "1: unexpected end of the array, behind item 1 at byte 4",
		"[1,2,":     "2: unexpected end of the array, behind item 1 at byte 5",
		`[1,{"a":2`: "1: unexpected end of the array, behind item 1 at byte 9",
		"[1 2]":     "1: expected , or ] after an item, behind item 0 at byte 3",
		"[1,,2]":    "1: expected an item, behind item 0 at byte 3",
		"[1,]":      "1: expected an item, behind item 0 at byte 3",
		"[1] x":     "1: unexpected data after the array, behind item 0 at byte 4",
	} {
		got, err := drain(Array(strings.NewReader(batch), 20))
		var syntax *strict.SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%s: %v", batch, err)
			continue
		}
		if said := string(rune('0'+len(got))) + ": " + err.Error(); said != want {
			t.Errorf("%s:\n got %s\nwant %s", batch, said, want)
		}
	}
}

func TestLines(t *testing.T) {
	r := Lines(iotest.OneByteReader(strings.NewReader("{}\n\n \r\n[1]\r\n"+strings.Repeat("y", 11)+"\n"+strings.Repeat("z", 10)+"\r\nlast")), 10)
	var lines []int
	var texts []string
	for {
		item, err := r.Next()
		if err == io.EOF {
			break
		}
		lines = append(lines, item.Line)
		texts = append(texts, string(item.Raw))
	}
	if !cmp.Equal(lines, []int{1, 4, 5, 6, 7}) || !cmp.Equal(texts, []string{"{}", "[1]", "", "zzzzzzzzzz", "last"}) {
		t.Errorf("%v %q", lines, texts)
	}
}

// What ends a line is one \r\n; more of it counts, or a line of nothing else would be kept whole.
func TestALineOfCarriageReturnsIsTooLong(t *testing.T) {
	got, err := drain(Lines(iotest.OneByteReader(strings.NewReader(strings.Repeat("\r", 1000)+"\n7\r\n"+strings.Repeat("z", 9)+"\r\r\n")), 10))
	if want := []string{ErrTooLarge.Error(), "7", "zzzzzzzzz"}; err != nil || !cmp.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestReadErrorsEndTheBatch(t *testing.T) {
	broken := errors.New("broken")
	for name, r := range map[string]Reader{
		"array": Array(io.MultiReader(strings.NewReader(`[1,2`), iotest.ErrReader(broken)), 10),
		"lines": Lines(io.MultiReader(strings.NewReader("1\n2"), iotest.ErrReader(broken)), 10),
	} {
		if _, err := drain(r); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzArray compares with the standard library: a valid array comes apart into its items.
func FuzzArray(f *testing.F) {
	f.Add(`[{"a":"]"}, 1 ,[[]],"\\\"",null]`)
	f.Add(`[}]`)
	f.Fuzz(func(t *testing.T, batch string) {
		got, err := drain(Array(strings.NewReader(batch), 1<<20))
		var want []json.RawMessage
		if !strings.HasPrefix(strings.TrimLeft(batch, " \t\r\n"), "[") || json.Unmarshal([]byte(batch), &want) != nil {
			return
		}
		if err != nil || len(got) != len(want) {
			t.Fatalf("%q: %q, %v", batch, got, err)
		}
		for i := range want {
			if got[i] != string(want[i]) {
				t.Fatalf("%q: item %d is %q", batch, i, got[i])
			}
		}
	})
}
