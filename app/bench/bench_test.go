//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/csm-monitor/csm-monitor/adapters/wire"
)

// The children of a test are this very test program.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == childArg {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestBodies(t *testing.T) {
	one, two := newSource(1, 1000), newSource(1, 1000)
	total := 0
	for n := range 1000 {
		body := one.append(nil, n)
		total += len(body)
		if !bytes.Equal(body, two.append(nil, n)) {
			t.Fatalf("body %d differs between two sources of one seed", n)
		}
		if n > 0 && n != 500 {
			continue
		}
		var c wire.NewConversation
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&c); err != nil {
			t.Fatalf("%v in %s", err, body)
		}
		if len(c.Messages) != 6 || !c.Messages[0].Timestamp.Equal(epoch().Add(span/1000*time.Duration(n))) {
			t.Errorf("%d messages from %v", len(c.Messages), c.Messages[0].Timestamp)
		}
	}
	if mean := total / 1000; mean < 1400 || mean > 1700 {
		t.Errorf("a body has %d bytes", mean)
	}
	if bytes.Equal(one.append(nil, 7), newSource(2, 1000).append(nil, 7)) {
		t.Error("another seed makes the same body")
	}
	if lines := one.lines(3, 5); !bytes.Equal(lines, append(append(append(one.append(nil, 3), '\n'), one.append(nil, 4)...), '\n')) {
		t.Errorf("%s", lines)
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{{nil, 0}, {[]float64{4}, 4}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 1, 2, 9}, 3}} {
		if got := median(c.values); got != c.want {
			t.Errorf("the median of %v is %v", c.values, got)
		}
	}
	p := pairs{}
	p.add(1, 2)
	p.add(30, 10)
	p.add(1, 1)
	p.add(5, 0) // a yardstick that measured nothing
	if p.ratio() != 1 {
		t.Errorf("the ratio is %v", p.ratio())
	}
}

func TestVerdicts(t *testing.T) {
	most, least := goal{reach: 4.5, aim: 3}, goal{reach: 0.3, aim: 0.5, least: true}
	for _, c := range []struct {
		goal goal
		v    float64
		want string
	}{
		{most, 3, "aim"}, {most, 4.5, "reach"}, {most, 4.6, "no"}, {least, 0.5, "aim"}, {least, 0.3, "reach"}, {least, 0.29, "no"},
		{goal{reach: 80}, 70, "reach"}, {goal{reach: 80}, 90, "no"}, {goal{}, 1, ""},
	} {
		if got := c.goal.verdict(c.v); got != c.want {
			t.Errorf("%+v of %v: %q, want %q", c.goal, c.v, got, c.want)
		}
	}
}

func TestTable(t *testing.T) {
	var out strings.Builder
	b := table{out: &out}
	b.add(row{what: "a", figure: "12/s", yardstick: "24/s", value: 0.5, ratio: true, goal: goal{reach: 0.3, aim: 0.6, least: true}, cpu: "9 µs"})
	b.add(row{what: "b", figure: "2 s", value: 2, goal: goal{reach: 1}})
	b.skip("c", "there is none")
	want := `| row | figure | yardstick | ratio | reach | aim | met | server CPU |
|---|---|---|---|---|---|---|---|
| a | 12/s | 24/s | 0.50 | ≥ 0.30 | ≥ 0.60 | reach | 9 µs |
| b | 2 s | – | – | ≤ 1.00 | – | no | – |
| c | skipped: there is none | – | – | – | – | – | – |
`
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
}

// The whole chain on a handful of conversations: a server in a process of its own, an import, a read, sums from cells
// equal to those over the rows.
func TestAServerIsMeasured(t *testing.T) {
	b := &bench{seed: 1, root: t.TempDir(), reps: 1, looks: 1, turn: 20 * time.Millisecond}
	s, err := b.fill(sqliteEngine, "", 300)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}()
	question := totals{Org: s.child.Orgs[0], Start: epoch(), End: epoch().Add(span / 2), Times: 1}
	cells, err := s.totals(question)
	if err != nil {
		t.Fatal(err)
	}
	live, err := liveTotals(s.Storage, s.Dir, question)
	if err != nil {
		t.Fatal(err)
	}
	if cells.Conversations != 150 || live.Conversations != 150 || cells.Took <= 0 || live.Took <= 0 {
		t.Errorf("from cells %+v, over the rows %+v", cells, live)
	}
	if u, err := s.usage(); err != nil || u.CPU <= 0 || u.RSS <= 0 || u.Peak <= 0 {
		t.Errorf("%+v %v", u, err)
	}
	rate, n, err := load(s.addr, 2, b.turn, func(i int) []byte {
		return request("POST", "/api/v1/conversations", s.Keys[0], "application/json", newSource(1, 300).append(nil, i%300))
	})
	if err != nil || rate <= 0 || n == 0 {
		t.Errorf("%v/s, %d, %v", rate, n, err)
	}
	if _, err := upload(s.addr, s.Keys[0], []byte("{}\n")); err == nil {
		t.Error("a refused line passes for a stored one")
	}
}
