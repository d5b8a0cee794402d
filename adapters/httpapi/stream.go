package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/csm-monitor/csm-monitor/adapters/wire"
	"github.com/csm-monitor/csm-monitor/core/monitor"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// recheck is how often a stream makes sure that its credential still opens the organisation.
const recheck = 30 * time.Second

// stream sends what happens as server-sent events until the client goes, the server drains, or the credential dies.
func (c *call) stream() error {
	q, err := c.query()
	if err != nil {
		return err
	}
	if err := q.check(); err != nil {
		return err
	}
	after, err := c.lastEvent()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(c.r.Context())
	defer cancel()
	go func() {
		select {
		case <-c.api.drained:
			cancel()
		case <-ctx.Done():
		}
	}()
	s := &sender{c: c, org: c.who.org, control: http.NewResponseController(c.w), checked: time.Now()}
	h := c.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // proxies must not gather events
	err = s.write(": welcome\nretry: 3000\n\n")
	if err != nil || c.r.Method == http.MethodHead { // of which nothing more is seen
		return ignoreWrite(err)
	}
	err = c.api.Monitor.Follow(ctx, c.who.org, after, s.send)
	if err != nil && ctx.Err() == nil {
		c.api.Logger.Error("a stream broke off", "request_id", c.w.id, "error", err)
	}
	return nil
}

// lastEvent is where the client's last connection stopped; 0 begins with the present.
func (c *call) lastEvent() (int64, error) {
	given := c.r.Header.Get("Last-Event-ID")
	if given == "" {
		return 0, nil
	}
	seq, err := strconv.ParseInt(given, 10, 64)
	if err != nil || seq < 0 {
		return 0, failure(codeInvalidHeader, "the header Last-Event-ID must be the id of an event of this stream")
	}
	return seq, nil
}

var errRevoked = errors.New("the credential no longer opens the stream")

type sender struct {
	c       *call
	org     tenant.ID
	control *http.ResponseController
	checked time.Time
}

// send writes one event, or a comment that keeps the connection alive.
func (s *sender) send(e *monitor.Event) error {
	if time.Since(s.checked) >= recheck {
		s.checked = time.Now()
		if err := s.c.authenticate(); err != nil {
			return err
		}
		if s.c.who.org != s.org || !s.c.who.role.Allows(s.c.route.need) {
			return errRevoked
		}
	}
	if e == nil {
		return s.write(": still here\n\n")
	}
	name, data := "", any(nil)
	switch {
	case e.Totals != nil:
		name, data = "totals", wire.StreamTotals{
			Frame: showFrame(e.Totals.Frame), Changed: e.Totals.Changed, Metrics: showFigures(e.Totals.Today, e.Totals.Frame.Currency),
		}
	case e.Escalation != nil:
		f := e.Escalation.Findings.Escalation
		name, data = "escalation", wire.StreamEscalation{
			ID: e.Escalation.UID().String(), ConversationID: e.Escalation.ID, Platform: string(e.Escalation.Platform),
			Topic: word(e.Escalation.Facts.Topic.Value), Reason: word(f.Primary), At: showTime(&f.At),
		}
	case e.Gap != nil:
		name, data = "gap", wire.StreamGap{ID: e.Gap.ID, Question: e.Gap.Question, Topic: word(e.Gap.Topic)}
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return err
	}
	return s.write(fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", e.Seq, name, raw))
}

func (s *sender) write(text string) error {
	_ = s.control.SetWriteDeadline(time.Now().Add(writeWithin))
	if _, err := s.c.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.control.Flush()
}
