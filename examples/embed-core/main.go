// Command embed-core measures a conversation inside a program of one's own: no server, no database, just the core.
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
	"github.com/csm-monitor/csm-monitor/core/monitor"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer) error {
	m, err := monitor.New(memory.New(), monitor.Options{Clock: time.Now})
	if err != nil {
		return err
	}
	org, err := m.CreateOrg(ctx, "Example", tenant.SelfHosted)
	if err != nil {
		return err
	}
	now := time.Now()
	stamp := conversation.Stamp{Trust: conversation.Signed, At: now}
	patch := conversation.NewPatch(conversation.Key{Org: org.ID, Platform: conversation.Custom, ID: "chat-1"}, conversation.Facts{},
		[]conversation.Message{
			{Sender: conversation.Customer, Content: "Where is my refund? I have asked three times!"},
			{Sender: conversation.AI, Content: "I'm sorry, I don't have information about that."},
			{Sender: conversation.Customer, Content: "This is useless, let me talk to a person."},
			{Sender: conversation.HumanAgent, Content: "I am sorry about that. It was paid this morning."},
		}, stamp, now)
	results, err := m.Ingest(ctx, []monitor.Arrival{{Patch: patch}})
	if err != nil {
		return err
	}
	found := results[0].Conversation.Findings
	fmt.Fprintf(out, "escalated %t because %s; mood %s; handled by %s\n",
		found.Escalation.Escalated, found.Escalation.Primary, found.Sentiment.Label, found.Handler)
	dashboard, err := m.Dashboard(ctx, monitor.Request{Org: org.ID})
	if err != nil {
		return err
	}
	rate, _ := dashboard.Metrics.Get("escalation_rate")
	fmt.Fprintf(out, "escalation rate %.1f %% of %d (%.1f to %.1f)\n", *rate.Estimate.Value, rate.Estimate.N, *rate.Estimate.Low, *rate.Estimate.High)
	return nil
}
