package faults

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/csm-monitor/csm-monitor/contract-tests/pgtest"
)

// TestKilledWhileImporting kills the server at random moments of an import. After every restart, everything that was
// acknowledged is there, every figure counts each conversation once, and the import goes on.
func TestKilledWhileImporting(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { killServer(t, newServer(t, "")) })
	t.Run("postgres", func(t *testing.T) { killServer(t, newServer(t, pgtest.Database(t))) })
}

func killServer(t *testing.T, s *server) { drill(t, s, victim{kill: s.kill, start: s.start}) }

// TestTheDatabaseCrashesWhileImporting is the same with a server that lives, and a database that crashes and comes back.
func TestTheDatabaseCrashesWhileImporting(t *testing.T) {
	database := pgtest.NewCluster(t)
	s := newServer(t, database.Address)
	drill(t, s, victim{kill: database.Crash, start: func() {
		database.Start()
		for !s.answers() {
			time.Sleep(2 * time.Millisecond)
		}
	}})
}

// victim is what a drill ends at random moments.
type victim struct{ kill, start func() }

func drill(t *testing.T, s *server, v victim) {
	kills := 20
	if testing.Short() {
		kills = 3
	}
	random := rand.New(rand.NewPCG(20, 9))
	s.start()
	in := &importing{server: s, victim: v, acknowledged: map[int]bool{}}
	in.fill()
	in.send(0) // undisturbed, to learn how long a batch takes
	// Kills go on until some came with a batch stored in part: the others prove little.
	midway, killed, atLeast := 0, 0, 1+kills/10
	for ; killed < kills || midway < atLeast && killed < 10*kills; killed++ {
		in.fill()
		before := len(in.acknowledged)
		// Somewhere within the batch's work or shortly after it, whatever the machine's speed.
		done := in.send(time.Millisecond + time.Duration(random.Int64N(int64(in.took)*12/10)))
		v.start()
		in.check()
		if !done && (len(in.acknowledged) > before || in.there > before) {
			midway++
		}
	}
	for !in.complete() {
		in.send(0)
	}
	in.check()
	if got := len(in.listed()); got != in.next {
		t.Errorf("%d conversations are there, %d were sent", got, in.next)
	}
	t.Logf("%d kills, %d of them with a batch stored in part; %d conversations; %d were stored before a kill and sent again", killed, midway, in.next, in.repeated)
	if midway < atLeast {
		t.Errorf("only %d of %d kills came with a batch stored in part: the drill proves little", midway, killed)
	}
}

// batchSize is more than the server stores in one step, so that a kill may come between two.
const batchSize = 600

// importing is an import that is repeated from its first unacknowledged line after every kill of its victim.
type importing struct {
	server *server
	victim victim
	// next is the number of the first conversation never sent; acknowledged holds those that were answered for.
	next         int
	acknowledged map[int]bool
	repeated     int
	// there is how many were there at the last check.
	there int
	// took is how long a whole batch took.
	took time.Duration
}

func (in *importing) complete() bool { return len(in.acknowledged) == in.next }

// fill adds new conversations until there is a whole batch to send.
func (in *importing) fill() {
	in.next = max(in.next, len(in.acknowledged)+batchSize)
}

// send sends what is not acknowledged and kills the victim when moment has passed; 0 lets it live. It says whether the
// batch was answered to its end.
func (in *importing) send(moment time.Duration) bool {
	t := in.server.t
	t.Helper()
	var batch []int
	for i := range in.next {
		if !in.acknowledged[i] {
			batch = append(batch, i)
		}
	}
	lines := make([]string, len(batch))
	for k, i := range batch {
		lines[k] = body(i)
	}
	killed := make(chan struct{})
	if moment > 0 {
		go func() {
			defer close(killed)
			time.Sleep(moment)
			in.victim.kill()
		}()
	} else {
		close(killed)
	}
	begun := time.Now()
	answered := in.post(batch, strings.Join(lines, "\n"))
	if answered == len(batch) {
		in.took = time.Since(begun)
	}
	<-killed
	return answered == len(batch)
}

