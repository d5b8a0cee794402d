package ctl

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/core/simulate"
)

type simulateCmd struct {
	Seed   uint64  `help:"The organisation. The same seed and the same dates give the same file, byte for byte." default:"1"`
	Months int     `help:"How many months." default:"3"`
	PerDay float64 `help:"New conversations on a working day; a day at the weekend brings half." default:"35" name:"per-day"`
	Start  string  `help:"The first day, such as 2026-01-01. Unless given, the months end with yesterday." placeholder:"DAY"`
	Drop   string  `help:"A day from which satisfaction falls by a whole point." placeholder:"DAY"`
	Out    string  `short:"o" help:"Write here and not to standard output." placeholder:"FILE"`
	Truth  string  `help:"Write what is true of each conversation here, one JSON object a line." placeholder:"FILE"`
}

// Help says what comes out.
func (simulateCmd) Help() string {
	return `Makes up an organisation whose truth is known: an online shop whose AI gets the easy topics, some topics that escalate more,
24 questions nobody answers, costs, returning customers, and deliveries that come late, twice and out of order. Each line
is a body of POST /api/v1/conversations, in the order of arrival; csmctl import takes the file.`
}

const maxMonths = 120

// Run writes the organisation.
func (c simulateCmd) Run(s *session) error {
	plan, err := c.plan(time.Now())
	if err != nil {
		return err
	}
	out, closeOut, err := create(c.Out, s.out)
	if err != nil {
		return err
	}
	truth, closeTruth, err := create(c.Truth, io.Discard)
	if err != nil {
		return errors.Join(err, closeOut())
	}
	facts := json.NewEncoder(truth)
	var failed error
	cases, lines := 0, 0
	for d := range simulate.Stream(plan, func(x simulate.Case) {
		cases++
		failed = errors.Join(failed, facts.Encode(x))
	}) {
		body, err := writeBody(d.Patch(uuid.Nil))
		if err == nil {
			_, err = out.Write(append(body, '\n'))
		}
		if failed = errors.Join(failed, err); failed != nil || s.ctx.Err() != nil {
			break
		}
		lines++
	}
	if err := errors.Join(failed, s.ctx.Err(), closeOut(), closeTruth()); err != nil {
		return err
	}
	fmt.Fprintf(s.err, "%s conversations in %s lines, %s to %s.\n", comma(cases), comma(lines),
		plan.Start.Format(time.DateOnly), plan.End().AddDate(0, 0, -1).Format(time.DateOnly))
	return nil
}

func (c simulateCmd) plan(now time.Time) (simulate.Plan, error) {
	if c.Months < 1 || c.Months > maxMonths {
		return simulate.Plan{}, fmt.Errorf("--months must be from 1 to %d", maxMonths)
	}
	if !(c.PerDay > 0 && c.PerDay <= 1e6) {
		return simulate.Plan{}, errors.New("--per-day must be above 0 and at most 1000000")
	}
	start := now.UTC().Truncate(24*time.Hour).AddDate(0, -c.Months, 0)
	if c.Start != "" {
		var err error
		if start, err = day("--start", c.Start); err != nil {
			return simulate.Plan{}, err
		}
	}
	days := int(start.AddDate(0, c.Months, 0).Sub(start) / (24 * time.Hour))
	plan := simulate.NewPlan(c.Seed, start, days)
	plan.PerDay = c.PerDay
	if c.Drop != "" {
		at, err := day("--drop", c.Drop)
		if err != nil {
			return simulate.Plan{}, err
		}
		plan.Drop = &simulate.Drop{At: at, By: 1}
	}
	return plan, nil
}

func day(flag, text string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, fmt.Errorf("%s must be a day such as 2026-01-01", flag)
	}
	return t, nil
}

// create opens a file for writing, or takes what stands in for it when there is no path. The closing function says
// whether everything was written.
func create(path string, otherwise io.Writer) (*bufio.Writer, func() error, error) {
	if path == "" {
		w := bufio.NewWriter(otherwise)
		return w, w.Flush, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, nil, fmt.Errorf("%s cannot be written: %w", path, err)
	}
	w := bufio.NewWriter(f)
	return w, func() error { return errors.Join(w.Flush(), f.Close()) }, nil
}
