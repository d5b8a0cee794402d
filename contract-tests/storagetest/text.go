package storagetest

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/port"
)

const get = "Conversations.Get"

// identifiers are pairs that some comparison somewhere takes for equal.
var identifiers = []string{
	"A", "a", "x", "x ", " x", "x\t", "caf\u00e9", "cafe\u0301", "\u017f", "s", "S", "K", "\u212a", "ß", "ss", "ﬁ", "fi", "i", "ı", "İ",
	"１", "1", "01", "1.0", "%", "_", "'", `"`, `\`, "*", "null", "NULL", "\u200b", "\ufeff", "x\u200b", "😀",
	strings.Repeat("n", 255), strings.Repeat("n", 254), strings.Repeat("é", 127) + "x",
}

// sentences are texts that some encoding somewhere spoils.
var sentences = []string{
	"", " ", "\n", "a\r\nb\tc", "\u0001\u001f\u007f\u0085", "\u2028\u2029", "\ufeffbom", "\ufffd", "\ufffe\uffff", "e\u0301\u0302",
	"\u202eright to left", "שלום", "سلام", "日本語", "𝔘𝔫𝔦", "👩‍👩‍👧‍👦", "\U0010ffff", `"quoted" 'single' \back\ {json: "no"}`, "100% _under_ ;--",
	"<script>", strings.Repeat("long ", 3000), "trailing space ", "Ω Å K", "'; DROP TABLE conversations; --", "\\u0000", "$1 ?1 :a @b",
}

func textCases() []Case {
	return []Case{
		{
			About: get, Sentence: "ErrNotFound where there is none",
			Reason: "nothing and a failure are different answers",
			Check: in(func(r *room) error {
				_, err := r.s.Conversations.Get(r, r.org, key(r.org, 1).UID())
				return wantError("Get", err, port.ErrNotFound)
			}),
		},
		{
			About: apply, Sentence: "identifiers are compared byte for byte",
			Reason: "two customers' conversations would become one",
			Check:  in(identifierBytes),
		},
		{
			About: apply, Sentence: "the same identifier on two platforms is two conversations",
			Reason: "platforms number their tickets alike",
			Check: in(func(r *room) error {
				g := newGen(20)
				for _, p := range conversation.Platforms() {
					if err := r.put(g.patch(conversation.Key{Org: r.org, Platform: p, ID: "1"}, noon)); err != nil {
						return err
					}
				}
				return r.everything()
			}),
		},
		{
			About: apply, Sentence: "every text comes back as it was",
			Reason: "what a customer wrote is evidence",
			Check:  in(textRoundTrip),
		},
		{
			About: apply, Sentence: "every stated value comes back, and what was not stated stays unsaid",
			Reason: "'said no' and 'said nothing' are different answers",
			Check:  in(valuesRoundTrip),
		},
		{
			About: apply, Sentence: "times come back in UTC, to the microsecond",
			Reason: "order and windows hang on it",
			Check:  in(timeRoundTrip),
		},
		{
			About: apply, Sentence: "numbers at the ends of their ranges come back",
			Reason: "a number that does not fit becomes another number",
			Check:  in(numberRoundTrip),
		},
		{
			About: apply, Sentence: "a conversation of 5,000 messages comes back",
			Reason: "the longest one accepted must be kept",
			Check:  in(manyMessages),
		},
	}
}

func identifierBytes(r *room) error {
	g := newGen(21)
	for _, id := range identifiers {
		if err := r.put(g.patch(conversation.Key{Org: r.org, Platform: conversation.Custom, ID: id}, noon)); err != nil {
			return fmt.Errorf("%q: %w", id, err)
		}
	}
	if err := r.everything(); err != nil {
		return err
	}
	for _, id := range identifiers { // as customer, agent and topic too
		stamp := conversation.Stamp{Trust: conversation.Signed, At: noon.Add(3 * time.Hour)}
		said := conversation.State(&id, stamp)
		k := conversation.Key{Org: r.org, Platform: conversation.Custom, ID: id}
		facts := conversation.Facts{CustomerID: said, AIAgentID: said, Topic: said, Subtopic: said}
		if err := r.put(conversation.NewPatch(k, facts, nil, stamp, noon)); err != nil {
			return fmt.Errorf("%q: %w", id, err)
		}
	}
	for _, id := range identifiers {
		for _, q := range []conversation.Query{{Customer: &id}, {AIAgent: &id}, {Topic: &id}, {Subtopic: &id}} {
			if err := r.lists(q); err != nil {
				return fmt.Errorf("%q: %w", id, err)
			}
		}
	}
	return r.everything()
}

func textRoundTrip(r *room) error {
	stamp := conversation.Stamp{Trust: conversation.Signed, At: noon}
	for i, text := range sentences {
		short := text[:min(len(text), conversation.MaxLabelBytes)]
		said := conversation.State(&short, stamp)
		facts := conversation.Facts{
			CustomerID: said, AIAgentID: said, EscalationReason: said, Topic: said, Subtopic: said,
			Metadata: conversation.State(ptr(`{"text":1,"deep":{"a":["\u0000 stays escaped","é"]}}`), stamp),
			Tags:     conversation.State(&[]string{short, "", short}, stamp),
		}
		messages := []conversation.Message{
			{ID: fmt.Sprint("id", short), Sender: conversation.Customer, SenderID: short, Content: text, At: noon, Metadata: `{"k":"v"}`},
			{Sender: conversation.AI, Content: text + text},
		}
		if err := r.put(conversation.NewPatch(key(r.org, i), facts, messages, stamp, noon)); err != nil {
			return fmt.Errorf("%.40q: %w", text, err)
		}
	}
	return r.everything()
}

func valuesRoundTrip(r *room) error {
	g := newGen(22)
	for i := range 60 {
		if err := r.put(g.patch(key(r.org, i), noon)); err != nil {
			return err
		}
	}
	// Nothing at all was said about the last one, and the zero of everything about the one before.
	stamp := conversation.Stamp{Trust: conversation.Unverified, At: noon}
	zero := conversation.Facts{
		Rating: conversation.State(&conversation.Rating{Score: 1, Scale: conversation.Binary}, stamp), Escalated: conversation.State(ptr(false), stamp),
		EscalationReason: conversation.State(ptr(""), stamp), ResolutionSeconds: conversation.State(ptr(0.0), stamp),
		FirstContactResolution: conversation.State(ptr(false), stamp), AIHandled: conversation.State(ptr(false), stamp),
		Topic: conversation.State(ptr(""), stamp), Cost: conversation.State(ptr(money.Micro(0)), stamp),
		Tags: conversation.State(&[]string{}, stamp), AIFailed: conversation.State(ptr(false), stamp),
		Offered: conversation.State(ptr(false), stamp), TokensIn: conversation.State(ptr(int64(0)), stamp),
		NextContact: conversation.State(&time.Time{}, stamp),
	}
	return first(
		func() error { return r.put(conversation.NewPatch(key(r.org, 100), zero, nil, stamp, noon)) },
		func() error {
			return r.put(conversation.NewPatch(key(r.org, 101), conversation.Facts{}, nil, stamp, noon))
		},
		r.everything,
	)
}

func timeRoundTrip(r *room) error {
	kathmandu := time.FixedZone("+0545", 5*3600+45*60)
	for i, at := range []time.Time{
		conversation.MinTime,
		time.Date(2025, 3, 9, 6, 59, 59, 999_999_000, time.UTC),
		time.Date(2025, 11, 2, 1, 30, 0, 1_000, time.UTC),
		time.Date(2024, 2, 29, 23, 59, 59, 999_999_999, time.UTC), // cut to the microsecond before it is stored
		time.Date(2025, 1, 1, 0, 0, 0, 123_456_000, kathmandu),
		time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC),
		time.Date(2262, 4, 12, 0, 0, 0, 1_000, time.UTC), // beyond 63 bits of nanoseconds
	} {
		stamp := conversation.Stamp{Trust: conversation.Confirmed, At: at}
		said := conversation.State(&at, stamp)
		facts := conversation.Facts{
			CreatedAt: said, ClosedAt: said, HandedOffAt: said, NextContact: said,
			Rating: conversation.State(&conversation.Rating{Score: 5, Scale: conversation.Native5, At: at}, stamp),
		}
		messages := []conversation.Message{{Sender: conversation.Customer, Content: "hello", At: at}}
		if err := r.put(
			conversation.NewPatch(key(r.org, 2*i), facts, messages, stamp, at),
			conversation.NewPatch(key(r.org, 2*i+1), facts, nil, stamp, at),
		); err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
		if err := r.lists(conversation.Query{Start: at.UTC().Truncate(time.Microsecond), End: at.UTC().Add(time.Microsecond)}); err != nil {
			return err
		}
	}
	want := r.listed(conversation.Query{})
	page, err := r.s.Conversations.List(r, r.org, conversation.Query{})
	if err != nil {
		return err
	}
	return sameList("List", want, page.Conversations)
}

func numberRoundTrip(r *room) error {
	stamp := conversation.Stamp{Trust: conversation.Signed, At: noon}
	for i, seconds := range []float64{0, math.SmallestNonzeroFloat64, 0.1, 1e-7, 1 / 3.0, 86399.999999, conversation.MaxSeconds} {
		facts := conversation.Facts{
			ResolutionSeconds: conversation.State(&seconds, stamp), HandleSeconds: conversation.State(&seconds, stamp),
			Cost:     conversation.State(ptr(money.Micro(conversation.MaxCostMicro-i)), stamp),
			TokensIn: conversation.State(ptr(int64(conversation.MaxTokens-i)), stamp), TokensOut: conversation.State(ptr(int64(math.MaxInt32+i)), stamp),
		}
		if err := r.put(conversation.NewPatch(key(r.org, i), facts, nil, stamp, noon)); err != nil {
			return fmt.Errorf("%g seconds: %w", seconds, err)
		}
	}
	return r.everything()
}

func manyMessages(r *room) error {
	g := newGen(23)
	messages := make([]conversation.Message, conversation.MaxMessages)
	for i := range messages {
		messages[i] = conversation.Message{
			ID: fmt.Sprint(i), Sender: one(g, conversation.Senders()...), Content: g.sentence(), At: noon.Add(time.Duration(i) * time.Second),
		}
	}
	stamp := conversation.Stamp{Trust: conversation.Signed, At: noon}
	return first(
		func() error {
			return r.put(conversation.NewPatch(key(r.org, 1), conversation.Facts{}, messages, stamp, noon))
		},
		r.everything,
	)
}

// lists compares one listing, on one page, with the model.
func (r *room) lists(q conversation.Query) error {
	want := r.listed(q)
	q.Limit, q.Total = len(want)+1, true
	page, err := r.s.Conversations.List(r, r.org, q)
	if err != nil {
		return fmt.Errorf("List %s: %w", showQuery(q), err)
	}
	if err := sameList("List "+showQuery(q), want, page.Conversations); err != nil {
		return err
	}
	if page.Total == nil || *page.Total != int64(len(want)) {
		return fmt.Errorf("List %s: wanted the total %d, got %s", showQuery(q), len(want), show(page.Total))
	}
	return nil
}
