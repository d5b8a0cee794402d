package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/csm-monitor/csm-monitor/adapters/sdk"
	"github.com/csm-monitor/csm-monitor/adapters/wire"
	"github.com/csm-monitor/csm-monitor/app/importer"
	"github.com/csm-monitor/csm-monitor/contract-tests/pgtest"
)

// eachStore runs a test on every kind of store that ships.
func eachStore(t *testing.T, test func(t *testing.T, storage string)) {
	t.Run("memory", func(t *testing.T) { test(t, "memory://") })
	t.Run("sqlite", func(t *testing.T) { test(t, "sqlite://"+filepath.Join(t.TempDir(), "csm.db")) })
	t.Run("postgres", func(t *testing.T) { test(t, pgtest.Database(t)) })
}

// TestTheMainJob imports a file, imports it again, and compares the six reads with an independent fold over the file.
func TestTheMainJob(t *testing.T) {
	file := invented(400)
	eachStore(t, func(t *testing.T, storage string) { mainJob(t, storage, file) })
}

// TestTheMainJobOnRealConversations does the same with the development data, where there is any.
func TestTheMainJobOnRealConversations(t *testing.T) {
	dir := os.Getenv("CSM_DATA_DEV_DIR")
	if dir == "" {
		t.Skip("SKIPPED: CSM_DATA_DEV_DIR does not name the folder of star-train-sample.ndjson.gz")
	}
	raw, err := os.ReadFile(filepath.Join(dir, "star-train-sample.ndjson.gz"))
	if err != nil {
		t.Fatal(err)
	}
	eachStore(t, func(t *testing.T, storage string) { mainJob(t, storage, raw) })
}

func mainJob(t *testing.T, storage string, raw []byte) {
	cfg := load(t, "CSM_STORAGE="+storage)
	r := start(t, cfg)
	if cfg.Storage.Scheme() == "postgres" {
		startWorker(t, cfg)
	}
	client, err := sdk.New(sdk.Options{APIKey: r.key(), Endpoint: r.url})
	if err != nil {
		t.Fatal(err)
	}
	res, body := do(t, http.MethodPatch, r.url+"/api/v1/organization", r.key(), `{"settings":{"costs":{"human_hourly":60,"handle_seconds":600}}}`)
	if res.StatusCode != http.StatusOK {
		t.Fatal(body)
	}
	file := lines(t, raw)

	first := imported(t, client, raw)
	if want := (importer.Counts{Stored: len(file)}); first != want {
		t.Fatalf("the first import: %+v, want %+v", first, want)
	}
	before := settled(t, r, client, file)
	again := imported(t, client, raw)
	if want := (importer.Counts{Unchanged: len(file)}); again != want {
		t.Errorf("the second import: %+v, want %+v", again, want)
	}
	after := settled(t, r, client, file)
	if !bytes.Equal(before, after) {
		t.Errorf("figures moved with an import that changed nothing:\n%s\n%s", before, after)
	}
}

func lines(t *testing.T, raw []byte) []sent {
	t.Helper()
	r, release, err := importer.Open(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	var out []sent
	decoder := json.NewDecoder(r)
	for decoder.More() {
		var one sent
		if err := decoder.Decode(&one); err != nil {
			t.Fatal(err)
		}
		out = append(out, one)
	}
	return out
}

func imported(t *testing.T, client *sdk.Client, raw []byte) importer.Counts {
	t.Helper()
	r, release, err := importer.Open(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	p, err := importer.Run(t.Context(), r, importer.Options{Sender: client, Refused: func(refused importer.Refusal) {
		t.Errorf("line %d (%s): %s", refused.Line, refused.ConversationID, refused.Reason)
	}})
	if err != nil {
		t.Fatal(err)
	}
	return p.Counts
}

// of2020 is the window that covers the files.
var of2020 = sdk.Window{Start: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), End: time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)}

