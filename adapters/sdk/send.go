package sdk

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/google/uuid"

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
// Error there and never harms the others. The request must stay within the server's limit, 64 MiB if nobody changed it.
func (c *Client) SendBatch(ctx context.Context, conversations []Conversation) ([]wire.BatchResult, error) {
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	for _, conversation := range conversations {
		noted, err := c.note(conversation)
		if err != nil {
			return nil, err
		}
		if err := encoder.Encode(noted); err != nil {
			return nil, fmt.Errorf("sdk: %w", err)
		}
	}
	results, err := c.lines(ctx, request{body: lines.Bytes(), once: uuid.NewString()})
	if err == nil && len(results) != len(conversations) {
		return results, fmt.Errorf("sdk: %d conversations were sent and %d results came back", len(conversations), len(results))
	}
	return results, err
}

// SendLines is SendBatch for conversations that are JSON already, one a line. The bodies are sent as they are. Without
// an idempotency key: a line that is sent again is found unchanged, unless something newer came between.
func (c *Client) SendLines(ctx context.Context, ndjson []byte) ([]wire.BatchResult, error) {
	return c.lines(ctx, request{body: ndjson})
}

func (c *Client) lines(ctx context.Context, r request) ([]wire.BatchResult, error) {
	r.method, r.path, r.contentType = http.MethodPost, batchPath, "application/x-ndjson"
	raw, err := c.do(ctx, r)
	if err != nil {
		return nil, err
	}
	var results []wire.BatchResult
	for line := range bytes.Lines(raw) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var result wire.BatchResult
		if err := json.Unmarshal(line, &result); err != nil {
			return results, fmt.Errorf("sdk: the server's answer is not understood: %w", err)
		}
		results = append(results, result)
	}
	return results, nil
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
