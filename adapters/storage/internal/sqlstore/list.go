package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"iter"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Get reads one conversation; see port.Conversations.
func (s conversations) Get(ctx context.Context, org tenant.ID, uid uuid.UUID) (c conversation.Conversation, err error) {
	err = s.look(ctx, func(t *tx) error {
		sp, ok, err := t.space(org, "")
		if err != nil {
			return err
		}
		if !ok {
			return port.ErrNotFound
		}
		var (
			seq     int64
			content []byte
		)
		ok, err = t.first(`SELECT seq, content FROM conversations WHERE org = ? AND uid = ?`, id(org), id(uid))(&seq, &content)
		if err != nil {
			return err
		}
		if !ok {
			return port.ErrNotFound
		}
		c, err = sp.openContent(uid, seq, content)
		return err
	})
	return c, err
}

// List reads one page; see port.Conversations.
func (s conversations) List(ctx context.Context, org tenant.ID, q conversation.Query) (page conversation.Page, err error) {
	now := time.Now()
	err = s.look(ctx, func(t *tx) error {
		page, err = t.list(org, q, now)
		return err
	})
	return page, err
}

func (t *tx) list(org tenant.ID, q conversation.Query, now time.Time) (page conversation.Page, err error) {
	if q.Total {
		page.Total = new(int64)
	}
	sp, ok, err := t.space(org, "")
	if err != nil {
		return page, err
	}
	if !ok {
		if q.Search != "" {
			page.IndexedThrough = now.UTC().Truncate(time.Microsecond)
		}
		return page, nil
	}
	limit := cmp.Or(q.Limit, conversation.DefaultLimit)
	found := []found(nil)
	if words := conversation.SearchWords(q.Search); len(words) > 0 {
		if page.IndexedThrough, err = t.indexedThrough(sp, now); err != nil {
			return page, err
		}
		found, err = t.search(sp, q, words, limit+1, page.Total)
	} else {
		if q.Search != "" {
			page.IndexedThrough = now.UTC().Truncate(time.Microsecond)
		}
		found, err = t.find(sp, q, limit+1)
		if err == nil && q.Total {
			err = t.count(sp, q, page.Total)
		}
	}
	if err != nil {
		return page, err
	}
	if len(found) > limit {
		found = found[:limit]
		last := found[limit-1]
		page.Next = &conversation.Position{StartedAt: micros(last.started), UID: last.uid}
	}
	page.Conversations, err = t.open(sp, found)
	return page, err
}

// found is a place in a listing, with the conversation where it has been read already.
type found struct {
	uid     uuid.UUID
	started int64
	conv    *conversation.Conversation
}

// listingOrder is newest first, ties by uid ascending.
const listingOrder = ` ORDER BY started_at DESC, uid`

// find reads where the next limit conversations of a listing stand. It needs the listing's index alone: rows with their
// content are read afterwards, and only those of the page.
func (t *tx) find(sp *space, q conversation.Query, limit int) ([]found, error) {
	where, args, possible := conditions(sp, q)
	if !possible {
		return nil, nil
	}
	index, err := t.customerIndex(sp, q, &where, &args)
	if err != nil {
		return nil, err
	}
	if q.After != nil {
		where += ` AND (started_at < ? OR started_at = ? AND uid > ?)`
		at := q.After.StartedAt.UnixMicro()
		args = append(args, at, at, id(q.After.UID))
		where += ` AND started_at <= ?`
		args = append(args, at)
	}
	args = append(args, limit, max(q.Offset, 0))
	var out []found
	err = t.each(`SELECT uid, started_at FROM conversations`+index+` WHERE org = ?`+where+listingOrder+` LIMIT ? OFFSET ?`, append([]any{id(sp.org)}, args...), func(scan func(...any) error) error {
		var f found
		err := scan(&f.uid, &f.started)
		out = append(out, f)
		return err
	})
	return out, err
}