// post sends the lines and notes each whole line of the answer that came back.
func (in *importing) post(batch []int, lines string) (answered int) {
	t := in.server.t
	t.Helper()
	res, err := in.server.request(http.MethodPost, "/api/v1/conversations/batch", "application/x-ndjson", strings.NewReader(lines))
	if err != nil {
		return 0
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode == http.StatusServiceUnavailable {
		return 0
	}
	if res.StatusCode != http.StatusOK {
		t.Fatalf("the batch is answered %s", res.Status)
	}
	answer := bufio.NewReader(res.Body)
	for {
		line, err := answer.ReadString('\n')
		if err != nil {
			return answered
		}
		var result struct {
			Index, Status int
			Effect        string
		}
		if err := json.Unmarshal([]byte(line), &result); err != nil || result.Status == http.StatusServiceUnavailable {
			return answered // the server was dying
		}
		if result.Status != http.StatusOK && result.Status != http.StatusCreated {
			t.Fatalf("refused: %s", line)
		}
		if result.Effect == "unchanged" {
			in.repeated++
		}
		in.acknowledged[batch[result.Index]] = true
		answered++
	}
}

// The i-th conversation, and what it counts for.
func id(i int) string { return fmt.Sprintf("drill-%06d", i) }

func stars(i int) int { return 1 + i%5 }

func cents(i int) int { return i % 100 }

func body(i int) string {
	at := time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * 17 * time.Minute)
	stamp := func(after int) string { return at.Add(time.Duration(after) * time.Second).Format(time.RFC3339) }
	return fmt.Sprintf(`{"conversation_id":%q,"platform":"custom","customer_id":"c%d","topic":"t%d","csat_score":%d,"cost_usd":0.%02d,"messages":[`+
		`{"sender_type":"customer","content":"Where is parcel %d?","timestamp":%q},{"sender_type":"ai","content":"It comes tomorrow.","timestamp":%q}]}`,
		id(i), i%50, i%7, stars(i), cents(i), i, stamp(0), stamp(9))
}

// listed pages through everything that is there.
func (in *importing) listed() map[string]bool {
	t := in.server.t
	t.Helper()
	out := map[string]bool{}
	cursor := ""
	for {
		var page struct {
			Conversations []struct {
				ID string `json:"conversation_id"`
			} `json:"conversations"`
			Next *string `json:"next_cursor"`
		}
		in.server.get("/api/v1/conversations?limit=500"+cursor, &page)
		for _, c := range page.Conversations {
			if out[c.ID] {
				t.Errorf("%s is listed twice", c.ID)
			}
			out[c.ID] = true
		}
		if page.Next == nil {
			return out
		}
		cursor = "&cursor=" + *page.Next
	}
}

// check compares what is there with what was acknowledged, and every figure with what is there.
func (in *importing) check() {
	t := in.server.t
	t.Helper()
	there := in.listed()
	in.there = len(there)
	for i := range in.acknowledged {
		if !there[id(i)] {
			t.Errorf("%s was acknowledged and is missing", id(i))
		}
	}
	n, sum, money := 0, 0, 0
	for i := range in.next {
		if there[id(i)] {
			n, sum, money = n+1, sum+stars(i), money+cents(i)
		}
	}
	if n != len(there) {
		t.Errorf("%d conversations are there that were never sent", len(there)-n)
	}
	const window = "?start=2025-01-01T00:00:00Z&end=2026-01-01T00:00:00Z"
	var dashboard struct {
		Metrics map[string]any `json:"metrics"`
	}
	in.server.get("/api/v1/cs-metrics/dashboard"+window, &dashboard)
	want := map[string]string{"total_conversations": fmt.Sprint(n), "rated_conversations": fmt.Sprint(n)}
	if n > 0 {
		want["avg_csat_score"] = fmt.Sprintf("%.2f", float64(sum)/float64(n))
		want["total_ai_cost"] = fmt.Sprintf("%d.%02d", money/100, money%100)
	}
	for name, value := range want {
		if got := fmt.Sprint(dashboard.Metrics[name]); got != value {
			t.Errorf("%s is %s, %s are there", name, got, value)
		}
	}
}
