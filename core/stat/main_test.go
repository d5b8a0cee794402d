package stat

import (
	"flag"
	"os"
	"testing"
)

// Property tests draw the same cases on every run unless -rapid.seed says otherwise.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{"rapid.seed": "20250301", "rapid.nofailfile": "true"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	flag.Parse()
	os.Exit(m.Run())
}
