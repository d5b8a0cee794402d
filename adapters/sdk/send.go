package sdk

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/wire"
)

// Conversation is what is sent. ConversationID and Platform are required; a field that is nil says nothing.
type Conversation = wire.NewConversation

// Message is one thing said.
type Message = wire.NewMessage

const (
	conversationsPath = "/api/v1/conversations"
	batchPath         = conversationsPath + "/batch"
)

// Send stores one conversation, or adds to it. When it returns, the server has it on disk.
func (c *Client) Send(ctx context.Context, conversation Conversation) (wire.ConversationAnswer, error) {
	conversation, err := c.note(conversation)
	if err != nil {
		return wire.ConversationAnswer{}, err
	}
	return call[wire.ConversationAnswer](ctx, c, request{method: http.MethodPost, path: conversationsPath, once: uuid.NewString()}, conversation)
}

// SendBatch stores many conversations in one request. The results come in their order, one for each: a bad item has an
// Error there and never harms the others. What the server could not store for a passing reason is sent again. The
// request must stay within the server's limit, 64 MiB if nobody changed it.
func (c *Client) SendBatch(ctx context.Context, conversations []Conversation) ([]wire.BatchResult, error) {
	lines := make([][]byte, len(conversations))
	for i, conversation := range conversations {
		noted, err := c.note(conversation)
		if err != nil {
			return nil, err
		}
		if lines[i], err = json.Marshal(noted); err != nil {
			return nil, fmt.Errorf("sdk: %w", err)
		}
	}
	return c.sendLines(ctx, lines, true)
}

// SendLines is SendBatch for conversations that are JSON already, one an item. They are sent as they are, so they must
// not contain line breaks. There is no idempotency key: an item that is sent again is found unchanged, unless something
// newer came between.
func (c *Client) SendLines(ctx context.Context, lines [][]byte) ([]wire.BatchResult, error) {
	return c.sendLines(ctx, lines, false)
}

// sendLines sends what has no result yet until everything has one. A round that settles nothing counts as a failed
// attempt.
func (c *Client) sendLines(ctx context.Context, lines [][]byte, once bool) ([]wire.BatchResult, error) {
	results := make([]wire.BatchResult, len(lines))
	open := lo.Range(len(lines))
	for n := 0; len(open) > 0; {
		r := request{method: http.MethodPost, path: batchPath, contentType: "application/x-ndjson"}
		if once {
			r.once = uuid.NewString()
		}
		r.body = bytes.Join(lo.Map(open, func(i, _ int) []byte { return lines[i] }), []byte("\n"))
		raw, err := c.do(ctx, r)
		if err != nil {
			return nil, err
		}
		left, err := settle(results, open, raw)
		if err != nil {
			return nil, err
		}
		if len(left) == len(open) {
			n++
		}
		open = left
		switch {
		case len(open) == 0:
		case n >= c.attempts:
			return nil, fmt.Errorf("sdk: %d of %d conversations could not be stored: %w", len(open), len(lines), ErrUnavailable)
		default:
			if err := sleep(ctx, c.wait(n+1)); err != nil {
				return nil, err
			}
		}
	}
	return results, nil
}

// settle notes the results of the items that were open and returns those that still are: the server broke off before
// them, or says that they may succeed later.
func settle(results []wire.BatchResult, open []int, answer []byte) ([]int, error) {
	settled := make(map[int]bool, len(open))
	for line := range bytes.Lines(answer) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var result wire.BatchResult
		if err := json.Unmarshal(line, &result); err != nil {
			return nil, fmt.Errorf("sdk: the server's answer is not understood: %w", err)
		}
		if result.Index < 0 || result.Index >= len(open) || passingStatus(result.Status) {
			continue
		}
		i := open[result.Index]
		result.Index, result.Line = i, i+1
		results[i], settled[i] = result, true
	}
	return lo.Reject(open, func(i, _ int) bool { return settled[i] }), nil
}

// note adds metadata.environment, unless the caller has set it or runs in production.
func (c *Client) note(conversation Conversation) (Conversation, error) {
	if c.environment == Production {
		return conversation, nil
	}
	members := map[string]json.RawMessage{}
	if len(conversation.Metadata) > 0 {
		if err := json.Unmarshal(conversation.Metadata, &members); err != nil {
			return conversation, fmt.Errorf("sdk: the metadata of %q must be a JSON object: %w", conversation.ConversationID, err)
		}
	}
	if _, ok := members["environment"]; ok {
		return conversation, nil
	}
	if members == nil {
		members = map[string]json.RawMessage{}
	}
	environment, err := json.Marshal(c.environment)
	if err != nil {
		return conversation, fmt.Errorf("sdk: %w", err)
	}
	members["environment"] = environment
	conversation.Metadata, err = json.Marshal(members)
	return conversation, err
}
