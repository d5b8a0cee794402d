package roi_test

import (
	"testing"
	"time"

	"github.com/csm-monitor/csm-monitor/core/roi"
)

func FuzzParsePeriod(f *testing.F) {
	for _, seed := range []string{"2026-01", "2026-13", "0000-01", "9999-12", "2026-1", "２０２６-01"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := roi.ParsePeriod(text)
		if err != nil {
			return
		}
		start, end, err := p.Bounds(time.UTC)
		if err != nil || !start.Before(end) || string(p) != text || roi.PeriodOf(start, time.UTC) != p {
			t.Fatalf("%q is %s to %s, %v", text, start, end, err)
		}
	})
}

func FuzzParseHash(f *testing.F) {
	f.Add(roi.Genesis(org).Hash.String())
	f.Add("ABCDEF")
	f.Fuzz(func(t *testing.T, text string) {
		h, err := roi.ParseHash(text)
		if err != nil {
			return
		}
		if again, err := roi.ParseHash(h.String()); err != nil || again != h {
			t.Fatalf("%q reads back as %s, %v", text, again, err)
		}
	})
}
