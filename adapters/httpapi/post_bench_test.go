package httpapi_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/csm-monitor/csm-monitor/adapters/httpapi"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/port"
)

// answering is a store of new conversations only, which it does not keep.
type answering struct{ port.Conversations }

func (answering) Apply(_ context.Context, changes []conversation.Change) ([]conversation.Result, error) {
	results := make([]conversation.Result, len(changes))
	for i, c := range changes {
		if results[i].Conversation, results[i].Err = c.Fn(nil); results[i].Err == nil {
			results[i].Effect = conversation.Created
		}
	}
	return results, nil
}

// unread is an answer that nobody reads.
type unread struct{ header http.Header }

func (u unread) Header() http.Header         { return u.header }
func (u unread) Write(p []byte) (int, error) { return len(p), nil }
func (u unread) WriteHeader(int)             {}

// BenchmarkPost is what the API and the core do for one new conversation of six messages, apart from the store and from
// net/http. The conversations rotate, so that none is in the processor's caches from last time.
func BenchmarkPost(b *testing.B) {
	h := open(b, func(s *port.Storage) { s.Conversations = answering{s.Conversations} })
	h.options.Logger = slog.New(slog.NewJSONHandler(io.Discard, nil))
	h.options.KeyRate = httpapi.Rate{PerSecond: 1e9, Burst: 1e9}
	h.options.OrgRate = h.options.KeyRate
	api, err := httpapi.New(h.options)
	if err != nil {
		b.Fatal(err)
	}
	bodies := bodies(256)
	body := bytes.NewReader(nil)
	request, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "/api/v1/conversations", io.NopCloser(body))
	if err != nil {
		b.Fatal(err)
	}
	request.Header = http.Header{"X-Api-Key": {h.key}, "Content-Type": {"application/json"}}
	answer := unread{http.Header{}}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		text := bodies[i%len(bodies)]
		body.Reset(text)
		request.ContentLength = int64(len(text))
		clear(answer.header)
		api.ServeHTTP(answer, request)
	}
}

// bodies are n bodies of 1.5 KB.
func bodies(n int) [][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	syllables := strings.Fields("re fund or der pay ment in voice ac count log pass word ship ping de liv er can cel sub scrip tion up date tech ni cal sup port find wrong item late bro ken size colour")
	vocabulary := make([]string, 3000)
	for i := range vocabulary {
		for range 1 + r.IntN(4) {
			vocabulary[i] += syllables[r.IntN(len(syllables))]
		}
	}
	out := make([][]byte, n)
	for i := range out {
		var b bytes.Buffer
		fmt.Fprintf(&b, `{"platform":"custom","conversation_id":"conversation-%d","customer_id":"customer-%d","topic":"topic-%d","ai_agent_id":"agent-%d","priority":"high","csat_score":%d,"cost_usd":0.01,"messages":[`,
			i, r.IntN(n), r.IntN(30), r.IntN(3), 1+r.IntN(5))
		for k := range 6 {
			if k > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"sender_type":%q,"timestamp":"2025-03-01T10:0%d:00Z","content":"`, []string{"customer", "ai"}[k%2], k)
			for end := b.Len() + 120; b.Len() < end; b.WriteByte(' ') {
				x := r.Float64()
				b.WriteString(vocabulary[int(x*x*float64(len(vocabulary)))])
			}
			b.WriteString(`"}`)
		}
		b.WriteString("]}")
		out[i] = b.Bytes()
	}
	return out
}
