package report_test

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/csm-monitor/csm-monitor/adapters/report"
)

func TestCell(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "",
		"hello":                  "hello",
		"a-b+c=d@e":              "a-b+c=d@e",
		"5 - 3":                  "5 - 3",
		"=1+1":                   "'=1+1",
		"+41 44":                 "'+41 44",
		"-2":                     "'-2",
		"@SUM(A1)":               "'@SUM(A1)",
		"\t=1":                   "'\t=1",
		"\r=1":                   "'\n=1",
		"\n=1":                   "'\n=1",
		"＝1+1":                   "'＝1+1",
		"＠x":                     "'＠x",
		" =1":                    "' =1",
		"ok\";=1":                "'ok\";=1",
		"ok,=cmd|'/c calc'!A0":   "'ok,=cmd|'/c calc'!A0",
		"line\n=1":               "'line\n=1",
		"\ufeff=1":               "'\ufeff=1",
		"\u202e=1":               "'=1",
		"a\u202eb\u0000c\u2066d": "abcd",
		"|calc":                  "'|calc",
		"%0A":                    "'%0A",
		"'=1":                    "''=1",
	} {
		if got := report.Cell(in); got != want {
			t.Errorf("Cell(%q): wanted %q, got %q", in, want, got)
		}
	}
}

// What a spreadsheet reads back never begins like a formula, in any column of any dialect.
func FuzzCell(f *testing.F) {
	for _, s := range []string{"=1", "a,=1", "a;\"=1", "\r\n=1", "＋1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		cell := report.Cell(s)
		if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠|%", []rune(cell)[0]) {
			t.Fatalf("Cell(%q) begins with %q", s, cell)
		}
		var out strings.Builder
		w := csv.NewWriter(&out)
		if err := w.Write([]string{cell, "x"}); err != nil {
			t.Fatal(err)
		}
		w.Flush()
		back, err := csv.NewReader(strings.NewReader(out.String())).Read()
		if err != nil || len(back) != 2 {
			t.Fatalf("Cell(%q) does not come back: %v %v", s, back, err)
		}
	})
}
