package conversation

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"

	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Key names one conversation. Identifiers are compared byte for byte: case, width, Unicode form and trailing space all
// tell two conversations apart.
type Key struct {
	Org      tenant.ID
	Platform Platform
	ID       string
}

// UID is the conversation's identifier inside this product: a pure function of platform and ID, so that the same
// conversation has the same UID on every store. It is unique within one organisation.
//
// It is a UUID of version 8: 32 bits of where the ID stands among those of its platform (see near), then 90 bits of a
// hash. Most platforms count their conversations, and what is counted one after another arrives one after another: its
// UIDs lie next to each other in a store's index, which then writes to a few pages instead of one for each conversation.
func (k Key) UID() uuid.UUID {
	var buf [320]byte
	b := append(buf[:0], k.Platform...)
	b = append(b, 0)
	b = append(b, k.ID...)
	sum := sha256.Sum256(b)
	id := uuid.UUID(sum[:16])
	binary.BigEndian.PutUint32(id[:4], near(k.ID))
	id[6] = id[6]&0x0f | 0x80 // version 8: made by a rule of our own
	id[8] = id[8]&0x3f | 0x80
	return id
}

// near is the number at the end of an identifier, modulo 2^32, or the beginning of one that is a UUID ordered by time.
// It is 0 where an identifier tells no order.
func near(id string) (n uint32) {
	if u, err := uuid.Parse(id); err == nil {
		if u.Version() == 7 || u.Version() == 6 {
			return binary.BigEndian.Uint32(u[:4])
		}
		return 0
	}
	digits := strings.TrimRightFunc(id, func(r rune) bool { return '0' <= r && r <= '9' })
	for _, d := range id[len(digits):] {
		n = n*10 + uint32(d-'0')
	}
	return n
}
