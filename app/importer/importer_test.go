package importer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/csm-monitor/csm-monitor/adapters/wire"
)

// server keeps the last text of each conversation and refuses what is no JSON.
type server struct {
	mu   sync.Mutex
	kept map[string]string
	// calls counts batches; fail, when set, says whether one fails.
	calls int
	fail  func(call int) error
}

func (s *server) SendLines(ctx context.Context, lines [][]byte) ([]wire.BatchResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if s.fail != nil {
		if err := s.fail(s.calls); err != nil {
			return nil, err
		}
	}
	results := make([]wire.BatchResult, len(lines))
	for i, line := range lines {
		var body struct {
			ID string `json:"conversation_id"`
		}
		if err := json.Unmarshal(line, &body); err != nil || body.ID == "" {
			results[i] = wire.BatchResult{ConversationID: body.ID, Error: &wire.Problem{Title: "T", Errors: []wire.Fault{{Field: "/conversation_id", Message: "is required"}}}}
			continue
		}
		before, ok := s.kept[body.ID]
		switch {
		case !ok:
			results[i].Effect = "created"
		case before == string(line):
			results[i].Effect = "unchanged"
		default:
			results[i].Effect = "updated"
		}
		s.kept[body.ID] = string(line)
	}
	return results, nil
}

func body(id, n int) string { return fmt.Sprintf(`{"conversation_id":"c%d","n":%d}`, id, n) }

func file(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintln(&b, body(i, 0))
	}
	return b.String()
}

func TestEveryLineIsAccountedFor(t *testing.T) {
	s := &server{kept: map[string]string{}}
	text := "\ufeff" + body(1, 0) + "\r\n\n" + `{"conversation_id":""}` + "\n" + body(2, 0) + "\n{broken\n" + strings.Repeat("x", maxLine+1) + "\n" + body(3, 0)
	var refused []Refusal
	p, err := Run(t.Context(), strings.NewReader(text), Options{Sender: s, Refused: func(r Refusal) { refused = append(refused, r) }})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Progress{Line: 7, Counts: Counts{Stored: 3, Refused: 3}}, p); diff != "" {
		t.Error(diff)
	}
	want := []Refusal{
		{Line: 3, Reason: "conversation_id is required"}, {Line: 5, Reason: "conversation_id is required"}, {Line: 6, Reason: "is longer than 16 MiB"},
	}
	if diff := cmp.Diff(want, refused); diff != "" {
		t.Error(diff)
	}
	if s.kept["c1"] != body(1, 0) {
		t.Errorf("%q", s.kept["c1"])
	}
}

// Batches are in flight side by side, yet a conversation that comes twice ends as its last line says.
func TestLaterLinesArriveLater(t *testing.T) {
	var b strings.Builder
	const conversations, rounds = 300, 20
	for n := range rounds {
		for id := range conversations {
			fmt.Fprintln(&b, body(id, n))
		}
	}
	s := &server{kept: map[string]string{}}
	p, err := Run(t.Context(), strings.NewReader(b.String()), Options{Sender: s})
	if err != nil {
		t.Fatal(err)
	}
	if want := (Counts{Stored: conversations, Updated: conversations * (rounds - 1)}); p.Counts != want {
		t.Errorf("%+v", p)
	}
	for id := range conversations {
		if got := s.kept[fmt.Sprintf("c%d", id)]; got != body(id, rounds-1) {
			t.Errorf("conversation %d ends as %s", id, got)
		}
	}
}

// Wherever an import stops, going on from what it settled misses nothing and counts nothing twice.
func TestGoesOnWhereItStopped(t *testing.T) {
	const n = 5000
	text := file(n)
	for stop := 1; stop <= 20; stop++ {
		s := &server{kept: map[string]string{}, fail: func(call int) error {
			if call == stop {
				return errors.New("connection lost")
			}
			return nil
		}}
		first, err := Run(t.Context(), strings.NewReader(text), Options{Sender: s})
		if err == nil {
			t.Fatalf("stop %d: no error after %d calls", stop, s.calls)
		}
		if first.Counts.Stored != first.Line {
			t.Errorf("stop %d: %+v", stop, first)
		}
		for i := range first.Line {
			if _, ok := s.kept[fmt.Sprintf("c%d", i)]; !ok {
				t.Fatalf("stop %d: line %d counts as settled and is missing", stop, i+1)
			}
		}
		s.fail = nil
		last, err := Run(t.Context(), strings.NewReader(text), Options{Sender: s, From: first})
		if err != nil || last.Line != n || last.Counts.Total() != n || last.Counts.Refused != 0 || len(s.kept) != n {
			t.Errorf("stop %d: %+v %v", stop, last, err)
		}
	}
}

