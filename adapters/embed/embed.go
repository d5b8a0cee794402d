// Package embed asks an OpenAI-compatible endpoint (OpenAI, Ollama, vLLM and others) for embeddings.
package embed

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/csm-monitor/csm-monitor/adapters/outbound"
	"github.com/csm-monitor/csm-monitor/core/port"
)

// Options name the endpoint.
type Options struct {
	// URL is the address before /embeddings, such as http://localhost:11434/v1.
	URL string
	// Model is the endpoint's name of the model.
	Model string
	// Key is sent as a bearer token; empty sends none.
	Key string
	// AllowHosts are inside hosts that may be reached, such as localhost for Ollama.
	AllowHosts []string
}

// Client is a port.Embedder.
type Client struct {
	o    Options
	http *outbound.Client
}

var _ port.Embedder = (*Client)(nil)

const (
	batch     = 128      // texts in one request
	maxAnswer = 64 << 20 // 128 vectors of 4,096 numbers in text
	timeout   = time.Minute
)

// New checks the options.
func New(o Options) (*Client, error) {
	c := &Client{o: o, http: outbound.New(outbound.Options{AllowHosts: o.AllowHosts, Timeout: timeout, MaxAnswer: maxAnswer})}
	c.o.URL = strings.TrimRight(o.URL, "/")
	if o.Model == "" {
		return nil, fmt.Errorf("embed: the model must be named")
	}
	if err := c.http.Check(c.o.URL); err != nil {
		return nil, fmt.Errorf("embed: %w", err)
	}
	return c, nil
}

// Model names the model.
func (c *Client) Model() string { return c.o.Model }

// Embed asks in batches. An endpoint that cannot serve now is port.ErrUnavailable.
func (c *Client) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, 0, len(texts))
	for len(texts) > 0 {
		n := min(batch, len(texts))
		vectors, err := c.ask(ctx, texts[:n])
		if err != nil {
			return nil, err
		}
		out, texts = append(out, vectors...), texts[n:]
	}
	for i, v := range out {
		if len(v) == 0 || len(v) != len(out[0]) {
			return nil, fmt.Errorf("embed: vector %d has %d numbers, the first has %d", i, len(v), len(out[0]))
		}
	}
	return out, nil
}

type request struct {
	Model string   `json:"model"`
	Input []string `json:"input"`
}

type answer struct {
	Data []struct {
		Index     int       `json:"index"`
		Embedding []float32 `json:"embedding"`
	} `json:"data"`
}

func (c *Client) ask(ctx context.Context, texts []string) ([][]float32, error) {
	body, err := json.Marshal(request{c.o.Model, texts})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.o.URL+"/embeddings", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if c.o.Key != "" {
		req.Header.Set("Authorization", "Bearer "+c.o.Key)
	}
	status, _, raw, err := c.http.Do(req)
	switch {
	case err != nil:
		return nil, &port.Unavailable{After: time.Minute, Cause: fmt.Errorf("embed: %w", err)}
	case status == http.StatusTooManyRequests || status >= 500:
		return nil, &port.Unavailable{After: time.Minute, Cause: fmt.Errorf("embed: the endpoint answered %d", status)}
	case status != http.StatusOK:
		return nil, fmt.Errorf("embed: the endpoint answered %d", status)
	}
	var a answer
	if err := json.Unmarshal(raw, &a); err != nil {
		return nil, fmt.Errorf("embed: the answer is not what an embeddings endpoint says: %w", err)
	}
	out := make([][]float32, len(texts))
	for _, d := range a.Data {
		if d.Index < 0 || d.Index >= len(out) || out[d.Index] != nil {
			return nil, fmt.Errorf("embed: the answer has a vector for text %d of %d", d.Index, len(texts))
		}
		out[d.Index] = d.Embedding
	}
	if len(a.Data) != len(texts) {
		return nil, fmt.Errorf("embed: %d texts were sent, %d vectors came back", len(texts), len(a.Data))
	}
	return out, nil
}
