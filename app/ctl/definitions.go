package ctl

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/metric"
)

// definitionsCmd prints the dictionary of figures.
type definitionsCmd struct {
	Match string `arg:"" optional:"" help:"Only definitions whose id or name contains this, such as csat."`
	JSON  bool   `help:"Print JSON instead of text."`
}

// Run needs no server: the dictionary is part of the program.
func (c *definitionsCmd) Run(s *session) error {
	wanted := strings.ToLower(c.Match)
	list := lo.Filter(metric.Definitions(), func(d metric.Definition, _ int) bool {
		return strings.Contains(strings.ToLower(d.ID+" "+d.Name), wanted)
	})
	if len(list) == 0 {
		return fmt.Errorf("no definition has %q in its id or name; csmctl definitions lists all", c.Match)
	}
	if c.JSON {
		encoder := json.NewEncoder(s.out)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(list)
	}
	for i, d := range list {
		if i > 0 {
			fmt.Fprintln(s.out)
		}
		printDefinition(s.out, d)
	}
	return nil
}

func printDefinition(out io.Writer, d metric.Definition) {
	fmt.Fprintf(out, "%s  %s (%s)\n", d.ID, d.Name, d.Unit)
	for _, line := range []struct{ label, text string }{
		{"", d.Words}, {"formula: ", d.Formula}, {"numerator: ", d.Numerator}, {"denominator: ", d.Denominator},
		{"interval: ", d.Interval}, {"source: ", d.Source},
	} {
		if line.text != "" {
			fmt.Fprintln(out, fold(line.label+line.text, 96, "  "))
		}
	}
}

// fold breaks a text into lines of at most width characters, each behind an indent.
func fold(text string, width int, indent string) string {
	var out strings.Builder
	line := indent
	for _, word := range strings.Fields(text) {
		if len([]rune(line))+1+len([]rune(word)) > width && line != indent {
			out.WriteString(line + "\n")
			line = indent
		}
		if line != indent {
			line += " "
		}
		line += word
	}
	return out.String() + line
}
