package sqlstore

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/knowledge"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// List yields gaps; see port.Gaps.
func (s gaps) List(ctx context.Context, org tenant.ID, q knowledge.Query) (out []knowledge.Summary, err error) {
	err = s.look(ctx, func(t *tx) error {
		sp, ok, err := t.space(org, "")
		if !ok || err != nil {
			return err
		}
		records, err := t.records(sp, ``)
		if err != nil {
			return err
		}
		links, err := t.links(sp, ` AND failures <> ''`+inTime, false)
		if err != nil {
			return err
		}
		out = knowledge.Summarise(records, links, q)
		return nil
	})
	return out, err
}

// Get reads one gap; see port.Gaps.
func (s gaps) Get(ctx context.Context, org tenant.ID, gap int64) (sum knowledge.Summary, links []knowledge.Link, err error) {
	err = s.look(ctx, func(t *tx) error {
		sp, r, err := t.follow(org, gap, "")
		if err != nil {
			return err
		}
		sum.Record = r
		family, err := t.aliases(sp, r.ID)
		if err != nil {
			return err
		}
		links, err = t.links(sp, ` AND failures <> '' AND gap IN `+in(len(family))+againstTime, true, pad(family, len(family))...)
		if err != nil || len(links) == 0 {
			return err
		}
		own := lo.Map(links, func(l knowledge.Link, _ int) knowledge.Link {
			l.Gap = r.ID
			return l
		})
		sum = knowledge.Summarise([]knowledge.Record{r}, own, knowledge.Query{})[0]
		return nil
	})
	return sum, links, err
}

// follow finds a gap by way of those it was merged into.
func (t *tx) follow(org tenant.ID, gap int64, lock string) (*space, knowledge.Record, error) {
	sp, ok, err := t.space(org, lock)
	if err != nil {
		return nil, knowledge.Record{}, err
	}
	seen := map[int64]bool{}
	for ok && !seen[gap] { // a ring of aliases names nothing
		seen[gap] = true
		found, err := t.records(sp, ` AND id = ?`, gap)
		if err != nil {
			return nil, knowledge.Record{}, err
		}
		if len(found) == 0 {
			break
		}
		if found[0].AliasOf == 0 {
			return sp, found[0], nil
		}
		gap = found[0].AliasOf
	}
	return nil, knowledge.Record{}, port.ErrNotFound
}

// Save stores a commit; see port.Gaps.
func (s gaps) Save(ctx context.Context, org tenant.ID, version int64, c knowledge.Commit) (next int64, err error) {
	err = s.change(ctx, func(t *tx) error {
		sp, err := t.take(org)
		if err != nil {
			return err
		}
		if sp.gapVersion != version {
			return port.ErrConflict
		}
		if err := t.saveGaps(sp, c); err != nil {
			return err
		}
		sp.gapThrough = c.Through
		sp.gapVersion++
		next = sp.gapVersion
		return t.put(sp)
	})
	if err != nil {
		return 0, err
	}
	return next, nil
}

func (t *tx) saveGaps(sp *space, c knowledge.Commit) error {
	gone, err := t.tombstones(sp, append(
		lo.Map(c.Records, func(r knowledge.Record, _ int) uuid.UUID { return r.Example }),
		lo.Map(c.Links, func(l knowledge.Link, _ int) uuid.UUID { return l.Conversation })...))
	if err != nil {
		return err
	}
	for _, r := range c.Records {
		if gone[r.Example] == deleted {
			r.Representative, r.Example = "", uuid.Nil
		}
		if err := t.putRecord(sp, r); err != nil {
			return err
		}
	}
	drop := slices.Clone(c.Unlink)
	for _, l := range c.Links {
		if gone[l.Conversation] == deleted {
			drop = append(drop, l.Conversation)
		}
	}
	if _, err := t.unlink(sp, drop); err != nil {
		return err
	}
	links := lo.Reject(c.Settled(), func(l knowledge.Link, _ int) bool { return gone[l.Conversation] == deleted })
	var silent []int64
	for i := range links {
		if l := &links[i]; gone[l.Conversation] == expired {
			l.Question = ""
			silent = append(silent, l.Gap)
		}
	}
	if err := t.noteExpired(sp, silent); err != nil {
		return err
	}
	return t.putLinks(sp, links)
}

