package embed_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/csm-monitor/csm-monitor/adapters/embed"
	"github.com/csm-monitor/csm-monitor/core/port"
)

// endpoint answers with one vector for each text, the last first, made of the text's length.
func endpoint(t *testing.T, answer func(w http.ResponseWriter, texts []string) bool) *embed.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Model string   `json:"model"`
			Input []string `json:"input"`
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.Model != "small" || r.URL.Path != "/v1/embeddings" || r.Header.Get("Authorization") != "Bearer key" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if answer != nil && answer(w, in.Input) {
			return
		}
		type item struct {
			Index     int       `json:"index"`
			Embedding []float32 `json:"embedding"`
		}
		var items []item
		for i := len(in.Input) - 1; i >= 0; i-- {
			items = append(items, item{i, []float32{float32(len(in.Input[i])), 1}})
		}
		json.NewEncoder(w).Encode(map[string]any{"data": items})
	}))
	t.Cleanup(server.Close)
	c, err := embed.New(embed.Options{URL: server.URL + "/v1/", Model: "small", Key: "key", AllowHosts: []string{"127.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEmbedKeepsTheOrderAcrossBatches(t *testing.T) {
	c := endpoint(t, nil)
	texts := make([]string, 300)
	for i := range texts {
		texts[i] = fmt.Sprintf("%0*d", i+1, 0)
	}
	vectors, err := c.Embed(context.Background(), texts)
	if err != nil || len(vectors) != len(texts) {
		t.Fatalf("%d vectors, %v", len(vectors), err)
	}
	for i, v := range vectors {
		if v[0] != float32(i+1) {
			t.Fatalf("vector %d belongs to text %v", i, v[0]-1)
		}
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	for name, c := range map[string]struct {
		answer    string
		status    int
		available bool
	}{
		"too few vectors":     {`{"data":[]}`, 200, true},
		"not JSON":            {`<html>`, 200, true},
		"twice the same":      {`{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}`, 200, true},
		"out of range":        {`{"data":[{"index":7,"embedding":[1]},{"index":0,"embedding":[1]}]}`, 200, true},
		"of different length": {`{"data":[{"index":1,"embedding":[1,2]},{"index":0,"embedding":[1]}]}`, 200, true},
		"empty":               {`{"data":[{"index":1,"embedding":[]},{"index":0,"embedding":[]}]}`, 200, true},
		"overloaded":          {``, 503, false},
		"too many requests":   {``, 429, false},
		"refused":             {``, 401, true},
	} {
		client := endpoint(t, func(w http.ResponseWriter, _ []string) bool {
			w.WriteHeader(c.status)
			w.Write([]byte(c.answer))
			return true
		})
		_, err := client.Embed(context.Background(), []string{"a", "b"})
		if err == nil || errors.Is(err, port.ErrUnavailable) == c.available {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []embed.Options{
		{URL: "https://api.example.org/v1"},
		{URL: "http://localhost:11434/v1", Model: "m"},
		{URL: "nowhere", Model: "m"},
	} {
		if _, err := embed.New(o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
}
