package storagetest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
)

// ties are conversations that all start at one of three instants.
func ties(r *room) error {
	stamp := conversation.Stamp{Trust: conversation.Signed, At: noon}
	for i := range 40 {
		at := noon.Add(time.Duration(i%3) * time.Microsecond)
		messages := []conversation.Message{{Sender: conversation.Customer, Content: "hello", At: at}}
		if err := r.put(conversation.NewPatch(key(r.org, i), conversation.Facts{}, messages, stamp, noon)); err != nil {
			return err
		}
	}
	return first(func() error { return r.lists(conversation.Query{}) }, func() error { return r.walk(conversation.Query{}) })
}

func limits(r *room) error {
	want := r.listed(conversation.Query{})
	for limit, n := range map[int]int{0: 50, 1: 1, 7: 7, 60: 60, 500: 60} {
		page, err := r.s.Conversations.List(r, r.org, conversation.Query{Limit: limit})
		if err != nil {
			return err
		}
		if err := sameList(fmt.Sprintf("limit %d", limit), want[:n], page.Conversations); err != nil {
			return err
		}
		if (page.Next == nil) != (n == 60) {
			return fmt.Errorf("limit %d of 60: Next is %v", limit, page.Next)
		}
	}
	return nil
}

// walk pages through queries in several sizes.
func (r *room) walk(queries ...conversation.Query) error {
	for _, q := range queries {
		want := r.listed(q)
		for _, size := range []int{1, 3, 10, len(want), len(want) + 1} {
			if err := r.pages(q, max(size, 1), want); err != nil {
				return fmt.Errorf("pages of %d, %s: %w", size, showQuery(q), err)
			}
		}
	}
	return nil
}

func (r *room) pages(q conversation.Query, size int, want []conversation.Conversation) error {
	var got []conversation.Conversation
	q.Limit = size
	for range len(want) + 2 {
		page, err := r.s.Conversations.List(r, r.org, q)
		if err != nil {
			return err
		}
		got = append(got, page.Conversations...)
		if page.Next == nil {
			return sameList("all pages", want, got)
		}
		if len(page.Conversations) != size {
			return fmt.Errorf("a page of %d that is not the last", len(page.Conversations))
		}
		q.After = page.Next
	}
	return fmt.Errorf("there is always a Next")
}

func offsets(r *room) error {
	all := r.listed(conversation.Query{})
	for _, offset := range []int{0, 1, 29, 30, 31, 1000} {
		for _, after := range []int{0, 1, 12, 30} {
			want := all[after:]
			q := conversation.Query{Limit: 5, Offset: offset}
			if after > 0 {
				q.After = position(all[after-1])
			}
			want = want[min(offset, len(want)):]
			page, err := r.s.Conversations.List(r, r.org, q)
			if err != nil {
				return err
			}
			if err := sameList(fmt.Sprintf("offset %d behind %d", offset, after), want[:min(5, len(want))], page.Conversations); err != nil {
				return err
			}
			if (page.Next == nil) != (len(want) <= 5) {
				return fmt.Errorf("offset %d behind %d: %d rows left, Next is %v", offset, after, len(want), page.Next)
			}
		}
	}
	return nil
}

func position(c conversation.Conversation) *conversation.Position {
	return &conversation.Position{StartedAt: c.StartedAt, UID: c.UID()}
}

func arrivals(r *room) error {
	all := r.listed(conversation.Query{})
	g := newGen(30)
	for i := range 10 {
		if err := r.put(g.patch(key(r.org, 1000+i), noon.Add(100*time.Hour))); err != nil {
			return err
		}
	}
	page, err := r.s.Conversations.List(r, r.org, conversation.Query{After: position(all[4]), Limit: 10})
	if err != nil {
		return err
	}
	return sameList("the second page", all[5:15], page.Conversations)
}

