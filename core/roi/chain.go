package roi

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// Hash is a SHA-256 digest, shown in hexadecimal.
type Hash [sha256.Size]byte

// String returns the digest as 64 hexadecimal digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// ParseHash reads 64 hexadecimal digits.
func ParseHash(text string) (Hash, error) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != sha256.Size {
		return Hash{}, fmt.Errorf("%q is not a SHA-256 digest", text)
	}
	return Hash(raw), nil
}

// Head is where a ledger ends: the sequence number and the hash of its last line.
type Head struct {
	Seq  int64
	Hash Hash
}

// encoding names the canonical form that is hashed. It changes when the form does.
const encoding = "csm-ledger/1"

// Genesis is the head of an organisation's empty ledger. It depends on the organisation, so that a line cannot be
// moved into another ledger unseen.
func Genesis(org uuid.UUID) Head {
	return Head{Hash: sha256.Sum256([]byte(encoding + "\n" + org.String()))}
}

// Seal numbers drafts after head, dates them, and chains them. It returns the lines to append and the new head.
func Seal(head Head, drafts []Line, postedAt time.Time) ([]Line, Head) {
	out := make([]Line, len(drafts))
	for i, l := range drafts {
		l.Seq, l.PostedAt, l.Prev = head.Seq+1, postedAt.UTC().Truncate(time.Microsecond), head.Hash
		l.Hash = l.digest()
		head = Head{Seq: l.Seq, Hash: l.Hash}
		out[i] = l
	}
	return out, head
}

// BadLine is the first line that does not belong where it stands.
type BadLine struct {
	// Seq is the number the line should have; Index its place among the lines that were verified, from 0.
	Seq    int64
	Index  int
	Reason string
}

func (e *BadLine) Error() string { return fmt.Sprintf("ledger line %d: %s", e.Seq, e.Reason) }

// Verify checks that lines continue the ledger that ends in head: numbers without gaps, each line chained to the one
// before and equal to what was hashed. It returns the head after them, or a *BadLine. A whole ledger is verified from
// its Genesis, in one piece or page by page; that none is missing at the end is seen by comparing the head returned
// with one kept elsewhere, such as the Closing of the last month.
func Verify(head Head, lines []Line) (Head, error) {
	for i, l := range lines {
		bad := func(reason string) (Head, error) {
			return head, &BadLine{Seq: head.Seq + 1, Index: i, Reason: reason}
		}
		switch {
		case l.Seq != head.Seq+1:
			return bad(fmt.Sprintf("has the number %d: a line is missing, moved or repeated", l.Seq))
		case l.Prev != head.Hash:
			return bad("does not follow the line before it")
		case l.digest() != l.Hash:
			return bad("is not what was written")
		}
		head = Head{Seq: l.Seq, Hash: l.Hash}
	}
	return head, nil
}

func (l Line) digest() Hash { return sha256.Sum256(l.canonical()) }

// canonical writes every field but Hash, each as its length in bytes, a colon and its text, so that no two different
// lines have the same form.
func (l Line) canonical() []byte {
	out := make([]byte, 0, 320)
	for _, field := range [...]string{
		encoding, strconv.FormatInt(l.Seq, 10), string(l.Period), string(l.Kind), l.Ref, l.Topic,
		strconv.FormatInt(int64(l.Amount), 10), l.Currency, string(l.Model), l.Rate, string(l.CorrectsPeriod),
		l.PostedAt.UTC().Format(time.RFC3339Nano), string(l.Prev[:]),
	} {
		out = strconv.AppendInt(out, int64(len(field)), 10)
		out = append(out, ':')
		out = append(out, field...)
	}
	return out
}

// MarshalText writes the hexadecimal digits.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (h *Hash) UnmarshalText(text []byte) error {
	got, err := ParseHash(string(text))
	if err == nil {
		*h = got
	}
	return err
}