// SetResolved closes or opens a gap; see port.Gaps.
func (s gaps) SetResolved(ctx context.Context, org tenant.ID, gap int64, resolved bool, at time.Time) error {
	return s.change(ctx, func(t *tx) error {
		sp, r, err := t.follow(org, gap, t.dialect.Lock)
		if err != nil {
			return err
		}
		step := knowledge.Step{State: knowledge.Open, At: at}
		r.ResolvedAt = time.Time{}
		if resolved {
			step.State, r.ResolvedAt = knowledge.Resolved, at
		}
		r.History = append(r.History, step)
		if err := t.putRecord(sp, r); err != nil {
			return err
		}
		sp.gapVersion++
		return t.put(sp)
	})
}

func gapKey(gap int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(gap)) }

// records reads gaps in the order of their ids.
func (t *tx) records(sp *space, where string, args ...any) (out []knowledge.Record, err error) {
	query := `SELECT id, language, alias_of, example, resolved_at, evidence_expired, history, words FROM gaps WHERE org = ?` + where + ` ORDER BY id`
	err = t.each(query, append([]any{id(sp.org)}, args...), func(scan func(...any) error) error {
		var (
			r        knowledge.Record
			resolved int64
			expired  int
			history  string
			words    []byte
		)
		if err := scan(&r.ID, &r.Language, &r.AliasOf, &r.Example, &resolved, &expired, &history, &words); err != nil {
			return err
		}
		r.ResolvedAt, r.EvidenceExpired = micros(resolved), expired != 0
		if err := json.Unmarshal([]byte(history), &r.History); err != nil {
			return err
		}
		plain, err := sp.sealer.Open(nil, words, sp.place("gaps", "words", gapKey(r.ID)))
		r.Representative = string(plain)
		out = append(out, r)
		return err
	})
	return out, err
}

func (t *tx) putRecord(sp *space, r knowledge.Record) error {
	history, err := json.Marshal(r.History)
	if err != nil {
		return err
	}
	words := sp.sealer.Seal(nil, []byte(r.Representative), sp.place("gaps", "words", gapKey(r.ID)))
	return t.exec(`INSERT INTO gaps (org, id, language, alias_of, example, resolved_at, evidence_expired, history, words) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (org, id) DO UPDATE SET language = excluded.language, alias_of = excluded.alias_of, example = excluded.example,
		resolved_at = excluded.resolved_at, evidence_expired = excluded.evidence_expired, history = excluded.history, words = excluded.words`,
		id(sp.org), r.ID, r.Language, r.AliasOf, id(r.Example), r.ResolvedAt.UnixMicro(), bit(r.EvidenceExpired), string(history), nonNil(words))
}

// nonNil keeps an empty value from becoming NULL.
func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// The orders in which links are read.
const (
	inTime      = ` ORDER BY at, conversation`
	againstTime = ` ORDER BY at DESC, conversation DESC`
)

// links reads the links for which the rest of the query holds, with their questions if asked.
func (t *tx) links(sp *space, rest string, questions bool, args ...any) (out []knowledge.Link, err error) {
	column := lo.Ternary(questions, "question", "NULL")
	query := `SELECT conversation, gap, topic, at, failures, ` + column + ` FROM gap_links WHERE org = ?` + rest
	err = t.each(query, append([]any{id(sp.org)}, args...), func(scan func(...any) error) error {
		var (
			l        knowledge.Link
			at       int64
			failures string
			question []byte
		)
		if err := scan(&l.Conversation, &l.Gap, &l.Topic, &at, &failures, &question); err != nil {
			return err
		}
		l.At = micros(at)
		if failures != "" {
			l.Failures = lo.Map(strings.Split(failures, ","), func(f string, _ int) knowledge.Failure { return knowledge.Failure(f) })
		}
		if len(question) > 0 {
			plain, err := sp.sealer.Open(nil, question, sp.place("gap_links", "question", l.Conversation[:]))
			if err != nil {
				return err
			}
			l.Question = string(plain)
		}
		out = append(out, l)
		return nil
	})
	return out, err
}

