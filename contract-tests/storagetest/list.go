package storagetest

import (
	"context"
	"fmt"
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
			About: list, Sentence: "a search finds what is said now, not what was edited away or deleted",
			Reason: "an index left behind shows words that were erased",
			Check:  in(searchesNow),
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

func searchesNow(r *room) error {
	say := func(text string, minutes int) conversation.Patch {
		stamp := conversation.Stamp{Trust: conversation.Signed, At: noon.Add(time.Duration(minutes) * time.Minute)}
		m := []conversation.Message{{ID: "m1", Sender: conversation.Customer, Content: text, At: noon}}
		return conversation.NewPatch(key(r.org, 1), conversation.Facts{}, m, stamp, noon)
	}
	other := conversation.NewPatch(key(r.org, 2), conversation.Facts{}, []conversation.Message{
		{Sender: conversation.Customer, Content: "invoice and refund", At: noon.Add(time.Hour)},
	}, conversation.Stamp{Trust: conversation.Signed, At: noon}, noon)
	look := func() error {
		for _, search := range []string{"refund", "invoice", "late", "refund late"} {
			if err := r.lists(conversation.Query{Search: search}); err != nil {
				return err
			}
		}
		return nil
	}
	return first(
		func() error { return r.put(say("the refund is late", 0), other) }, look,
		func() error { return r.put(say("the invoice is late", 1)) }, look,
		func() error { return r.erase(conversation.Query{Search: "late"}) }, look,
		func() error { return r.age(noon.Add(2*time.Hour), 10) }, look,
	)
}
