package ctl

import (
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// steps is a progress bar of things that can be counted, on a terminal, and nothing elsewhere.
type steps struct{ bar *progressbar.ProgressBar }

// newSteps shows n things; a negative n is not known.
func newSteps(w io.Writer, n int, noun string) steps {
	if !terminal(w) {
		return steps{}
	}
	return steps{progressbar.NewOptions(n, progressbar.OptionSetWriter(w), progressbar.OptionSetWidth(24),
		progressbar.OptionSetPredictTime(true), progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionClearOnFinish(),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetDescription(noun),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "━", SaucerPadding: " ", BarStart: "", BarEnd: ""}))}
}

func (s steps) set(n int) {
	if s.bar != nil {
		_ = s.bar.Set(n)
	}
}

func (s steps) step() {
	if s.bar != nil {
		_ = s.bar.Add(1)
	}
}

func (s steps) end() {
	if s.bar != nil {
		_ = s.bar.Finish()
	}
}
