package config

import (
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/samber/lo"
)

// setting is one line of documentation, read from the tags of Config.
type setting struct {
	field, env, group, help, initial string
	secret, serves                   bool
}

func (s setting) variable() string { return Prefix + s.env }

func (s setting) flag() string { return "--" + strings.ToLower(strings.ReplaceAll(s.env, "_", "-")) }

// settings lists every field of Config in its order.
func settings() []setting {
	return lo.Map(reflect.VisibleFields(reflect.TypeFor[Config]()), func(f reflect.StructField, _ int) setting {
		return setting{
			field: f.Name, env: f.Tag.Get("env"), group: f.Tag.Get("group"), help: f.Tag.Get("help"),
			initial: lo.CoalesceOrEmpty(f.Tag.Get("envDefault"), f.Tag.Get("default")), secret: f.Tag.Get("secret") == "true", serves: f.Tag.Get("serves") == "true",
		}
	})
}

// suggestion is what to write in the place of an unknown name.
func suggestion(name string, flag bool) string {
	show := setting.variable
	if flag {
		show = setting.flag
	}
	names := lo.Map(settings(), func(s setting, _ int) string { return show(s) })
	near := lo.MinBy(settings(), func(a, b setting) bool { return distance(a.variable(), name) < distance(b.variable(), name) })
	if distance(near.variable(), name) <= 3 {
		return fmt.Sprintf("; did you mean %s? Known are %s", show(near), strings.Join(names, ", "))
	}
	return "; known are " + strings.Join(names, ", ")
}

// distance is how many letters must be typed, removed or exchanged to make b of a.
func distance(a, b string) int {
	row := lo.Range(len(b) + 1)
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// WriteSettings writes the settings for --help, in their groups: all of them, or those that are of use to a process which
// serves no requests.
func WriteSettings(w io.Writer, serves bool) {
	group := ""
	for _, s := range settings() {
		if s.serves && !serves {
			continue
		}
		if s.group != group {
			group = s.group
			fmt.Fprintf(w, "\n%s\n", group)
		}
		fmt.Fprintf(w, "  %-18s %s\n", s.flag(), s.variable())
		for _, line := range Wrap(s.help, 76) {
			fmt.Fprintf(w, "      %s\n", line)
		}
		fmt.Fprintf(w, "      Default: %s.\n", s.initial)
	}
}

// Table is the settings as the rows of a Markdown table, for the README.
func Table() string {
	var b strings.Builder
	b.WriteString("| variable | default | what it does |\n|---|---|---|\n")
	for _, s := range settings() {
		initial := s.initial
		if !strings.Contains(initial, " ") {
			initial = "`" + initial + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", s.variable(), initial, s.help)
	}
	return b.String()
}

// Wrap breaks a text into lines of at most width letters where words allow.
func Wrap(text string, width int) []string {
	var lines []string
	for _, word := range strings.Fields(text) {
		last := len(lines) - 1
		if last >= 0 && len(lines[last])+1+len(word) <= width {
			lines[last] += " " + word
			continue
		}
		lines = append(lines, word)
	}
	return lines
}