// count is how many conversations a query matches: from the cells where they tell what it asks for, else row by row.
func (t *tx) count(sp *space, q conversation.Query, total *int64) error {
	if sel, ok := inCells(q); ok {
		sums, err := t.rollup(sp.org, sel)
		if err != nil || len(sums[0]) == 0 {
			return err
		}
		counts := sums[0][0].Values
		*total = counts.At(metric.Conversations) - counts.At(expiredCount)
		return nil
	}
	where, args, possible := conditions(sp, q)
	if !possible {
		return nil
	}
	index, err := t.customerIndex(sp, q, &where, &args)
	if err != nil {
		return err
	}
	return t.tx.QueryRowContext(t.ctx, t.bind(`SELECT count(*) FROM conversations`+index+` WHERE org = ?`+where), append([]any{id(sp.org)}, args...)...).Scan(total)
}

// inCells is the selection that counts what a query matches; ok is false where cells do not tell. What has no topic and
// no handler counts as unknown in cells, so those words do not tell either.
func inCells(q conversation.Query) (sel metric.Selection, ok bool) {
	where := metric.Filter{Topic: q.Topic, Priority: q.Priority, Handler: q.Handler, Platform: q.Platform}
	if q.Topic != nil && (*q.Topic == "" || *q.Topic == metric.UnknownTopic) || q.Handler == conversation.HandlerUnknown {
		return sel, false
	}
	sel = metric.Selection{Window: metric.Window{Start: micros(0), End: endOfTime}, Where: where}
	if !q.Start.IsZero() {
		sel.Window.Start = micros(ceilMicros(q.Start))
	}
	if !q.End.IsZero() {
		sel.Window.End = micros(ceilMicros(q.End))
	}
	q.Topic, q.Priority, q.Handler, q.Platform = nil, nil, "", ""
	q.Start, q.End, q.After, q.Limit, q.Offset, q.Total = time.Time{}, time.Time{}, nil, 0, 0, false
	return sel, reflect.DeepEqual(q, conversation.Query{}) && !sel.Window.Start.Before(micros(0))
}