func TestCancellation(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := &server{kept: map[string]string{}, fail: func(call int) error {
		if call == 3 {
			cancel()
		}
		return nil
	}}
	if p, err := Run(ctx, strings.NewReader(file(100_000)), Options{Sender: s}); !errors.Is(err, context.Canceled) || p.Line > 20_000 {
		t.Error(p, err)
	}
}

func TestCompressionIsNoticedByContent(t *testing.T) {
	text := file(1000)
	var zipped, zstandard bytes.Buffer
	z := gzip.NewWriter(&zipped)
	io.WriteString(z, text)
	z.Close()
	e, err := zstd.NewWriter(&zstandard)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(e, text)
	e.Close()
	for name, raw := range map[string][]byte{"plain": []byte(text), "gzip": zipped.Bytes(), "zstd": zstandard.Bytes(), "empty": nil} {
		r, release, err := Open(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(name, err)
		}
		p, err := Run(t.Context(), r, Options{Sender: &server{kept: map[string]string{}}})
		release()
		if want := 1000 * min(len(raw), 1); err != nil || p.Counts.Stored != want {
			t.Error(name, p, err)
		}
	}
	// A file that was cut off: what can be read is stored, and the error says where it ends.
	r, release, err := Open(bytes.NewReader(zipped.Bytes()[:zipped.Len()/2]))
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	p, err := Run(t.Context(), r, Options{Sender: &server{kept: map[string]string{}}})
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("reading line %d", p.Line+1)) {
		t.Error(p, err)
	}
}

func TestArraysAreExplained(t *testing.T) {
	if _, err := Run(t.Context(), strings.NewReader(`  [{"conversation_id":"a"}]`), Options{}); !errors.Is(err, ErrArray) {
		t.Error(err)
	}
}

func TestState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f.ndjson")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	open := func(endpoint string) (*State, Progress, bool) {
		s, from, resumed, err := OpenState(path, endpoint)
		if err != nil {
			t.Fatal(err)
		}
		return s, from, resumed
	}
	write(file(100))
	s, _, resumed := open("here")
	if resumed {
		t.Error("a first import goes on from nothing")
	}
	p := Progress{Line: 7, Counts: Counts{Stored: 6, Refused: 1}}
	if err := s.Save(p); err != nil {
		t.Fatal(err)
	}
	if _, from, resumed := open("here"); !resumed || from != p {
		t.Error(from, resumed)
	}
	if _, _, resumed := open("elsewhere"); resumed {
		t.Error("went on at another server")
	}
	write(file(101))
	if _, _, resumed := open("here"); resumed {
		t.Error("went on in another file")
	}
	if err := s.Remove(); err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(); err != nil {
		t.Error(err)
	}
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("a\n\nb"))
	f.Add([]byte("\ufeff{}\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(raw, []byte("\ufeff"))), []byte("[")) {
			return
		}
		lines := newLineReader(bytes.NewReader(raw))
		want := bytes.Split(raw, []byte("\n"))
		for i := 1; ; i++ {
			number, text, err := lines.next()
			if err == io.EOF {
				if rest := bytes.Join(want[i-1:], []byte("\n")); len(rest) > 0 {
					t.Fatalf("ended before %q", rest)
				}
				return
			}
			if err != nil || number != i || !bytes.Equal(text, bytes.TrimSpace(trimMark(want[i-1], i))) {
				t.Fatalf("line %d: %d %q %v", i, number, text, err)
			}
		}
	})
}

func trimMark(line []byte, number int) []byte {
	if number == 1 {
		return bytes.TrimPrefix(line, []byte("\ufeff"))
	}
	return line
}