var linkInsert = inserting(`INSERT INTO gap_links (org, conversation, gap, topic, at, failures, question) VALUES `, 7,
	` ON CONFLICT (org, conversation) DO UPDATE SET gap = excluded.gap, topic = excluded.topic, at = excluded.at,
		failures = excluded.failures, question = excluded.question`)

// putLinks stores links, each of another conversation.
func (t *tx) putLinks(sp *space, links []knowledge.Link) error {
	return t.insert(linkInsert, len(links), func(i int) []any { return linkValues(sp, &links[i]) })
}

func linkValues(sp *space, l *knowledge.Link) []any {
	question := []byte{}
	if l.Question != "" {
		question = sp.sealer.Seal(nil, []byte(l.Question), sp.place("gap_links", "question", l.Conversation[:]))
	}
	failures := strings.Join(lo.Map(l.Failures, func(f knowledge.Failure, _ int) string { return string(f) }), ",")
	return []any{id(sp.org), id(l.Conversation), l.Gap, l.Topic, l.At.UnixMicro(), failures, question}
}

func (t *tx) unlink(sp *space, uids []uuid.UUID) (n int64, err error) {
	for _, part := range lo.Chunk(uids, maxIn) {
		some, err := t.execN(`DELETE FROM gap_links WHERE org = ? AND conversation IN `+in(len(part)), uidArgs(sp, part)...)
		if err != nil {
			return 0, err
		}
		n += some
	}
	return n, nil
}

func uidArgs(sp *space, part []uuid.UUID) []any {
	args := []any{id(sp.org)}
	for i := range part {
		args = append(args, id(part[i]))
	}
	return pad(args, len(part))
}

// forget removes what deleted conversations left: their links, and their words where they stand for a gap. It returns
// the number of links.
func (t *tx) forget(sp *space, uids []uuid.UUID) (int, error) {
	if sp.gapVersion == 0 {
		return 0, nil // nothing was ever saved
	}
	n, err := t.unlink(sp, uids)
	if err != nil {
		return 0, err
	}
	touched := n > 0
	for _, part := range lo.Chunk(uids, maxIn) {
		records, err := t.records(sp, ` AND example IN `+in(len(part)), uidArgs(sp, part)[1:]...)
		if err != nil {
			return 0, err
		}
		for _, r := range records {
			r.Representative, r.Example = "", uuid.Nil
			touched = true
			if err := t.putRecord(sp, r); err != nil {
				return 0, err
			}
		}
	}
	if touched {
		sp.gapVersion++
	}
	return int(n), nil
}

// silence removes the words of expired conversations and leaves that they asked.
func (t *tx) silence(sp *space, uids []uuid.UUID) error {
	if sp.gapVersion == 0 {
		return nil
	}
	for _, part := range lo.Chunk(uids, maxIn) {
		args := uidArgs(sp, part)
		var asked []int64
		err := t.each(`SELECT DISTINCT gap FROM gap_links WHERE org = ? AND conversation IN `+in(len(part)), args, func(scan func(...any) error) error {
			var gap int64
			err := scan(&gap)
			asked = append(asked, gap)
			return err
		})
		if err != nil {
			return err
		}
		if len(asked) == 0 {
			continue
		}
		if err := t.noteExpired(sp, asked); err != nil {
			return err
		}
		if err := t.exec(`UPDATE gap_links SET question = '' WHERE org = ? AND conversation IN `+in(len(part)), args...); err != nil {
			return err
		}
		sp.gapVersion++
	}
	return nil
}
