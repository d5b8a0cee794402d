package httpapi_test

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/csm-monitor/csm-monitor/adapters/wire"
)

// get reads an answer into out.
func (h *house) get(path string, out any) {
	h.t.Helper()
	res := h.send("GET", path, "")
	body := text(res)
	if res.StatusCode != http.StatusOK {
		h.t.Fatalf("GET %s: %d %s", path, res.StatusCode, body)
	}
	if err := json.Unmarshal([]byte(body), out); err != nil {
		h.t.Fatalf("GET %s: %v", path, err)
	}
}

// fill sends n conversations of last month, one in three escalated, each with a cost and a rating.
func (h *house) fill(n int, at time.Time) {
	h.t.Helper()
	for i := range n {
		reply := `{"sender_type":"ai","content":"Open Billing and press Correct."}`
		if i%3 == 0 {
			reply = `{"sender_type":"ai","content":"I'm sorry, I don't have that information."},{"sender_type":"human_agent","content":"=HYPERLINK(1) Kim here."}`
		}
		body := fmt.Sprintf(`{"conversation_id":"c%d","platform":"custom","created_at":%q,"topic":"=billing","cost_usd":0.25,"csat_score":%d,
			"messages":[{"sender_type":"customer","content":"Why is my invoice wrong?","timestamp":%q},%s]}`,
			i, at.Format(time.RFC3339), 1+i%5, at.Format(time.RFC3339), reply)
		if res := h.send("POST", "/api/v1/conversations", body); res.StatusCode >= 300 {
			h.t.Fatalf("conversation %d: %s", i, text(res))
		}
	}
}

func TestLedgerOverTheAPI(t *testing.T) {
	h := open(t)
	last := time.Now().UTC().AddDate(0, 0, -time.Now().UTC().Day()) // the last day of the month before
	h.fill(12, last)
	period := last.Format("2006-01")
	var month wire.LedgerMonth
	h.get("/api/v1/roi/ledger?period="+period, &month)
	if month.Closed || month.Totals.AICost != "3.00" || len(month.Lines) == 0 || month.Lines[0].Seq != nil {
		t.Fatalf("open month: %+v", month.Totals)
	}
	if res := h.send("POST", "/api/v1/roi/ledger/close", `{"period":"2999-01"}`); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("closing the future: %d", res.StatusCode)
	}
	if res := h.send("POST", "/api/v1/roi/ledger/close", `{"period":"`+period+`"}`); res.StatusCode != http.StatusOK {
		t.Fatalf("close: %s", text(res))
	}
	var closed wire.LedgerMonth
	h.get("/api/v1/roi/ledger?period="+period, &closed)
	if !closed.Closed || closed.Totals != month.Totals || closed.Lines[0].Seq == nil || closed.Lines[0].Hash == nil {
		t.Errorf("closed month: %+v", closed)
	}
	var check wire.LedgerCheck
	h.get("/api/v1/roi/ledger/verify", &check)
	if !check.Intact || check.Lines != int64(len(closed.Lines)) {
		t.Errorf("verify: %+v", check)
	}
	var account wire.CostAnalysis
	h.get("/api/v1/cs-metrics/cost-analysis?start="+period+"-01&end="+last.Format(time.DateOnly), &account)
	for name, want := range map[string]wire.Number{"total_ai_cost": closed.Totals.AICost, "total_estimated_human_cost": closed.Totals.HumanCost, "cost_savings": closed.Totals.Savings} {
		if f, _ := account.CostAnalysis.Get(name); f.Number != want {
			t.Errorf("%s: the headline says %s, the ledger %s", name, f.Number, want)
		}
	}
	if len(account.Sensitivity) != 4 || account.Sensitivity[1].Input != "handle_seconds" || account.Sensitivity[1].Low.Setting != "-50 %" || account.Sensitivity[1].Low.Savings == "" {
		t.Errorf("sensitivity: %+v", account.Sensitivity)
	}
	var waterfall wire.Waterfall
	h.get("/api/v1/roi/waterfall?start="+period+"-01&end="+last.Format(time.DateOnly), &waterfall)
	if n := len(waterfall.Steps); n == 0 || waterfall.Steps[n-1].Amount != closed.Totals.Savings {
		t.Errorf("waterfall: %+v", waterfall.Steps)
	}
}

func TestExplanationsAreServed(t *testing.T) {
	h := open(t)
	h.fill(9, time.Now().UTC().Add(-48*time.Hour).Truncate(time.Second))
	var explained wire.EscalationExplained
	h.get("/api/v1/cs-metrics/escalation-explained", &explained)
	if len(explained.Reasons) == 0 || explained.Reasons[0].Reason != "knowledge_gap" || explained.Reasons[0].Count != 3 || len(explained.ByTurn) != 5 {
		t.Errorf("explained: %+v", explained)
	}
	var comparison wire.CSATComparison
	h.get("/api/v1/cs-metrics/csat-comparison", &comparison)
	if len(comparison.Views) != 3 || comparison.Views[0].Name != "as_started" || comparison.Views[0].Verdict != "not comparable" {
		t.Errorf("comparison: %+v", comparison.Views)
	}
	h.get("/api/v1/cs-metrics/csat-comparison?target=ai", &comparison)
	if comparison.Views[0].Target != "ai" {
		t.Errorf("comparison on the AI's mix: %+v", comparison.Views[0])
	}
	var prediction wire.CSATPrediction
	h.get("/api/v1/cs-metrics/csat-predicted", &prediction)
	if f, _ := prediction.Figures.Get("predicted_csat_pct"); f.Number != "" || prediction.Why == nil {
		t.Errorf("prediction from nine ratings: %+v", prediction)
	}
	var definitions wire.Definitions
	h.get("/api/v1/definitions", &definitions)
	if len(definitions.Definitions) < 40 {
		t.Errorf("%d definitions", len(definitions.Definitions))
	}
}

