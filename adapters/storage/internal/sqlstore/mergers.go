package sqlstore

import "github.com/samber/lo"

// aliases are the ids that lead to a gap, its own first.
func (t *tx) aliases(sp *space, gap int64) ([]any, error) {
	merged, err := t.merged(sp)
	out := []any{gap}
	for from := range merged {
		if to, ok := merged.follow(from); ok && to == gap {
			out = append(out, from)
		}
	}
	return out, err
}

// mergers are the gaps that were merged, with those that they were merged into.
type mergers map[int64]int64

// follow is the gap that an id leads to; a ring of aliases leads to none.
func (m mergers) follow(gap int64) (to int64, ok bool) {
	for range len(m) + 1 {
		next, merged := m[gap]
		if !merged {
			return gap, true
		}
		gap = next
	}
	return 0, false
}

func (t *tx) merged(sp *space) (mergers, error) {
	out := mergers{}
	err := t.each(`SELECT id, alias_of FROM gaps WHERE org = ? AND alias_of <> 0`, []any{id(sp.org)}, func(scan func(...any) error) error {
		var from, to int64
		err := scan(&from, &to)
		out[from] = to
		return err
	})
	return out, err
}

// noteExpired notes in the gaps that some ids lead to that text of theirs has expired.
func (t *tx) noteExpired(sp *space, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	merged, err := t.merged(sp)
	if err != nil {
		return err
	}
	for _, gap := range lo.Uniq(ids) {
		if to, ok := merged.follow(gap); ok {
			if err := t.exec(`UPDATE gaps SET evidence_expired = 1 WHERE org = ? AND id = ?`, id(sp.org), to); err != nil {
				return err
			}
		}
	}
	return nil
}