// settled waits until the jobs behind the write have caught up, checks the six reads and returns them.
func settled(t *testing.T, r running, client *sdk.Client, file []sent) []byte {
	t.Helper()
	shown := map[string]wire.Conversation{}
	for c, err := range client.Each(t.Context(), sdk.Filter{Limit: 500}) {
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := shown[c.ConversationID]; twice {
			t.Errorf("%s is listed twice", c.ConversationID)
		}
		shown[c.ConversationID] = c
	}
	if len(shown) != len(file) {
		t.Fatalf("%d conversations are listed, %d were sent", len(shown), len(file))
	}
	want := foldOf(t, file, shown)
	want.humanPerContactCents = 1000 // 60 an hour, 600 seconds
	state := ""
	defer func() {
		if t.Failed() {
			t.Log(state)
		}
	}()
	until(t, "the gaps are complete and returns are linked", func() bool {
		gaps, err := client.KnowledgeGaps(t.Context(), sdk.GapFilter{})
		if err != nil {
			t.Fatal(err)
		}
		cost, err := client.CostAnalysis(t.Context(), of2020)
		if err != nil {
			t.Fatal(err)
		}
		credited, _ := cost.CostAnalysis.Get("credited_resolutions")
		maturity := credited.Estimate.Maturity.State
		state = fmt.Sprintf("gaps complete %t, %s credited (%s), want %d (final)", gaps.Complete, credited.Number, maturity, want.credited)
		return gaps.Complete && string(credited.Number) == fmt.Sprint(want.credited) && maturity == "final"
	})
	answers := []any{
		checkedDashboard(t, client, want), checkedTrends(t, client, want), checkedPatterns(t, client, want),
		checkedCosts(t, client, want), checkedListing(t, client, file, shown), checkedGaps(t, r, client, want, file),
	}
	out, err := json.Marshal(answers)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func checkedDashboard(t *testing.T, client *sdk.Client, want *fold) any {
	t.Helper()
	d, err := client.Dashboard(t.Context(), of2020)
	if err != nil {
		t.Fatal(err)
	}
	want.checkDashboard(t, "dashboard", d.Metrics)
	return d.Metrics
}

func checkedTrends(t *testing.T, client *sdk.Client, want *fold) any {
	t.Helper()
	trends, err := client.CSATTrends(t.Context(), of2020)
	if err != nil {
		t.Fatal(err)
	}
	if len(trends.CSATTrends) != 366 {
		t.Errorf("2020 has %d days in the trend", len(trends.CSATTrends))
	}
	day := of2020.Start
	for _, p := range trends.CSATTrends {
		if p.Date != day.Format(time.DateOnly) {
			t.Fatalf("the day after is %s, want %s", p.Date, day.Format(time.DateOnly))
		}
		f := want.days[p.Date]
		if f == nil {
			f = newFold()
		}
		check(t, p.Date, p.Figures, "total_conversations", whole(f.n), 0)
		check(t, p.Date, p.Figures, "rated_conversations", whole(len(f.rated("ai", "human", "mixed"))), 0)
		check(t, p.Date, p.Figures, "ai_avg_csat", mean(f.rated("ai")), 2)
		check(t, p.Date, p.Figures, "human_avg_csat", mean(f.rated("human")), 2)
		check(t, p.Date, p.Figures, "csat_pct", satisfied(f.rated("ai", "human", "mixed")), 1)
		day = day.AddDate(0, 0, 1)
	}
	return []any{trends.CSATTrends, trends.Total}
}

func checkedPatterns(t *testing.T, client *sdk.Client, want *fold) any {
	t.Helper()
	patterns, err := client.EscalationPatterns(t.Context(), of2020)
	if err != nil {
		t.Fatal(err)
	}
	if len(patterns.EscalationPatterns) != len(want.topics) {
		t.Errorf("%d topics, want %d", len(patterns.EscalationPatterns), len(want.topics))
	}
	for _, p := range patterns.EscalationPatterns {
		f := want.topics[p.Topic]
		if f == nil {
			t.Errorf("there is no topic %q in the file", p.Topic)
			continue
		}
		check(t, p.Topic, p.Figures, "total_conversations", whole(f.n), 0)
		check(t, p.Topic, p.Figures, "escalated_conversations", whole(f.escalated), 0)
		check(t, p.Topic, p.Figures, "escalation_rate", share(f.escalated, f.n), 1)
		check(t, p.Topic, p.Figures, "ai_escalation_rate", share(f.escalatedAI, f.ai), 1)
	}
	check(t, "patterns", patterns.Total, "escalation_rate", share(want.escalated, want.n), 1)
	return []any{patterns.EscalationPatterns, patterns.Reasons, patterns.Total}
}

func checkedCosts(t *testing.T, client *sdk.Client, want *fold) any {
	t.Helper()
	cost, err := client.CostAnalysis(t.Context(), of2020)
	if err != nil {
		t.Fatal(err)
	}
	want.checkCosts(t, "cost analysis", cost.CostAnalysis)
	check(t, "cost analysis", cost.CostAnalysis, "credited_resolutions", whole(want.credited), 0)
	check(t, "cost analysis", cost.CostAnalysis, "credited_resolutions_conservative", whole(want.conservative), 0)
	check(t, "cost analysis", cost.CostAnalysis, "credited_resolutions_gross", whole(want.gross), 0)
	for _, topic := range cost.Topics {
		f := want.topics[topic.Topic]
		if f == nil {
			t.Errorf("there is no topic %q in the file", topic.Topic)
			continue
		}
		check(t, topic.Topic, topic.Figures, "credited_resolutions", whole(f.credited), 0)
		ai, _, _, _ := f.money()
		check(t, topic.Topic, topic.Figures, "ai_cost", ai, 2)
	}
	return []any{cost.CostAnalysis, cost.Topics}
}

func checkedListing(t *testing.T, client *sdk.Client, file []sent, shown map[string]wire.Conversation) any {
	t.Helper()
	topics := map[string]int{}
	for _, s := range file {
		topics[s.Topic]++
		c := shown[s.ConversationID]
		if len(c.Messages) != len(s.Messages) || !c.StartedAt.Equal(s.start()) || !c.EndedAt.Equal(s.end()) || c.Escalated != s.escalated() {
			t.Errorf("%s is shown as %d messages from %s to %s, escalated %t", s.ConversationID, len(c.Messages), c.StartedAt, c.EndedAt, c.Escalated)
		}
	}
	for topic, n := range topics {
		page, err := client.Conversations(t.Context(), sdk.Filter{Topic: &topic, Start: of2020.Start, End: of2020.End, Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		if page.Total == nil || *page.Total != int64(n) {
			t.Errorf("%d conversations on %q, want %d", page.Total, topic, n)
		}
	}
	return topics
}

// checkedGaps follows every gap to its conversations: each of them is one on which the AI failed, or one that asked the
// same and went well, and none is under two gaps.
func checkedGaps(t *testing.T, r running, client *sdk.Client, want *fold, file []sent) any {
	t.Helper()
	gaps, err := client.KnowledgeGaps(t.Context(), sdk.GapFilter{MinOccurrences: 1, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	if want.failed > 0 && gaps.Total == 0 {
		t.Errorf("the AI failed on %d conversations and there is no gap", want.failed)
	}
	var ids []int64
	for _, gap := range gaps.KnowledgeGaps {
		ids = append(ids, gap.ID)
		if gap.OccurrenceCount < 1 || gap.Question == "" || gap.FirstSeenAt.After(gap.LastSeenAt) || gap.OccurrenceCount > len(file) {
			t.Errorf("%+v", gap)
		}
		res, body := get(t, fmt.Sprintf("%s/api/v1/conversations/knowledge-gaps/%d", r.url, gap.ID), r.key())
		var answer wire.KnowledgeGapAnswer
		if err := json.Unmarshal([]byte(body), &answer); err != nil || res.StatusCode != http.StatusOK {
			t.Fatal(res.Status, body, err)
		}
		failed := 0
		for _, o := range answer.Conversations {
			if len(o.Failures) > 0 {
				failed++
			}
			if _, err := client.Conversation(t.Context(), o.ID); err != nil {
				t.Errorf("gap %d: conversation %s: %v", gap.ID, o.ID, err)
			}
		}
		if failed != gap.OccurrenceCount {
			t.Errorf("gap %d counts %d occurrences and shows %d", gap.ID, gap.OccurrenceCount, failed)
		}
	}
	return []any{gaps.Total, ids}
}

// invented makes a file in which everything occurs that the fold counts. Fewer than 20 conversations are with people
// alone: from 20 on their handle times are learnt, and people would no longer cost what the settings say.
func invented(n int) []byte {
	random := rand.New(rand.NewPCG(2, 7))
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	at := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		at = at.Add(time.Duration(random.IntN(40*3600)) * time.Second)
		body := map[string]any{
			"conversation_id": fmt.Sprintf("inv-%d", i), "platform": "custom", "customer_id": fmt.Sprintf("c-%d", random.IntN(60)),
			"topic": []string{"billing", "delivery", "account"}[random.IntN(3)], "tags": []string{"invented"},
		}
		next := at
		say := func(sender, text string) map[string]any {
			next = next.Add(time.Duration(5+random.IntN(60)) * time.Second)
			return map[string]any{"sender_type": sender, "content": text, "timestamp": next.Format(time.RFC3339)}
		}
		question := []string{"Where is my parcel?", "How do I change my address?", "Why was I charged twice?", "Can I export my invoices?"}[random.IntN(4)]
		messages := []any{say("customer", question)}
		kind := random.IntN(20)
		switch {
		case i%30 == 29: // people alone: 13 of 400
			messages = append(messages, say("human_agent", "Let me look that up for you."), say("customer", "Thanks."))
		case kind < 4: // handed over
			messages = append(messages, say("ai", "I am sorry, I do not know that. I will connect you to an agent."), say("human_agent", "Hello, I can help with that."), say("customer", "Good."))
		case kind < 8: // the AI does not know
			messages = append(messages, say("ai", "I'm sorry, I don't have information about that."), say("customer", "That is terrible, I am really angry."))
		default:
			messages = append(messages, say("ai", "You find it in your account under Settings."), say("customer", "Great, thank you so much!"))
		}
		body["messages"] = messages
		if kind == 4 {
			body["escalated"] = true
		}
		if random.IntN(3) == 0 {
			body["csat_score"] = 1 + random.IntN(5)
		}
		if random.IntN(4) > 0 {
			body["cost_usd"] = json.Number(fmt.Sprintf("0.%02d", random.IntN(100)))
		}
		_ = encoder.Encode(body) // a buffer takes everything
	}
	return out.Bytes()
}
