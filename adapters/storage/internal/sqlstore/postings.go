package sqlstore

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// The search index says for each day and word which conversations hold the word. A word is a keyed token of 40 bits;
// its postings of one day are one value, so that a word's newest conversations are found by walking the days back, and
// a day that expired is dropped as a whole. Postings only suggest: a reader opens what they name and looks for the
// words there, so a token that two words share, or one that an edit left behind, never shows.

// posting is one conversation in a day's list for a word: when it began after the start of the day, in microseconds,
// and its row.
type posting struct{ offset, row int64 }

func comparePostings(a, b posting) int {
	return cmp.Or(cmp.Compare(a.offset, b.offset), cmp.Compare(a.row, b.row))
}

const dayMicros = int64(24 * time.Hour / time.Microsecond)

// dayOf is the UTC day a conversation is filed under, and its place in it.
func dayOf(started int64) (day, offset int64) {
	day = started / dayMicros
	if started%dayMicros < 0 {
		day--
	}
	return day, started - day*dayMicros
}

// encodePostings writes a sorted list.
func encodePostings(list []posting) []byte {
	out := make([]byte, 0, 6*len(list))
	var last posting
	for _, p := range list {
		out = binary.AppendUvarint(out, uint64(p.offset-last.offset))
		out = binary.AppendVarint(out, p.row-last.row)
		last = p
	}
	return out
}

var errPostings = errors.New("store: not a list of postings")

func decodePostings(b []byte) ([]posting, error) {
	out := make([]posting, 0, len(b)/4)
	var last posting
	for len(b) > 0 {
		offset, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, errPostings
		}
		b = b[n:]
		row, n := binary.Varint(b)
		if n <= 0 {
			return nil, errPostings
		}
		b = b[n:]
		last.offset += int64(offset)
		last.row += row
		out = append(out, last)
	}
	return out, nil
}

// wordToken is a word as the index knows it.
func (sp *space) wordToken(word string) int64 {
	t := sp.sealer.Token("word", word)
	return int64(binary.BigEndian.Uint64(t[:8]) >> 24)
}

// PostingKey is where a list of postings stands in an organisation.
type PostingKey struct{ Day, Token int64 }

// postingsOf are the places a conversation is filed under.
func (sp *space) postingsOf(row int64, c *conversation.Conversation, into map[PostingKey][]posting) {
	day, offset := dayOf(c.StartedAt.UnixMicro())
	seen := map[string]bool{}
	for i := range c.Messages {
		for _, word := range conversation.SearchWords(c.Messages[i].Content) {
			if !seen[word] {
				seen[word] = true
				key := PostingKey{day, sp.wordToken(word)}
				into[key] = append(into[key], posting{offset, row})
			}
		}
	}
}

// FilePostings is a stored list with more in it, as it is stored.
func FilePostings(stored, more []byte) ([]byte, error) {
	list, err := decodePostings(stored)
	if err != nil {
		return nil, err
	}
	fresh, err := decodePostings(more)
	if err != nil {
		return nil, err
	}
	if n := len(list); n == 0 || len(fresh) == 0 || comparePostings(list[n-1], fresh[0]) < 0 {
		return encodePostings(append(list, fresh...)), nil
	}
	list = append(list, fresh...)
	slices.SortFunc(list, comparePostings)
	return encodePostings(slices.Compact(list)), nil
}

// sortedKeys are the places of lists in the order in which the table keeps them.
func sortedKeys(by map[PostingKey][]posting) []PostingKey {
	keys := lo.Keys(by)
	slices.SortFunc(keys, func(a, b PostingKey) int { return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Token, b.Token)) })
	return keys
}

// filePostings puts postings into their lists, for some of the places.
func (t *tx) filePostings(org tenant.ID, keys []PostingKey, by map[PostingKey][]posting) error {
	lists := make([][]byte, len(keys))
	for i, key := range keys {
		slices.SortFunc(by[key], comparePostings)
		lists[i] = encodePostings(slices.Compact(by[key]))
	}
	if t.dialect.Bulk == nil {
		for i, key := range keys {
			// csm_file is FilePostings, as a function of the database.
			err := t.exec(`INSERT INTO postings (org, day, token, rows) VALUES (?, ?, ?, ?)
				ON CONFLICT (org, day, token) DO UPDATE SET rows = csm_file(rows, excluded.rows)`, id(org), key.Day, key.Token, lists[i])
			if err != nil {
				return err
			}
		}
		return nil
	}
	stored, err := t.dialect.Bulk.LoadPostings(t.ctx, t.tx.Tx, id(org), keys)
	if err != nil {
		return err
	}
	for i, key := range keys {
		if old, ok := stored[key]; ok {
			if lists[i], err = FilePostings(old, lists[i]); err != nil {
				return err
			}
		}
	}
	return t.dialect.Bulk.PutPostings(t.ctx, t.tx.Tx, id(org), keys, lists)
}

// unfilePostings takes postings out of their lists.
func (t *tx) unfilePostings(org tenant.ID, by map[PostingKey][]posting) error {
	for _, key := range sortedKeys(by) {
		var stored []byte
		found, err := t.first(`SELECT rows FROM postings WHERE org = ? AND day = ? AND token = ?`, id(org), key.Day, key.Token)(&stored)
		if err != nil {
			return err
		}
		if !found {
			continue
		}
		list, err := decodePostings(stored)
		if err != nil {
			return err
		}
		gone := lo.SliceToMap(by[key], func(p posting) (posting, bool) { return p, true })
		list = slices.DeleteFunc(list, func(p posting) bool { return gone[p] })
		if len(list) == 0 {
			err = t.exec(`DELETE FROM postings WHERE org = ? AND day = ? AND token = ?`, id(org), key.Day, key.Token)
		} else {
			err = t.exec(`UPDATE postings SET rows = ? WHERE org = ? AND day = ? AND token = ?`, encodePostings(list), id(org), key.Day, key.Token)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