func TestExport(t *testing.T) {
	h := open(t)
	h.fill(25, time.Now().UTC().Add(-time.Hour).Truncate(time.Second))
	rows := func(path string) []wire.ExportedConversation {
		var out []wire.ExportedConversation
		scanner := bufio.NewScanner(h.send("GET", path, "").Body)
		scanner.Buffer(nil, 1<<20)
		for scanner.Scan() {
			var row wire.ExportedConversation
			if err := json.Unmarshal(scanner.Bytes(), &row); err != nil {
				t.Fatal(err)
			}
			out = append(out, row)
		}
		return out
	}
	all := rows("/api/v1/conversations/export")
	if len(all) != 25 {
		t.Fatalf("%d rows", len(all))
	}
	rest := rows("/api/v1/conversations/export?cursor=" + all[9].Cursor)
	if len(rest) != 15 || rest[0].ID != all[10].ID || rest[14].ID != all[24].ID {
		t.Errorf("going on after row 10: %d rows", len(rest))
	}
	if got := rows("/api/v1/conversations/export?escalated=true"); len(got) != 9 {
		t.Errorf("%d escalated rows", len(got))
	}
	if res := h.send("GET", "/api/v1/conversations/export?escalated=true&cursor="+all[9].Cursor, ""); res.StatusCode != http.StatusBadRequest {
		t.Errorf("a cursor of other filters: %d", res.StatusCode)
	}
	table, err := csv.NewReader(h.send("GET", "/api/v1/conversations/export?format=csv", "").Body).ReadAll()
	if err != nil || len(table) != 26 {
		t.Fatalf("csv: %d rows, %v", len(table), err)
	}
	for _, row := range table[1:] {
		for i, cell := range row {
			if strings.HasPrefix(cell, "=") {
				t.Errorf("column %s holds a formula: %q", table[0][i], cell)
			}
		}
	}
	if empty := text(h.send("GET", "/api/v1/conversations/export?format=csv&platform=zendesk", "")); !strings.HasPrefix(empty, "id,") {
		t.Errorf("an empty table has no header: %q", empty)
	}
}

func TestStream(t *testing.T) {
	h := open(t)
	server := httptest.NewServer(h.api)
	defer server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	connect := func(last string) *bufio.Scanner {
		req, err := http.NewRequestWithContext(ctx, "GET", server.URL+"/api/v1/stream", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-API-Key", h.key)
		if last != "" {
			req.Header.Set("Last-Event-ID", last)
		}
		res, err := server.Client().Do(req)
		if err != nil || res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
			t.Fatalf("stream: %v", err)
		}
		t.Cleanup(func() { res.Body.Close() })
		return bufio.NewScanner(res.Body)
	}
	// next reads up to the first event of a name and returns its id and data.
	next := func(s *bufio.Scanner, name string) (id, data string) {
		event := ""
		for s.Scan() {
			field, value, _ := strings.Cut(s.Text(), ": ")
			switch field {
			case "id":
				id = value
			case "event":
				event = value
			case "data":
				data = value
			case "":
				if event == name {
					return id, data
				}
			}
		}
		t.Fatalf("the stream ended before %s: %v", name, s.Err())
		return "", ""
	}
	live := connect("")
	_, first := next(live, "totals")
	h.fill(4, time.Now().UTC().Add(-time.Hour).Truncate(time.Second))
	_, told := next(live, "escalation")
	var escalation wire.StreamEscalation
	if err := json.Unmarshal([]byte(told), &escalation); err != nil || escalation.ConversationID != "c0" || *escalation.Reason != "knowledge_gap" {
		t.Errorf("escalation: %s, %v", told, err)
	}
	id, moved := next(live, "totals")
	if moved == first {
		t.Error("the totals did not move")
	}
	h.fill(8, time.Now().UTC().Add(-2*time.Hour).Truncate(time.Second)) // c0 to c3 again, changed, and four new ones
	if _, again := next(connect(id), "escalation"); !strings.Contains(again, `"c`) {
		t.Errorf("after a reconnection: %s", again)
	}
	now, _ := next(connect(""), "totals")
	if id, _ := next(connect("999999999"), "totals"); id != now {
		t.Errorf("after an event that has not happened the stream goes on from %s, want %s", id, now)
	}
	if res := h.send("GET", "/api/v1/stream", "", "Last-Event-ID", "x"); res.StatusCode != http.StatusBadRequest {
		t.Errorf("a last event that is none: %d", res.StatusCode)
	}
	h.api.Drain()
	for live.Scan() { // draining ends the stream
	}
}

// Who asks for the header of a stream alone gets it and keeps the connection for the next request.
func TestTheHeaderOfAStreamEnds(t *testing.T) {
	h := open(t)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, "HEAD", "/api/v1/stream", nil)
	r.Header.Set("X-API-Key", h.key)
	w := httptest.NewRecorder()
	h.api.ServeHTTP(w, r)
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/event-stream" || ctx.Err() != nil {
		t.Errorf("%d, %s, %v", w.Code, w.Header().Get("Content-Type"), ctx.Err())
	}
}
