package sqlstore

import (
	"context"

	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Rewrap puts the keys of every organisation under the newest master key; see storage.Keeper.
func (s orgs) Rewrap(ctx context.Context) (changed int, err error) {
	after := uuid.Nil
	for {
		var page []tenant.ID
		err := s.look(ctx, func(t *tx) error {
			return t.each(`SELECT org FROM spaces WHERE org > ? ORDER BY org LIMIT ?`, []any{id(after), orgsAtOnce}, func(scan func(...any) error) error {
				var org tenant.ID
				err := scan(&org)
				page = append(page, org)
				return err
			})
		})
		if err != nil {
			return changed, err
		}
		for _, org := range page {
			rewrapped := false
			err := s.rekey(ctx, org, func(wrapped []byte) (again []byte, err error) {
				again, rewrapped, err = s.sealer.Rewrap(org, wrapped)
				return again, err
			})
			if err != nil {
				return changed, err
			}
			if rewrapped {
				changed++
			}
		}
		if len(page) < orgsAtOnce {
			return changed, nil
		}
		after = page[len(page)-1]
	}
}

// rekey replaces an organisation's stored keys.
func (s *Store) rekey(ctx context.Context, org tenant.ID, fn func(wrapped []byte) ([]byte, error)) error {
	return s.polite(ctx, func(t *tx) error {
		sp, ok, err := t.space(org, t.dialect.Lock)
		if !ok || err != nil {
			return err
		}
		again, err := fn([]byte(sp.wrapped))
		if err != nil || string(again) == sp.wrapped {
			return err
		}
		return t.exec(`UPDATE spaces SET seal = ? WHERE org = ?`, again, id(org))
	})
}

// sealedColumn is where sealed values are kept: their table, the rest of its key after the organisation, and how the
// key stands in a value's place.
type sealedColumn struct {
	table, key, column string
	place              func(key any) []byte
	scan               func() any
}

var sealedColumns = []sealedColumn{
	{"conversations", "uid", "content", uidPlace, newUID},
	{"gap_links", "conversation", "question", uidPlace, newUID},
	{"gaps", "id", "words", func(key any) []byte { return gapKey(*key.(*int64)) }, func() any { return new(int64) }},
}

func newUID() any             { return new(uuid.UUID) }
func uidPlace(key any) []byte { return key.(*uuid.UUID)[:] }

// sealedAtOnce is how many values one transaction seals anew.
const sealedAtOnce = 200

// Renew seals everything of an organisation under a new data key; see storage.Keeper. Writers use the new key from its
// first transaction on, so that one pass over the rows finds all that is sealed under older ones.
func (s orgs) Renew(ctx context.Context, org tenant.ID) (values int, err error) {
	if err := s.rekey(ctx, org, func(wrapped []byte) ([]byte, error) { return s.sealer.Renew(org, wrapped) }); err != nil {
		return 0, err
	}
	for _, c := range sealedColumns {
		n, err := s.reseal(ctx, org, c)
		values += n
		if err != nil {
			return values, err
		}
	}
	return values, s.rekey(ctx, org, func(wrapped []byte) ([]byte, error) { return s.sealer.Retire(org, wrapped) })
}

// reseal seals one column of an organisation anew, a few rows at a time, in the order of their keys.
func (s orgs) reseal(ctx context.Context, org tenant.ID, c sealedColumn) (values int, err error) {
	var after any
	for {
		read := 0
		err := s.polite(ctx, func(t *tx) error {
			sp, ok, err := t.space(org, t.dialect.Lock)
			if !ok || err != nil {
				return err
			}
			type row struct {
				key   any
				value []byte
			}
			var rows []row
			where, args := ``, []any{id(org)}
			if after != nil {
				where = ` AND ` + c.key + ` > ?`
				args = append(args, argument(after))
			}
			query := `SELECT ` + c.key + `, ` + c.column + ` FROM ` + c.table + ` WHERE org = ?` + where + ` ORDER BY ` + c.key + ` LIMIT ?`
			err = t.each(query, append(args, sealedAtOnce), func(scan func(...any) error) error {
				r := row{key: c.scan()}
				err := scan(r.key, &r.value)
				rows = append(rows, r)
				return err
			})
			if err != nil {
				return err
			}
			read = len(rows)
			for _, r := range rows {
				after = r.key
				if len(r.value) == 0 || sp.sealer.Fresh(r.value) {
					continue
				}
				place := sp.place(c.table, c.column, c.place(r.key))
				plain, err := sp.sealer.Open(nil, r.value, place)
				if err != nil {
					return err
				}
				values++
				err = t.exec(`UPDATE `+c.table+` SET `+c.column+` = ? WHERE org = ? AND `+c.key+` = ?`, sp.sealer.Seal(nil, plain, place), id(org), argument(r.key))
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || read < sealedAtOnce {
			return values, err
		}
	}
}

// argument is a scanned key as an argument.
func argument(key any) any {
	if u, ok := key.(*uuid.UUID); ok {
		return id(*u)
	}
	return *key.(*int64)
}

// ownedTables are the tables with rows of organisations. The space, with the keys, comes last of all.
var ownedTables = []string{
	"conversations", "remains", "segments", "postings", "search_state", "cells", "cell_log", "tombstones", "onces", "gap_links", "gaps",
	"cursors", "ledger_lines", "ledger_closings", "api_keys",
}

// Destroy removes everything of an organisation; see storage.Keeper.
func (s orgs) Destroy(ctx context.Context, org tenant.ID) error {
	for gone := int64(removedAtOnce); gone == removedAtOnce; {
		err := s.polite(ctx, func(t *tx) (err error) {
			gone, err = t.execN(`DELETE FROM conversations`+t.dialect.ByRow+` WHERE org = ? AND id IN (SELECT id FROM conversations WHERE org = ? ORDER BY started_at LIMIT ?)`, id(org), id(org), removedAtOnce)
			return err
		})
		if err != nil {
			return err
		}
	}
	return s.change(ctx, func(t *tx) error {
		// Locked, so that nobody writes behind what is removed.
		if err := t.lockFolds(org); err != nil {
			return err
		}
		if _, _, err := t.space(org, t.dialect.Lock); err != nil {
			return err
		}
		for _, table := range ownedTables {
			if err := t.exec(`DELETE FROM `+table+` WHERE org = ?`, id(org)); err != nil {
				return err
			}
		}
		if err := t.exec(`DELETE FROM orgs WHERE id = ?`, id(org)); err != nil {
			return err
		}
		return t.exec(`DELETE FROM spaces WHERE org = ?`, id(org))
	})
}
