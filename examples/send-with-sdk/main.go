// Command send-with-sdk sends a conversation to a server and reads a figure back. CSM_MONITOR_API_KEY holds the key that
// the server printed on its first start; CSM_MONITOR_ENDPOINT its address, unless it runs on this machine.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/csm-monitor/csm-monitor/adapters/sdk"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer) error {
	client, err := sdk.FromEnv()
	if err != nil {
		return err
	}
	score, topic := 5, "billing"
	answer, err := client.Send(ctx, sdk.Conversation{
		ConversationID: "chat-1", Platform: "sdk", Topic: &topic, CSATScore: &score, CostUSD: "0.12",
		Messages: []sdk.Message{
			{SenderType: "customer", Content: "Where do I find my invoice?"},
			{SenderType: "ai", Content: "Under Billing, Invoices. Anything else?"},
			{SenderType: "customer", Content: "No, thank you!"},
		},
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: handled by %s, escalated %t, outcome %s\n", answer.Effect, answer.Conversation.Handler,
		answer.Conversation.Escalated, *answer.Conversation.Findings.Outcome.Kind)

	dashboard, err := client.Dashboard(ctx, sdk.Window{Hours: 24})
	if err != nil {
		return err
	}
	for _, name := range []string{"total_conversations", "avg_csat_score", "total_ai_cost", "human_avg_csat"} {
		figure, _ := dashboard.Metrics.Get(name)
		if figure.Number == "" {
			fmt.Fprintf(out, "%s: not known yet\n", name)
			continue
		}
		fmt.Fprintf(out, "%s: %s (n = %d)\n", name, figure.Number, figure.Estimate.N)
	}
	return nil
}
