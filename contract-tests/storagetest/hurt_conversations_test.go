package storagetest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// conversations hurts the first port of a store.
func conversations(hurt func(port.Conversations) port.Conversations) func(port.Storage) port.Storage {
	return func(s port.Storage) port.Storage {
		s.Conversations = hurt(s.Conversations)
		return s
	}
}

type (
	sound     = port.Conversations
	applyFunc func(ctx context.Context, next sound, changes []conversation.Change) ([]conversation.Result, error)
	listFunc  func(ctx context.Context, next sound, org tenant.ID, q conversation.Query) (conversation.Page, error)
)

// hurtApply and hurtList put a faulty function before the sound one.
type hurtApply struct {
	sound
	fault applyFunc
}

func (h hurtApply) Apply(ctx context.Context, changes []conversation.Change) ([]conversation.Result, error) {
	return h.fault(ctx, h.sound, changes)
}

func applying(fault applyFunc) func(port.Storage) port.Storage {
	return conversations(func(c port.Conversations) port.Conversations { return hurtApply{c, fault} })
}

// outcomes changes what every Fn returns.
func outcomes(spoil func(*conversation.Conversation)) func(port.Storage) port.Storage {
	return applying(func(ctx context.Context, next sound, changes []conversation.Change) ([]conversation.Result, error) {
		changes = slices.Clone(changes)
		for i, c := range changes {
			changes[i].Fn = func(old *conversation.Conversation) (*conversation.Conversation, error) {
				out, err := c.Fn(old)
				spoil(out)
				return out, err
			}
		}
		return next.Apply(ctx, changes)
	})
}

type hurtList struct {
	sound
	fault listFunc
}

func (h hurtList) List(ctx context.Context, org tenant.ID, q conversation.Query) (conversation.Page, error) {
	return h.fault(ctx, h.sound, org, q)
}

func listing(fault listFunc) func(port.Storage) port.Storage {
	return conversations(func(c port.Conversations) port.Conversations { return hurtList{c, fault} })
}

type hurtDelete struct{ sound }

func (h hurtDelete) Delete(ctx context.Context, org tenant.ID, q conversation.Query, at time.Time) (conversation.Receipt, error) {
	if len(q.UIDs) == 0 {
		q.UIDs = nil
	}
	return h.sound.Delete(ctx, org, q, at)
}

type hurtExpire struct{ sound }

// Expire deletes, cells and all.
func (h hurtExpire) Expire(ctx context.Context, org tenant.ID, cutoff time.Time, limit int) (int, error) {
	page, err := h.List(ctx, org, conversation.Query{End: cutoff, Limit: 1 << 30})
	if err != nil {
		return 0, err
	}
	old := page.Conversations[max(len(page.Conversations)-limit, 0):]
	r, err := h.Delete(ctx, org, conversation.Query{UIDs: append([]uid{}, uids(old...)...)}, cutoff)
	return r.Conversations, err
}

type hurtGet struct{ sound }

func (h hurtGet) Get(ctx context.Context, org tenant.ID, id uid) (conversation.Conversation, error) {
	c, err := h.sound.Get(ctx, org, id)
	c.StartedAt = c.StartedAt.In(time.FixedZone("+01", 3600))
	return c, err
}

type stubborn struct{ sound }

func (h stubborn) Apply(ctx context.Context, changes []conversation.Change) ([]conversation.Result, error) {
	return h.sound.Apply(context.WithoutCancel(ctx), changes)
}

// everyOrg remembers the organisations it saw and lists them all.
type everyOrg struct {
	sound
	mu   *sync.Mutex
	seen map[tenant.ID]bool
}

func (h everyOrg) Apply(ctx context.Context, changes []conversation.Change) ([]conversation.Result, error) {
	h.mu.Lock()
	for _, c := range changes {
		h.seen[c.Key.Org] = true
	}
	h.mu.Unlock()
	return h.sound.Apply(ctx, changes)
}

func (h everyOrg) List(ctx context.Context, _ tenant.ID, q conversation.Query) (out conversation.Page, err error) {
	limit := q.Limit
	q.Limit = 1 << 30
	var total int64
	for org := range h.seen {
		page, err := h.sound.List(ctx, org, q)
		if err != nil {
			return out, err
		}
		out.Conversations = append(out.Conversations, page.Conversations...)
		total += int64(len(page.Conversations))
	}
	slices.SortFunc(out.Conversations, newestFirst)
	if limit > 0 && len(out.Conversations) > limit {
		out.Conversations = out.Conversations[:limit]
	}
	out.Total = &total
	return out, nil
}

