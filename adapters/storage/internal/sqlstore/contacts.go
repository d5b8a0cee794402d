package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// contact is a customer and a topic, as the customers' index knows them.
type contact struct {
	customer int64
	topic    string
}

// stretch is a part of time, in microseconds; until is not in it.
type stretch struct{ from, until int64 }

// wanted are the stretches of time in which contacts are looked for.
type wanted struct {
	spans map[contact][]stretch
	// customers are those to look for, by the first and last fortnight that is to be looked at.
	customers map[stretch][]int64
	given     map[uuid.UUID]bool
	seqs      []int64
}

func (sp *space) wanted(given []conversation.Conversation, before, after time.Duration) wanted {
	w := wanted{spans: map[contact][]stretch{}, customers: map[stretch][]int64{}, given: map[uuid.UUID]bool{}}
	for i := range given {
		c := &given[i]
		w.given[c.UID()] = true // whoever it turned out to be since
		if c.Facts.CustomerID.Value == "" {
			continue
		}
		w.seqs = append(w.seqs, c.Seq)
		who := contact{sp.token("customer", c.Facts.CustomerID.Value), c.Facts.Topic.Value}
		s := stretch{ceilMicros(c.StartedAt.Add(-before)), ceilMicros(c.EndedAt.Add(after))}
		w.spans[who] = append(w.spans[who], s)
		reach := stretch{s.from / fortnight, s.until / fortnight}
		w.customers[reach] = append(w.customers[reach], who.customer)
	}
	return w
}

// Contacts finds other conversations of customers on their topics; see port.Changes. The customers' index alone tells
// which rows there are; only those that the caller does not have yet are read.
func (s changes) Contacts(ctx context.Context, org tenant.ID, given []conversation.Conversation, before, after time.Duration) (out []conversation.Conversation, err error) {
	err = s.look(ctx, func(t *tx) error {
		sp, ok, err := t.space(org, "")
		if !ok || err != nil {
			return err
		}
		w := sp.wanted(given, before, after)
		rows, err := t.contactRows(sp, w)
		if err != nil {
			return err
		}
		out, err = t.contacts(sp, w, rows)
		return err
	})
	return out, err
}

// contactRows are the rows of contacts that are wanted, without those of the given versions.
func (t *tx) contactRows(sp *space, w wanted) ([]int64, error) {
	var (
		row  int64
		who  contact
		rows = map[int64]bool{}
	)
	for reach, customers := range w.customers {
		in1 := fortnights(reach.from*fortnight, reach.until*fortnight)
		query := `SELECT id, customer, topic FROM conversations` + t.dialect.CustomerIndex + ` WHERE org = ? AND started_at / ` + microsOfFortnight + ` IN ` + in(len(in1)) + ` AND customer IN `
		for _, part := range lo.Chunk(lo.Uniq(customers), maxIn) {
			args := append(pad(append([]any{id(sp.org)}, in1...), len(in1)), lo.ToAnySlice(part)...)
			err := t.eachKept(query+in(len(part)), pad(args, len(part)), func(scan func(...any) error) error {
				err := scan(&row, &who.customer, &who.topic)
				if _, ok := w.spans[who]; ok {
					rows[row] = true
				}
				return err
			})
			if err != nil {
				return nil, err
			}
		}
	}
	for _, part := range lo.Chunk(w.seqs, maxIn) {
		err := t.eachKept(`SELECT id FROM conversations WHERE org = ? AND seq IN `+in(len(part)), pad(append([]any{id(sp.org)}, lo.ToAnySlice(part)...), len(part)), func(scan func(...any) error) error {
			err := scan(&row)
			delete(rows, row)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return lo.Keys(rows), nil
}

// contacts reads rows and keeps those within their time.
func (t *tx) contacts(sp *space, w wanted, rows []int64) (out []conversation.Conversation, err error) {
	for _, part := range lo.Chunk(rows, maxIn) {
		args := pad(append([]any{id(sp.org)}, lo.ToAnySlice(part)...), len(part))
		err := t.eachKept(`SELECT uid, seq, started_at, customer, topic, content FROM conversations`+t.dialect.ByRow+` WHERE org = ? AND id IN `+in(len(part)), args, func(scan func(...any) error) error {
			var (
				uid          uuid.UUID
				seq, started int64
				who          contact
				content      sql.RawBytes
			)
			if err := scan(&uid, &seq, &started, &who.customer, &who.topic, &content); err != nil {
				return err
			}
			within := func(s stretch) bool { return s.from <= started && started < s.until }
			if w.given[uid] || !lo.ContainsBy(w.spans[who], within) {
				return nil
			}
			c, err := sp.openContent(uid, seq, content)
			out = append(out, c)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
