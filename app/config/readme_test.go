package config

import (
	"os"
	"strings"
	"testing"
)

// The README's table is the one made from the settings.
func TestTableOfTheReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "<!-- settings -->\n")
	got, _, ok := strings.Cut(rest, "<!-- /settings -->")
	if !ok || strings.TrimSpace(got) != strings.TrimSpace(Table()) {
		t.Errorf("the table of the README should be\n%s", Table())
	}
}
