package httpapi

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// A cursor is a place in one listing of one organisation: the position, and a code over it, the organisation and the
// filters, so that it opens nothing but the next page of what it came from.
const (
	positionBytes = 8 + 16
	cursorBytes   = positionBytes + sha256.Size
)

func (a *API) cursor(org tenant.ID, filters map[string]any, p conversation.Position) string {
	raw := binary.BigEndian.AppendUint64(make([]byte, 0, cursorBytes), uint64(p.StartedAt.UnixMicro()))
	raw = append(raw, p.UID[:]...)
	return base64.RawURLEncoding.EncodeToString(append(raw, a.cursorCode(org, filters, raw)...))
}

func (a *API) readCursor(org tenant.ID, filters map[string]any, cursor string) (*conversation.Position, error) {
	refused := failure(codeInvalidCursor, "use next_cursor as it came, with the same filters")
	refused.Faults = append(refused.Faults, fault("/cursor", "is not one of this listing"))
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(raw) != cursorBytes {
		return nil, refused
	}
	if !hmac.Equal(raw[positionBytes:], a.cursorCode(org, filters, raw[:positionBytes])) {
		return nil, refused
	}
	return &conversation.Position{
		StartedAt: time.UnixMicro(int64(binary.BigEndian.Uint64(raw))).UTC(),
		UID:       uuid.UUID(raw[8:positionBytes]),
	}, nil
}

func (a *API) cursorCode(org tenant.ID, filters map[string]any, position []byte) []byte {
	mac := hmac.New(sha256.New, a.CursorKey)
	mac.Write([]byte("cursor/v1"))
	mac.Write(org[:])
	mac.Write(position)
	// The filters are plain values under names, which JSON writes in one order.
	_ = json.NewEncoder(mac).Encode(filters)
	return mac.Sum(nil)
}
