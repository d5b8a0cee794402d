package ctl

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/csm-monitor/csm-monitor/core/assess"
)

type gapsCmd struct {
	File        string `arg:"" optional:"" default:"-" help:"A file with one question a line; - reads standard input."`
	Consolidate bool   `help:"Print the ids after all questions were looked at together, and not those given on arrival."`
}

// Help says what comes out.
func (gapsCmd) Help() string {
	return `Gathers questions into knowledge gaps as a server does with those its AI failed on. Prints the id of the gap, a tab and
the question, line by line in the order of the input: each question joins or opens a gap when it arrives, and keeps its id.
A line without a word gets the id 0. All questions are taken to be in one language.`
}

// maxLine bounds a line of input.
const maxLine = 1 << 20

// Run gathers the questions.
func (c gapsCmd) Run(s *session) error {
	in, err := open(c.File, s.in)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	lines := bufio.NewReaderSize(in, 64<<10)
	out := bufio.NewWriter(s.out)
	questions := assess.NewQuestions()
	var kept []string
	var blank []bool
	for n := 1; ; n++ {
		line, err := readLine(lines)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		empty := strings.TrimSpace(line) == ""
		id := int64(0)
		if !empty {
			id = questions.Ask(line)
		}
		if c.Consolidate {
			kept, blank = append(kept, line), append(blank, empty)
			continue
		}
		fmt.Fprintf(out, "%d\t%s\n", id, line)
		// Whoever types the questions wants the ids as they come.
		if lines.Buffered() == 0 {
			if err := out.Flush(); err != nil {
				return err
			}
		}
		if s.ctx.Err() != nil {
			return errors.Join(out.Flush(), s.ctx.Err())
		}
	}
	if c.Consolidate {
		ids, next := questions.Consolidate(), 0
		for i, line := range kept {
			id := int64(0)
			if !blank[i] {
				id, next = ids[next], next+1
			}
			fmt.Fprintf(out, "%d\t%s\n", id, line)
		}
	}
	return out.Flush()
}

// readLine reads a line without its end; the last one needs none.
func readLine(r *bufio.Reader) (string, error) {
	var b strings.Builder
	for {
		part, err := r.ReadSlice('\n')
		if b.Len()+len(part) > maxLine {
			return "", fmt.Errorf("is longer than %d bytes", maxLine)
		}
		b.Write(part)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && b.Len() > 0, err == nil:
			return strings.TrimRight(b.String(), "\r\n"), nil
		default:
			return "", err
		}
	}
}

// open opens a file to read, or standard input.
func open(path string, in io.Reader) (io.ReadCloser, error) {
	if path == "-" {
		return io.NopCloser(in), nil
	}
	return os.Open(path)
}