// endOfTime is after every conversation.
var endOfTime = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// open reads conversations in the order given. One that is no longer there is left out.
func (t *tx) open(sp *space, list []found) ([]conversation.Conversation, error) {
	out := make([]conversation.Conversation, len(list))
	places := make(map[uuid.UUID]int, len(list))
	var unread []found
	for i, f := range list {
		if f.conv != nil {
			out[i] = *f.conv
			continue
		}
		places[f.uid] = i
		unread = append(unread, f)
	}
	for _, part := range lo.Chunk(unread, maxIn) {
		args := []any{id(sp.org)}
		for i := range part {
			args = append(args, id(part[i].uid))
		}
		err := t.each(`SELECT uid, seq, content FROM conversations WHERE org = ? AND uid IN `+in(len(part)), pad(args, len(part)), func(scan func(...any) error) error {
			var (
				uid     uuid.UUID
				seq     int64
				content sql.RawBytes
			)
			err := scan(&uid, &seq, &content)
			if err != nil {
				return err
			}
			out[places[uid]], err = sp.openContent(uid, seq, content)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(out, func(c conversation.Conversation) bool { return c.Seq == 0 }), nil
}

// conditions are a query's filters but for its words and its place. Possible is false when nothing stored can match.
func conditions(sp *space, q conversation.Query) (where string, args []any, possible bool) {
	var b strings.Builder
	add := func(condition string, values ...any) {
		b.WriteString(" AND ")
		b.WriteString(condition)
		args = append(args, values...)
	}
	possible = true
	known := func(n int64, ok bool) int64 {
		possible = possible && ok
		return n
	}
	token := func(column string, value *string) {
		switch {
		case value == nil:
		case *value == "":
			add(column + " IS NULL")
		default:
			add(column+" = ?", sp.token(column, *value))
		}
	}
	if q.Platform != "" {
		add("platform = ?", known(code(platformCodes, q.Platform)))
	}
	if q.Topic != nil {
		add("topic = ?", *q.Topic)
	}
	token("subtopic", q.Subtopic)
	token("agent", q.AIAgent)
	token("customer", q.Customer)
	if q.Priority != nil {
		add("priority = ?", known(code(priorityCodes, *q.Priority)))
	}
	if q.Handler != "" {
		add("handler = ?", known(code(handlerCodes, q.Handler)))
	}
	if q.Sentiment != "" {
		add("sentiment = ?", known(code(sentimentCodes, q.Sentiment)))
	}
	if q.Escalated != nil {
		add("escalated = ?", bit(*q.Escalated))
	}
	if q.AIHandled != nil {
		add("ai_handled = ?", bit(*q.AIHandled))
	}
	if q.CSATMin != nil {
		add("csat >= ?", *q.CSATMin)
	}
	if q.CSATMax != nil {
		add("csat <= ?", *q.CSATMax)
	}
	if q.Outcome != "" {
		add("outcome = ?", known(code(outcomeCodes, q.Outcome)))
	}
	if q.Reason != "" {
		add("reason = ?", known(code(reasonCodes, q.Reason)))
	}
	if q.Rated != nil {
		add(lo.Ternary(*q.Rated, "csat IS NOT NULL", "csat IS NULL"))
	}
	if !q.Start.IsZero() {
		add("started_at >= ?", ceilMicros(q.Start))
	}
	if !q.End.IsZero() {
		add("started_at < ?", ceilMicros(q.End))
	}
	if q.UIDs != nil {
		possible = possible && len(q.UIDs) > 0
		add("uid IN "+list0(len(q.UIDs)), lo.Map(q.UIDs, func(u uuid.UUID, _ int) any { return id(u) })...)
	}
	return b.String(), args, possible
}

// maxFortnights is how many fortnights a customer is looked for in one by one.
const maxFortnights = 512

// microsOfFortnight stands in the customers' index and must stand in a query as it does there.
const (
	microsOfFortnight = "1209600000000"
	fortnight         = 14 * dayMicros
)

// fortnights are those from one time to another, as the customers' index counts them.
func fortnights(from, to int64) (out []any) {
	for n := from / fortnight; n <= to/fortnight; n++ {
		out = append(out, n)
	}
	return out
}

// customerIndex adds the fortnights a query for a customer reaches over to its conditions, and names the customers'
// index where the database must be told to use it. That index is ordered by fortnight first: customers come in no order,
// and with an index by customer alone every conversation would have a page of its own to write. Over too many fortnights
// the listing's index is read through.
func (t *tx) customerIndex(sp *space, q conversation.Query, where *string, args *[]any) (index string, err error) {
	if q.Customer == nil || *q.Customer == "" {
		return "", nil
	}
	var first, last int64
	for _, end := range []struct {
		at    *int64
		order string
	}{{&first, ""}, {&last, " DESC"}} {
		found, err := t.first(`SELECT started_at FROM conversations WHERE org = ? ORDER BY started_at`+end.order+` LIMIT 1`, id(sp.org))(end.at)
		if !found || err != nil {
			return "", err
		}
	}
	if !q.Start.IsZero() {
		first = max(first, ceilMicros(q.Start))
	}
	if !q.End.IsZero() {
		last = min(last, ceilMicros(q.End))
	}
	if first < 0 || last < first || (last-first)/fortnight >= maxFortnights {
		return "", nil
	}
	in := fortnights(first, last)
	*where += ` AND started_at / ` + microsOfFortnight + ` IN ` + list0(len(in))
	*args = append(*args, in...)
	return t.dialect.CustomerIndex, nil
}

func list0(n int) string { return "(?" + strings.Repeat(", ?", max(n-1, 0)) + ")" }

// ceilMicros is the first microsecond that is not before t: stored times are whole ones.
func ceilMicros(t time.Time) int64 {
	us := t.UnixMicro()
	if time.UnixMicro(us).Before(t) {
		us++
	}
	return us
}

// streamed is how many conversations Each holds at a time.
const streamed = 128

// Each streams what List would page through; see port.Conversations. It reads a page at a time and holds nothing open
// between them, so that a slow reader holds nobody up.
func (s conversations) Each(ctx context.Context, org tenant.ID, q conversation.Query) iter.Seq2[conversation.Conversation, error] {
	q.Limit, q.Offset, q.Total = streamed, 0, false
	return func(yield func(conversation.Conversation, error) bool) {
		for {
			page, err := s.List(ctx, org, q)
			if err != nil {
				yield(conversation.Conversation{}, err)
				return
			}
			for _, c := range page.Conversations {
				if err := ctx.Err(); err != nil {
					yield(conversation.Conversation{}, err)
					return
				}
				if !yield(c, nil) {
					return
				}
			}
			if page.Next == nil {
				return
			}
			q.After = page.Next
		}
	}
}
