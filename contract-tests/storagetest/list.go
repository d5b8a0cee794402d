package storagetest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/port"
)

const (
	list = "Conversations.List"
	each = "Conversations.Each"
)

// filters is every way to narrow a query, each with a few values. A pair of them is two conditions at once.
func filters() []func(*conversation.Query) {
	var out []func(*conversation.Query)
	add := func(set func(*conversation.Query)) { out = append(out, set) }
	for _, v := range []string{"billing", "Billing", "", "nothing"} {
		add(func(q *conversation.Query) { q.Topic = &v })
	}
	for _, v := range []string{"fees", ""} {
		add(func(q *conversation.Query) { q.Subtopic = &v })
	}
	for _, v := range []string{"bot-1", ""} {
		add(func(q *conversation.Query) { q.AIAgent = &v })
	}
	for _, v := range []string{"bob", "Bob", "çelik"} {
		add(func(q *conversation.Query) { q.Customer = &v })
	}
	for _, v := range []bool{true, false} {
		add(func(q *conversation.Query) { q.Escalated = &v })
		add(func(q *conversation.Query) { q.AIHandled = &v })
		add(func(q *conversation.Query) { q.Rated = &v })
	}
	for _, v := range []int{1, 3, 5} {
		add(func(q *conversation.Query) { q.CSATMin = &v })
		add(func(q *conversation.Query) { q.CSATMax = &v })
	}
	add(func(q *conversation.Query) { q.Platform = conversation.Zendesk })
	add(func(q *conversation.Query) { q.Platform = conversation.Intercom })
	add(func(q *conversation.Query) { q.Priority = ptr(conversation.High) })
	add(func(q *conversation.Query) { q.Priority = ptr(conversation.Priority("")) })
	add(func(q *conversation.Query) { q.Handler = conversation.AIThenHuman })
	add(func(q *conversation.Query) { q.Handler = conversation.HandlerUnknown })
	add(func(q *conversation.Query) { q.Sentiment = conversation.Frustrated })
	add(func(q *conversation.Query) { q.Outcome = conversation.OutcomeAssumed })
	add(func(q *conversation.Query) { q.Reason = conversation.KnowledgeGap })
	add(func(q *conversation.Query) { q.Start = noon.Add(3 * time.Hour) })
	add(func(q *conversation.Query) { q.End = noon.Add(5*time.Hour + 17*time.Second) })
	add(func(q *conversation.Query) { q.Search = "refund" })
	add(func(q *conversation.Query) { q.Search = "STRASSE straße" })
	add(func(q *conversation.Query) { q.Search = "ＣＡＦÉ, invoice!" })
	add(func(q *conversation.Query) { q.UIDs = []uid{} })
	add(func(q *conversation.Query) {
		for n := range 40 {
			q.UIDs = append(q.UIDs, key(orgID(1), 3*n).UID())
		}
	})
	return out
}

