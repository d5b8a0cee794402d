package app

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/fx/fxtest"
)

// writes remembers each write by itself.
type writes []string

func (w *writes) Write(p []byte) (int, error) {
	*w = append(*w, string(p))
	return len(p), nil
}

func TestGathererWritesSeveralLinesAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got writes
		g := &gatherer{to: &got}
		say := func(line string) {
			if n, err := g.Write([]byte(line)); n != len(line) || err != nil {
				t.Fatal(n, err)
			}
		}
		pass := func(d time.Duration) {
			time.Sleep(d)
			synctest.Wait()
		}
		want := func(when string, all ...string) {
			t.Helper()
			g.mu.Lock()
			defer g.mu.Unlock()
			if strings.Join(got, "|") != strings.Join(all, "|") {
				t.Fatalf("%s: the writes are %q, wanted %q", when, got, all)
			}
		}
		say("a\n")
		want("before the start", "a\n")
		g.start()
		say("b\n")
		pass(lineWaits / 2)
		say("c\n")
		pass(lineWaits/2 - 1)
		want("just before the first has waited long enough", "a\n")
		pass(1)
		want("after that", "a\n", "b\nc\n")
		pass(time.Hour)
		say("d\n")
		pass(lineWaits)
		want("a line long after", "a\n", "b\nc\n", "d\n")
		many := strings.Repeat("e", mostWaits-1) + "\n"
		say(many)
		want("many bytes", "a\n", "b\nc\n", "d\n", many)
		say("f\n")
		g.flush()
		g.flush()
		want("asked to", "a\n", "b\nc\n", "d\n", many, "f\n")
		say("g\n")
		g.stop()
		say("h\n")
		pass(time.Hour)
		want("after the stop", "a\n", "b\nc\n", "d\n", many, "f\n", "g\n", "h\n")
	})
}

func TestWarningsReachTheFileAtOnceWithAllBeforeThem(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	life := fxtest.NewLifecycle(t)
	log := newLogger(life, load(t), Output{Log: file}).With("who", "x").WithGroup("g")
	life.RequireStart()
	messages := func(when string, want ...string) {
		t.Helper()
		content, err := os.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(string(content), "\n"), "\n")
		for i, w := range want {
			if len(lines) != len(want) || !strings.Contains(lines[i], `"msg":"`+w+`","who":"x"`) {
				t.Fatalf("%s: the file has %q, wanted %q", when, lines, want)
			}
		}
	}
	log.Info("one")
	log.Warn("two")
	messages("a warning", "one", "two")
	log.Error("three")
	messages("an error", "one", "two", "three")
	log.Info("four")
	life.RequireStop()
	messages("the stop", "one", "two", "three", "four")
	log.Info("five")
	messages("after the stop", "one", "two", "three", "four", "five")
}

func TestLinesToAnotherWriterDoNotWait(t *testing.T) {
	var out bytes.Buffer
	life := fxtest.NewLifecycle(t)
	log := newLogger(life, load(t), Output{Log: &out})
	life.RequireStart()
	log.Info("one")
	if !strings.Contains(out.String(), `"msg":"one"`) {
		t.Errorf("the log has %q", out.String())
	}
	life.RequireStop()
}
