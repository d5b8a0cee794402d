package conversation

import (
	"crypto/sha256"

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
func (k Key) UID() uuid.UUID {
	var buf [320]byte
	b := append(buf[:0], k.Platform...)
	b = append(b, 0)
	b = append(b, k.ID...)
	sum := sha256.Sum256(b)
	id := uuid.UUID(sum[:16])
	id[6] = id[6]&0x0f | 0x80 // version 8: made by a rule of our own
	id[8] = id[8]&0x3f | 0x80
	return id
}