func listCases() []Case {
	return []Case{
		{
			About: list, Sentence: "every filter alone picks exactly what it says",
			Reason: "a person drills down from a figure to the conversations it counts",
			Check: filled(80, 8*time.Hour, func(r *room) error {
				for _, set := range filters() {
					var q conversation.Query
					set(&q)
					if err := r.lists(q); err != nil {
						return err
					}
				}
				return nil
			}),
		},
		{
			About: list, Sentence: "any two filters hold together",
			Reason: "conditions that are built apart overwrite each other's parameters",
			Check:  filled(80, 8*time.Hour, pairs),
		},
		{
			About: list, Sentence: "newest first, ties by UID",
			Reason: "without one order, pages show a conversation twice and another never",
			Check:  in(ties),
		},
		{
			About: list, Sentence: "a page holds at most Limit, 50 when none is named",
			Reason: "a page without a bound is the whole store",
			Check:  filled(60, time.Hour, limits),
		},
		{
			About: list, Sentence: "pages by After neither overlap nor skip, and the last has no Next",
			Reason: "an export that skips is wrong, one that never ends is worse",
			Check: filled(53, time.Hour, func(r *room) error {
				return r.walk(conversation.Query{}, conversation.Query{Rated: ptr(true)}, conversation.Query{Search: "refund"},
					conversation.Query{Start: noon, End: noon.Add(2 * time.Hour)})
			}),
		},
		{
			About: list, Sentence: "Offset skips rows, behind After too",
			Reason: "simple clients page by number",
			Check:  filled(30, time.Hour, offsets),
		},
		{
			About: list, Sentence: "a page after a position is the same while newer conversations arrive",
			Reason: "reading on must not show again what was shown",
			Check:  filled(30, time.Hour, arrivals),
		},
		{
			About: list, Sentence: "Total counts all that match, whatever the page, and only when asked",
			Reason: "a total that counts the page is always believed",
			Check:  filled(40, time.Hour, totals),
		},
		{
			About: list, Sentence: "a search finds whole words, folded, across the messages",
			Reason: "people do not know how it was spelled",
			Check:  in(searches),
		},
		{
			About: list, Sentence: "IndexedThrough is set by searches alone",
			Reason: "whoever searches wants to know how far the index is",
			Check: filled(5, time.Hour, func(r *room) error {
				for _, search := range []string{"", "refund"} {
					page, err := r.s.Conversations.List(r, r.org, conversation.Query{Search: search})
					if err != nil {
						return err
					}
					if page.IndexedThrough.IsZero() != (search == "") {
						return fmt.Errorf("search %q: IndexedThrough is %s", search, page.IndexedThrough)
					}
				}
				return nil
			}),
		},
		{
			About: each, Sentence: "streams what List would page through, from After on",
			Reason: "an export and the listing must agree",
			Check:  filled(70, 8*time.Hour, streams),
		},
		{
			About: each, Sentence: "whoever ranges over it may stop early, and may call the store",
			Reason: "jobs write while they read",
			Check:  filled(20, time.Hour, nested),
		},
		{
			About: each, Sentence: "an error ends the sequence",
			Reason: "a stream that just stops looks complete",
			Check:  filled(20, time.Hour, brokenStream),
		},
	}
}

// filled is a check inside an organisation with n conversations that start within a span.
func filled(n int, span time.Duration, check func(r *room) error) func(context.Context, port.Storage) error {
	return in(func(r *room) error {
		if err := r.fill(newGen(uint64(n)), n, span); err != nil {
			return err
		}
		return check(r)
	})
}

func pairs(r *room) error {
	all := filters()
	found := 0
	for i := range all {
		for j := range i {
			var q conversation.Query
			all[j](&q)
			all[i](&q)
			if err := r.lists(q); err != nil {
				return err
			}
			found += min(len(r.listed(q)), 1)
		}
	}
	if found < 100 {
		return fmt.Errorf("only %d pairs found anything: the suite has lost its grip", found)
	}
	return nil
}

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

func searches(r *room) error {
	stamp := conversation.Stamp{Trust: conversation.Signed, At: noon}
	for i, texts := range [][]string{
		{"My REFUND is late", "where is it?"}, {"refunds are not a refund-policy"}, {"Die Straße ist gesperrt"}, {"STRASSE"}, {"cafe"}, {"Ｃａｆé"},
		{"order 12345"}, {"order 123456"}, {"100% sure_thing"}, {"don't"}, {"東京 タワー"}, {"a'b\"c\\d"}, {""}, {}, {"late"}, {"ﬁnal"},
	} {
		var messages []conversation.Message
		for n, text := range texts {
			messages = append(messages, conversation.Message{Sender: conversation.Customer, Content: text, At: noon.Add(time.Duration(n) * time.Second)})
		}
		if err := r.put(conversation.NewPatch(key(r.org, i), conversation.Facts{}, messages, stamp, noon)); err != nil {
			return err
		}
	}
	for _, search := range []string{
		"refund", "Refund", "refunds", "fund", "refund late", "late refund where", "refund missing", "straße", "STRASSE", "cafe", "café", "CAFÉ",
		"12345", "123456", "1234", "%", "_", "100% sure", "sure thing", "don't", "don", "東京", "東", "a'b", `"; --`, "final", "refund refund", " late\n",
	} {
		if err := r.lists(conversation.Query{Search: search}); err != nil {
			return err
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
