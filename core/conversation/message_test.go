package conversation_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
)

func TestMergeLeavesThePatchAsItIs(t *testing.T) {
	p := conversation.Patch{Stamp: signed, ReceivedAt: noon}
	for i := range 5 {
		p.Messages = append(p.Messages, conversation.Message{Sender: conversation.Customer, Content: fmt.Sprint(i), Order: noon.Add(-time.Duration(i) * time.Hour)})
	}
	before := slices.Clone(p.Messages)
	c := conversation.Merge(nil, &p)
	if !reflect.DeepEqual(p.Messages, before) {
		t.Error("the messages of the patch have changed")
	}
	if !slices.IsSortedFunc(c.Messages, func(a, b conversation.Message) int { return a.Order.Compare(b.Order) }) {
		t.Error("the messages are out of order")
	}
}

// Identical lines of one body stay, those of the body sent again go, however many messages there are.
func TestIdenticalLinesStayApart(t *testing.T) {
	for _, n := range []int{0, 5, 40} {
		var lines []conversation.Message
		for i := range n {
			lines = append(lines, conversation.Message{Sender: conversation.AI, Content: fmt.Sprint("line ", i)})
		}
		for range 2 {
			lines = append(lines, conversation.Message{Sender: conversation.Customer, Content: "yes"})
		}
		p := conversation.NewPatch(conversation.Key{ID: "1"}, conversation.Facts{}, lines, signed, noon)
		once := conversation.Merge(nil, &p)
		again := conversation.Merge(once, &p)
		if len(once.Messages) != n+2 || len(again.Messages) != n+2 {
			t.Errorf("%d lines and two alike: %d messages, sent again %d", n, len(once.Messages), len(again.Messages))
		}
	}
}
