// Package report writes data out for people: tables for spreadsheets today. It is the one place where a text becomes a
// cell, so that no customer's words can become a formula.
package report

import (
	"strings"
	"unicode"
)

// Cell makes a text safe for a spreadsheet. A text that a spreadsheet might read as a formula, at its start or behind a
// separator or quote, gets an apostrophe in front; characters that turn the direction of writing, and control characters
// other than line breaks and tabs inside, are dropped. Numbers are not texts: write them as they are.
func Cell(text string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return '\n'
		case unicode.IsControl(r), bidi(r):
			return -1
		default:
			return r
		}
	}, text)
	if risky(clean) {
		return "'" + clean
	}
	return clean
}

// bidi says whether r changes the direction of what follows.
func bidi(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f || r == 0x061c
}

// opens says whether a cell that begins with r may be read as a formula; full-width forms are folded by some programs.
func opens(r rune) bool {
	switch r {
	case '=', '+', '-', '@', '\t', '\n', '＝', '＋', '－', '＠', '|', '%':
		return true
	default:
		return false
	}
}

func risky(s string) bool {
	start := true
	for _, r := range s {
		if start && opens(r) {
			return true
		}
		switch r {
		case ',', ';', '"', '\n', '\t':
			start = true
		case ' ', '\'', 0xfeff, 0x200b:
		default:
			start = false
		}
	}
	return false
}
