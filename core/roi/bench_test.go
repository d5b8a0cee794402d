package roi_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/roi"
)

// BenchmarkClose drafts and seals a month of ten thousand conversations, half with tokens, half with a reported cost.
func BenchmarkClose(b *testing.B) {
	entries := lo.Times(10_000, func(i int) roi.Entry {
		e := resolved(fmt.Sprintf("conversation-%06d", i), "2026-01")
		e.Topic = fmt.Sprint("topic ", i%20)
		e.Usage = roi.Usage{Unreported: 1, TokensIn: int64(1000 + i), TokensOut: 300, TokenN: 1}
		if i%2 == 0 {
			e.Usage = roi.Usage{Reported: money.Micro(1000 + i), ReportedN: 1}
		}
		return e
	})
	terms := flat(b)
	terms.Model = roi.CostModel{Tokens: roi.TokenPrice{InputPerMillion: money.Ratio(15, 100), OutputPerMillion: money.Ratio(60, 100)}}
	at := instant(b, "2026-02-01T00:00:00Z")
	for b.Loop() {
		drafts, err := roi.Draft("2026-01", "USD", entries, terms)
		if err != nil {
			b.Fatal(err)
		}
		roi.Seal(roi.Genesis(org), drafts, at)
	}
	b.ReportMetric(float64(b.Elapsed())/float64(time.Microsecond)/float64(b.N)/float64(len(entries)), "µs/conversation")
}

// BenchmarkState reckons a statement over twenty topics.
func BenchmarkState(b *testing.B) {
	in := example(b)
	one := in.Topics[0]
	in.Topics = lo.Times(20, func(i int) roi.TopicCounts {
		t := one
		t.Topic = fmt.Sprint(i)
		return t
	})
	for b.Loop() {
		state(b, in)
	}
}
