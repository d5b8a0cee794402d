//go:build ignore

// This program writes nfkc.txt from the Unicode tables of golang.org/x/text: go run nfkc_gen.go
package main

import (
	"fmt"
	"log"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func main() {
	var out strings.Builder
	fmt.Fprintf(&out, "# Compatibility normalisation (NFKC) data, Unicode %s.\n", norm.Version)
	out.WriteString("# Derived from the Unicode Character Database, Copyright (c) Unicode, Inc.; see LICENSE-UNICODE.\n")
	out.WriteString("# d: full compatibility decomposition. s: the same, of a character that NFKC keeps. c: primary composite of a pair.\n")
	out.WriteString("# k: combining class of first..last.\n")
	writeDecompositions(&out)
	writeCompositions(&out)
	writeClasses(&out)
	if err := os.WriteFile("nfkc.txt", []byte(out.String()), 0o644); err != nil {
		log.Fatal(err)
	}
}

func eachRune(visit func(r rune)) {
	for r := rune(0x80); r <= utf8.MaxRune; r++ {
		if utf8.ValidRune(r) && (r < 0xAC00 || r > 0xD7A3) { // Hangul syllables are computed
			visit(r)
		}
	}
}

func writeDecompositions(out *strings.Builder) {
	eachRune(func(r rune) {
		s := string(r)
		if d := norm.NFKD.String(s); d != s {
			kind := "d"
			if norm.NFKC.String(s) == s {
				kind = "s"
			}
			fmt.Fprintf(out, "%s %X", kind, r)
			for _, part := range d {
				fmt.Fprintf(out, " %X", part)
			}
			out.WriteByte('\n')
		}
	})
}

func writeCompositions(out *strings.Builder) {
	eachRune(func(r rune) {
		s := string(r)
		d := norm.NFD.String(s)
		if d == s || norm.NFC.String(d) != s {
			return
		}
		parts := []rune(d)
		last := len(parts) - 1
		first := []rune(norm.NFC.String(string(parts[:last])))
		if len(first) == 1 {
			fmt.Fprintf(out, "c %X %X %X\n", first[0], parts[last], r)
		}
	})
}

func writeClasses(out *strings.Builder) {
	start, end, class := rune(0), rune(-2), uint8(0)
	flush := func() {
		if class != 0 {
			fmt.Fprintf(out, "k %X %X %d\n", start, end, class)
		}
	}
	eachRune(func(r rune) {
		ccc := norm.NFKD.PropertiesString(string(r)).CCC()
		if ccc == class && r == end+1 {
			end = r
			return
		}
		flush()
		start, end, class = r, r, ccc
	})
	flush()
}
