package sqlstore

import (
	"fmt"
	"sync"

	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/core/conversation"
)

// place is where a sealed value belongs: it opens nowhere else. Table and field are short fixed names.
func (sp *space) place(table, field string, key []byte) []byte {
	b := make([]byte, 0, len(table)+len(field)+len(key)+18)
	b = append(b, sp.org[:]...)
	b = append(b, table...)
	b = append(b, 0)
	b = append(b, field...)
	b = append(b, 0)
	return append(b, key...)
}

// scratch lends buffers for the forms of a conversation that nobody keeps.
var scratch = sync.Pool{New: func() any { return new([]byte) }}

func (sp *space) sealContent(c *conversation.Conversation, uid uuid.UUID) []byte {
	plain := scratch.Get().(*[]byte)
	defer scratch.Put(plain)
	*plain = encodeContent((*plain)[:0], c)
	return sp.sealer.Seal(nil, *plain, sp.place("conversations", "content", uid[:]))
}

// openContent reads a row's content back.
func (sp *space) openContent(uid uuid.UUID, seq int64, sealed []byte) (conversation.Conversation, error) {
	plain := scratch.Get().(*[]byte)
	defer scratch.Put(plain)
	var err error
	*plain, err = sp.sealer.Open((*plain)[:0], sealed, sp.place("conversations", "content", uid[:]))
	if err != nil {
		return conversation.Conversation{}, fmt.Errorf("store: conversation %s: %w", uid, err)
	}
	c, err := decodeContent(*plain)
	if err != nil {
		return conversation.Conversation{}, fmt.Errorf("store: conversation %s: %w", uid, err)
	}
	c.Org = sp.org
	c.Seq = seq
	return c, nil
}
