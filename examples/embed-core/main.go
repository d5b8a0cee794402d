// Command embed-core measures conversations inside a program of one's own: no server, no database, just the core.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/csm-monitor/csm-monitor/adapters/storage/memory"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/monitor"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

func main() { run(context.Background(), os.Stdout) }

func run(ctx context.Context, out io.Writer) {
	m, err := monitor.New(memory.New(), monitor.Options{Clock: time.Now})
	check(err)
	org, err := m.CreateOrg(ctx, "Example", tenant.SelfHosted)
	check(err)
	start := time.Now().Add(-48 * time.Hour)
	stamp := conversation.Stamp{Trust: conversation.Signed, At: time.Now()}
	arrivals := []monitor.Arrival{}
	for i := range 90 { // in turn: solved by the AI, handled by a person alone, handed on by the AI
		senders := [][]conversation.Sender{{"customer", "ai", "customer"}, {"customer", "human_agent"}, {"customer", "ai", "human_agent"}}[i%3]
		texts := [][]string{{"How do I reset my password?", "Use the link on the sign-in page.", "Thanks, that solved it."},
			{"My parcel is late.", "It leaves today."}, {"Where is my refund?", "I don't have that information.", "It was paid this morning."}}[i%3]
		var messages []conversation.Message
		for k, sender := range senders {
			messages = append(messages, conversation.Message{Sender: sender, Content: texts[k], At: start.Add(time.Duration(k*(100+i)) * time.Second)})
		}
		cost := money.Micro(200_000) // 0.20
		key, facts := conversation.Key{Org: org.ID, Platform: conversation.Custom, ID: fmt.Sprint("chat-", i)}, conversation.Facts{Cost: conversation.State(&cost, stamp)}
		arrivals = append(arrivals, monitor.Arrival{Patch: conversation.NewPatch(key, facts, messages, stamp, time.Now())})
	}
	results, err := m.Ingest(ctx, arrivals)
	check(err)
	found := results[2].Conversation.Findings
	fmt.Fprintf(out, "escalated %t because of a %s; handled by %s\n", found.Escalation.Escalated, found.Escalation.Primary, found.Handler)
	_, err = m.AssignGaps(ctx, org.ID)
	check(err)
	gaps, err := m.KnowledgeGaps(ctx, monitor.GapQuery{Org: org.ID})
	check(err)
	fmt.Fprintf(out, "gap %d, seen %d times: %s\n", gaps.Gaps[0].ID, gaps.Gaps[0].Count, gaps.Gaps[0].Question)
	account, err := m.CostAnalysis(ctx, monitor.Request{Org: org.ID})
	check(err)
	roi, _ := account.Total.Get("roi_percentage")
	fmt.Fprintf(out, "ROI %.1f %%, between %.1f and %.1f\n", *roi.Estimate.Value, *roi.Estimate.Low, *roi.Estimate.High)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