func brokenConversations() []broken {
	return []broken{
		{"loses a race", applying(func(ctx context.Context, next sound, changes []conversation.Change) ([]conversation.Result, error) {
			changes = slices.Clone(changes)
			for i, c := range changes {
				var old *conversation.Conversation
				if stored, err := next.Get(ctx, c.Key.Org, c.Key.UID()); err == nil {
					old = &stored
				}
				time.Sleep(time.Millisecond) // the moment in which somebody else writes
				changes[i].Fn = func(*conversation.Conversation) (*conversation.Conversation, error) { return c.Fn(old) }
			}
			return next.Apply(ctx, changes)
		}), []string{"Conversations.Apply: 200 writers", "Conversations.Apply: several changes of one conversation"}},
		{"keeps half a batch", applying(func(ctx context.Context, next sound, changes []conversation.Change) ([]conversation.Result, error) {
			var out []conversation.Result
			for _, c := range changes {
				got, err := next.Apply(ctx, []conversation.Change{c})
				if err != nil {
					return nil, err
				}
				out = append(out, got...)
			}
			return out, nil
		}), []string{"Conversations.Apply: a call given up halfway"}},
		{"lets one failure fail the batch", applying(func(ctx context.Context, next sound, changes []conversation.Change) ([]conversation.Result, error) {
			got, err := next.Apply(ctx, changes)
			for _, r := range got {
				if r.Err != nil {
					return nil, r.Err
				}
			}
			return got, err
		}), []string{"Conversations.Apply: a change whose Fn fails"}},
		{"answers in an order of its own", applying(func(ctx context.Context, next sound, changes []conversation.Change) ([]conversation.Result, error) {
			got, err := next.Apply(ctx, changes)
			slices.Reverse(got)
			return got, err
		}), []string{"Conversations.Apply: what was stored is read back"}},
		{"answers without conversations", applying(func(ctx context.Context, next sound, changes []conversation.Change) ([]conversation.Result, error) {
			results, err := next.Apply(ctx, changes)
			for i := range results {
				results[i].Conversation = nil
			}
			return results, err
		}), []string{"Conversations.Apply: what was stored is read back"}},
		{"folds identifiers", applying(func(ctx context.Context, next sound, changes []conversation.Change) ([]conversation.Result, error) {
			changes = slices.Clone(changes)
			for i, c := range changes {
				changes[i].Key.ID = strings.ToLower(strings.TrimRight(c.Key.ID, " "))
			}
			return next.Apply(ctx, changes)
		}), []string{"Conversations.Apply: identifiers are compared byte for byte"}},
		{"forgets tokens", applying(func(ctx context.Context, next sound, changes []conversation.Change) ([]conversation.Result, error) {
			changes = slices.Clone(changes)
			for i := range changes {
				changes[i].Once = nil
			}
			return next.Apply(ctx, changes)
		}), []string{"Conversations.Apply: a repeated Once answers", "Conversations.Apply: a repeated Once with another body", "Conversations.Apply: a token repeated within one call"}},
		{"keeps tokens for ever", applying(func(ctx context.Context, next sound, changes []conversation.Change) ([]conversation.Result, error) {
			changes = slices.Clone(changes)
			for i, c := range changes {
				if c.Once != nil {
					o := *c.Once
					o.At = noon
					changes[i].Once = &o
				}
			}
			return next.Apply(ctx, changes)
		}), []string{"Conversations.Apply: a token is forgotten a day later"}},
		{"keeps milliseconds", outcomes(func(c *conversation.Conversation) {
			c.StartedAt, c.ReceivedAt = c.StartedAt.Truncate(time.Millisecond), c.ReceivedAt.Truncate(time.Millisecond)
		}), []string{"Conversations.Apply: times come back in UTC"}},
		{"trims text", outcomes(func(c *conversation.Conversation) {
			for i := range c.Messages {
				c.Messages[i].Content = strings.TrimSpace(c.Messages[i].Content)
			}
		}), []string{"Conversations.Apply: every text comes back as it was"}},
		{"takes false for unsaid", outcomes(func(c *conversation.Conversation) {
			if !c.Facts.Escalated.Value {
				c.Facts.Escalated = conversation.Said[bool]{}
			}
		}), []string{"Conversations.Apply: every stated value comes back"}},
		{"drops the stamps", outcomes(func(c *conversation.Conversation) {
			if c.Facts.Topic.OK() {
				c.Facts.Topic.Stamp.At = noon
			}
		}), []string{"Conversations.Apply: a new stamp alone"}},
		{"ignores cancellation", conversations(func(c port.Conversations) port.Conversations { return stubborn{c} }),
			[]string{"Conversations.Apply: a call given up before it began", "Storage.Ready: a call whose context has ended"}},
		{"returns times in a zone of its own", conversations(func(c port.Conversations) port.Conversations { return hurtGet{c} }),
			[]string{"Conversations.Apply: what was stored is read back"}},
		{"takes an empty list for none given", conversations(func(c port.Conversations) port.Conversations { return hurtDelete{c} }),
			[]string{"Conversations.Delete: an empty list of UIDs"}},
		{"takes the cells of the expired", conversations(func(c port.Conversations) port.Conversations { return hurtExpire{c} }),
			[]string{"Conversations.Expire: what expired can no longer be read", "Rollups.Rollup: equals the fold after deletions and expiries"}},
		{"forgets the org in lists", conversations(func(c port.Conversations) port.Conversations {
			return everyOrg{c, &sync.Mutex{}, map[tenant.ID]bool{}}
		}), []string{"Conversations.List: the same data under 50 organisations", "Conversations.Delete: takes nothing of another"}},
		{"drops the last page", listing(func(ctx context.Context, next sound, org tenant.ID, q conversation.Query) (conversation.Page, error) {
			page, err := next.List(ctx, org, q)
			if q.After != nil && page.Next == nil {
				page.Conversations = nil
			}
			return page, err
		}), []string{"Conversations.List: pages by After"}},
		{"always says there is a next page", listing(func(ctx context.Context, next sound, org tenant.ID, q conversation.Query) (conversation.Page, error) {
			page, err := next.List(ctx, org, q)
			if n := len(page.Conversations); n > 0 && page.Next == nil {
				page.Next = position(page.Conversations[n-1])
			}
			return page, err
		}), []string{"Conversations.List: a page holds at most Limit"}},
		{"reorders ties", listing(func(ctx context.Context, next sound, org tenant.ID, q conversation.Query) (conversation.Page, error) {
			page, err := next.List(ctx, org, q)
			slices.Reverse(page.Conversations)
			slices.SortStableFunc(page.Conversations, func(a, b conversation.Conversation) int { return b.StartedAt.Compare(a.StartedAt) })
			return page, err
		}), []string{"Conversations.List: newest first, ties by UID"}},
		{"counts the page as the total", listing(func(ctx context.Context, next sound, org tenant.ID, q conversation.Query) (conversation.Page, error) {
			page, err := next.List(ctx, org, q)
			if page.Total != nil {
				page.Total = ptr(int64(len(page.Conversations)))
			}
			return page, err
		}), []string{"Conversations.List: Total counts all"}},
		{"drops the second of two filters", listing(func(ctx context.Context, next sound, org tenant.ID, q conversation.Query) (conversation.Page, error) {
			if q.Topic != nil && q.Sentiment != "" {
				q.Sentiment = ""
			}
			return next.List(ctx, org, q)
		}), []string{"Conversations.List: any two filters"}},
		{"takes the bound itself for outside", listing(func(ctx context.Context, next sound, org tenant.ID, q conversation.Query) (conversation.Page, error) {
			if q.CSATMin != nil {
				q.CSATMin = ptr(*q.CSATMin + 1)
			}
			return next.List(ctx, org, q)
		}), []string{"Conversations.List: every filter alone"}},
		{"searches parts of words", listing(func(ctx context.Context, next sound, org tenant.ID, q conversation.Query) (conversation.Page, error) {
			search := strings.ToLower(q.Search)
			if search == "" {
				return next.List(ctx, org, q)
			}
			limit := q.Limit
			q.Search, q.Limit = "", 1<<30
			page, err := next.List(ctx, org, q)
			page.Conversations = slices.DeleteFunc(page.Conversations, func(c conversation.Conversation) bool {
				return !slices.ContainsFunc(c.Messages, func(m conversation.Message) bool { return strings.Contains(strings.ToLower(m.Content), search) })
			})
			page.Conversations = page.Conversations[:min(limit, len(page.Conversations))]
			return page, err
		}), []string{"Conversations.List: a search finds whole words"}},
	}
}