func totals(r *room) error {
	for _, q := range []conversation.Query{{Limit: 3}, {Limit: 3, Offset: 5}, {Limit: 3, Offset: 900}, {After: position(r.listed(conversation.Query{})[20])}, {Rated: ptr(true), Limit: 1}} {
		page, err := r.s.Conversations.List(r, r.org, q)
		if err != nil {
			return err
		}
		if page.Total != nil {
			return fmt.Errorf("%s: a total nobody asked for", showQuery(q))
		}
		q.Total = true
		if page, err = r.s.Conversations.List(r, r.org, q); err != nil {
			return err
		}
		if want := int64(len(r.listed(q))); page.Total == nil || *page.Total != want {
			return fmt.Errorf("%s: wanted the total %d, got %s", showQuery(q), want, show(page.Total))
		}
	}
	return nil
}

func streams(r *room) error {
	after := position(r.listed(conversation.Query{})[33])
	for _, q := range []conversation.Query{{}, {Limit: 2, Offset: 9}, {After: after}, {After: after, Limit: 1}, {Rated: ptr(true)}, {Search: "refund"}, {UIDs: []uid{}}} {
		plain := q
		plain.After = nil
		want := r.listed(plain)
		if q.After != nil {
			want = want[34:]
		}
		var got []conversation.Conversation
		for c, err := range r.s.Conversations.Each(r, r.org, q) {
			if err != nil {
				return err
			}
			got = append(got, c)
		}
		if err := sameList("Each "+showQuery(q), want, got); err != nil {
			return err
		}
	}
	return nil
}

func nested(r *room) error {
	g := newGen(31)
	n := 0
	for c, err := range r.s.Conversations.Each(r, r.org, conversation.Query{}) {
		if err != nil {
			return err
		}
		if n++; n == 5 {
			break
		}
		if _, err := r.s.Conversations.Get(r, r.org, c.UID()); err != nil {
			return err
		}
		if err := r.put(g.patch(c.Key, noon.Add(200*time.Hour))); err != nil {
			return err
		}
	}
	return r.everything()
}

func brokenStream(r *room) error {
	ctx, cancel := context.WithCancel(r)
	defer cancel()
	n := 0
	var last error
	for _, err := range r.s.Conversations.Each(ctx, r.org, conversation.Query{}) {
		if last != nil {
			return fmt.Errorf("the sequence went on after the error %v", last)
		}
		if n++; n == 3 {
			cancel()
		}
		last = err
	}
	if last == nil && n == 20 {
		return nil // it had everything in hand already
	}
	return wantError("Each, given up after 3", last, context.Canceled)
}

// showQuery prints the fields of a query that are set.
func showQuery(q conversation.Query) string {
	var out []string
	add := func(set bool, name, value string) {
		if set {
			out = append(out, name+"="+value)
		}
	}
	add(q.Platform != "", "platform", string(q.Platform))
	add(q.Topic != nil, "topic", show(q.Topic))
	add(q.Subtopic != nil, "subtopic", show(q.Subtopic))
	add(q.AIAgent != nil, "agent", show(q.AIAgent))
	add(q.Customer != nil, "customer", show(q.Customer))
	add(q.Priority != nil, "priority", show(q.Priority))
	add(q.Handler != "", "handler", string(q.Handler))
	add(q.Sentiment != "", "sentiment", string(q.Sentiment))
	add(q.Escalated != nil, "escalated", show(q.Escalated))
	add(q.AIHandled != nil, "ai_handled", show(q.AIHandled))
	add(q.CSATMin != nil, "csat_min", show(q.CSATMin))
	add(q.CSATMax != nil, "csat_max", show(q.CSATMax))
	add(q.Outcome != "", "outcome", string(q.Outcome))
	add(q.Reason != "", "reason", string(q.Reason))
	add(q.Rated != nil, "rated", show(q.Rated))
	add(!q.Start.IsZero(), "start", q.Start.String())
	add(!q.End.IsZero(), "end", q.End.String())
	add(q.Search != "", "search", fmt.Sprintf("%q", q.Search))
	add(q.UIDs != nil, "uids", fmt.Sprint(len(q.UIDs)))
	add(q.After != nil, "after", fmt.Sprint(q.After))
	return "{" + strings.Join(out, " ") + "}"
}
