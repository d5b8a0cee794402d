package importer

import (
	"fmt"
	"strings"
	"sync"

	"github.com/csm-monitor/csm-monitor/adapters/wire"
)

// blank is the effect of an empty line.
const blank = "blank"

// outcome is what became of a line: an effect, or the reason of its refusal.
type outcome struct {
	effect, id, reason string
}

func outcomeOf(r wire.BatchResult) outcome {
	if r.Error == nil {
		return outcome{effect: r.Effect}
	}
	reason := []string{}
	for _, f := range r.Error.Errors {
		reason = append(reason, strings.TrimSpace(strings.TrimPrefix(f.Field, "/")+" "+f.Message))
	}
	if len(reason) == 0 {
		reason = append(reason, r.Error.Title)
		if r.Error.Detail != "" {
			reason = append(reason, r.Error.Detail)
		}
	}
	return outcome{id: r.ConversationID, reason: strings.Join(reason, "; ")}
}

// ledger brings outcomes, which come in any order, into the order of lines.
type ledger struct {
	o       Options
	mu      sync.Mutex
	settled Progress
	// early are outcomes of lines behind one that has none yet. The lanes' queues bound how many there are.
	early map[int]outcome
}

func newLedger(o Options) *ledger {
	return &ledger{o: o, settled: o.From, early: map[int]outcome{}}
}

func (l *ledger) progress() Progress {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.settled
}

// settle notes one outcome and counts every line that thereby has its turn.
func (l *ledger) settle(number int, out outcome) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.early[number] = out
	before := l.settled.Line
	for {
		next, ok := l.early[l.settled.Line+1]
		if !ok {
			break
		}
		l.settled.Line++
		delete(l.early, l.settled.Line)
		if err := l.count(next); err != nil {
			return err
		}
	}
	if l.settled.Line > before && l.o.Advanced != nil {
		l.o.Advanced(l.settled)
	}
	return nil
}

func (l *ledger) count(out outcome) error {
	c := &l.settled.Counts
	switch {
	case out.reason != "":
		c.Refused++
		if l.o.Refused != nil {
			l.o.Refused(Refusal{Line: l.settled.Line, ConversationID: out.id, Reason: out.reason})
		}
	case out.effect == "created":
		c.Stored++
	case out.effect == "updated":
		c.Updated++
	case out.effect == "unchanged":
		c.Unchanged++
	case out.effect != blank:
		return fmt.Errorf("line %d: the server's answer has an effect that is not known: %q", l.settled.Line, out.effect)
	}
	return nil
}
