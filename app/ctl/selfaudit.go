package ctl

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/csm-monitor/csm-monitor/adapters/storage/memory"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/simulate/selfaudit"
)

type selfAuditCmd struct {
	Seeds   int    `help:"How many organisations." default:"100"`
	First   uint64 `help:"The seed of the first one." default:"1"`
	Workers int    `help:"How many are worked on at a time; the processors unless given." placeholder:"N"`
}

// Help says what is audited.
func (selfAuditCmd) Help() string {
	return `Lets simulated organisations live through two and a half months in a store of their own in memory, through the same code a
server runs, and puts what was planted beside what the figures say. Takes one to three seconds an organisation. Exit
status 1 when a goal is missed.`
}

// errMissed says that the audit was done and a goal was missed, which was reported already.
var errMissed = fmt.Errorf("a goal was missed: %w", errRefused)

const maxSeeds = 100_000

// Run audits and reports.
func (c selfAuditCmd) Run(s *session) error {
	if c.Seeds < 1 || c.Seeds > maxSeeds {
		return fmt.Errorf("--seeds must be from 1 to %d", maxSeeds)
	}
	if c.Workers < 1 {
		c.Workers = runtime.NumCPU()
	}
	start := time.Now()
	bar := newSteps(s.err, c.Seeds, "organisations")
	report, err := selfaudit.Run(s.ctx, selfaudit.Options{
		Seeds: c.Seeds, FirstSeed: c.First, Workers: c.Workers, Progress: bar.set,
		Open: func(context.Context) (port.Storage, error) { return memory.New(), nil },
	})
	bar.end()
	if err != nil {
		return err
	}
	showAudit(s.out, report, coloured(s.out, s.environ))
	fmt.Fprintf(s.err, "%s\n", time.Since(start).Round(time.Second))
	if len(report.Missed()) > 0 {
		return errMissed
	}
	return nil
}

func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// coloured says whether to colour what goes to w: on a terminal, unless NO_COLOR asks otherwise.
func coloured(w io.Writer, environ []string) bool {
	for _, e := range environ {
		if name, value, _ := strings.Cut(e, "="); name == "NO_COLOR" && value != "" {
			return false
		}
	}
	return terminal(w)
}

// The widths of the report's columns.
const (
	whatWidth      = 56
	plantedWidth   = 24
	recoveredWidth = 25
)

func showAudit(w io.Writer, r selfaudit.Report, colour bool) {
	paint := painter(colour)
	fmt.Fprintf(w, "%d organisations (seeds %d to %d), %s conversations in %s deliveries\n", r.Seeds, r.FirstSeed,
		r.FirstSeed+uint64(r.Seeds)-1, comma(int(r.Conversations)), comma(int(r.Deliveries)))
	group := ""
	for _, row := range r.Rows {
		if row.Group != group {
			group = row.Group
			head := pad("planted", plantedWidth) + pad("recovered", recoveredWidth) + "goal"
			if r.Rows[0].Group != group {
				head = ""
			}
			fmt.Fprintf(w, "\n%s\n", strings.TrimRight(paint(bold, pad(group, whatWidth+3))+paint(dim, head), " "))
		}
		mark := " "
		switch row.Verdict {
		case selfaudit.Met:
			mark = paint(green, "✓")
		case selfaudit.Missed:
			mark = paint(red, "✗")
		}
		line := " " + mark + " " + pad(row.What, whatWidth) + pad(row.Planted, plantedWidth) + pad(row.Recovered, recoveredWidth) + paint(dim, row.Goal)
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
	goals := 0
	for _, row := range r.Rows {
		if row.Verdict != selfaudit.Told {
			goals++
		}
	}
	missed := r.Missed()
	switch {
	case len(missed) == 0:
		fmt.Fprintf(w, "\n%s\n", paint(green, fmt.Sprintf("All %d goals are met.", goals)))
	default:
		fmt.Fprintf(w, "\n%s\n", paint(red, fmt.Sprintf("%d of %d goals missed:", len(missed), goals)))
		for _, row := range missed {
			fmt.Fprintf(w, "  %s: %s: %s, goal %s\n", row.Group, row.What, row.Recovered, row.Goal)
		}
	}
}

// The colours of reports.
const (
	bold  = "1"
	dim   = "2"
	red   = "31"
	green = "32"
)

// painter colours text, or leaves it as it is. Nothing is coloured as nothing.
func painter(colour bool) func(code, text string) string {
	return func(code, text string) string {
		if !colour || text == "" {
			return text
		}
		return "\x1b[" + code + "m" + text + "\x1b[0m"
	}
}

// pad fills a column, with at least two spaces before the next.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(width-utf8.RuneCountInString(text), 2))
}
