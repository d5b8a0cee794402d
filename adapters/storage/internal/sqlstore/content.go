package sqlstore

import (
	"fmt"
	"sync"

	"github.com/google/uuid"
	"github.com/klauspost/compress/zstd"

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

// Content begins with a byte that says how it is packed.
const (
	asIs       = 0
	compressed = 1
)

// compressFrom is the length from which on content is compressed. Short conversations gain little and pay for it with
// every write; a long one is several pages, or kept apart from its row.
const compressFrom = 4096

func (sp *space) sealContent(c *conversation.Conversation, uid uuid.UUID) []byte {
	plain := scratch.Get().(*[]byte)
	defer scratch.Put(plain)
	*plain = encodeContent(append((*plain)[:0], asIs), c)
	place := sp.place("conversations", "content", uid[:])
	if len(*plain) < compressFrom {
		return sp.sealer.Seal(nil, *plain, place)
	}
	packed := scratch.Get().(*[]byte)
	defer scratch.Put(packed)
	*packed = packer().EncodeAll((*plain)[1:], append((*packed)[:0], compressed))
	return sp.sealer.Seal(nil, *packed, place)
}

// The packers are made when the first long conversation comes. They have no state between calls.
var (
	packer = sync.OnceValue(func() *zstd.Encoder {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(2), zstd.WithWindowSize(1<<18))
		if err != nil {
			panic(err) // only for options that contradict each other
		}
		return e
	})
	unpacker = sync.OnceValue(func() *zstd.Decoder {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderMaxMemory(maxContent))
		if err != nil {
			panic(err)
		}
		return d
	})
)

// maxContent bounds what a compressed content may grow to: far more than the limits of a conversation allow.
const maxContent = 4 << 30

// unpack undoes the packing of a content. The result may share memory with what it is given.
func unpack(b []byte) ([]byte, error) {
	switch {
	case len(b) > 0 && b[0] == asIs:
		return b[1:], nil
	case len(b) > 0 && b[0] == compressed:
		return unpacker().DecodeAll(b[1:], nil)
	}
	return nil, errContent
}

// openContent reads a row's content back.
func (sp *space) openContent(uid uuid.UUID, seq int64, sealed []byte) (c conversation.Conversation, err error) {
	err = sp.openContentIn(&c, nil, uid, seq, sealed)
	return c, err
}

// openContentIn reads a row's content back into c. Where nothing of its messages is kept, they may lie in room.
func (sp *space) openContentIn(c *conversation.Conversation, room []conversation.Message, uid uuid.UUID, seq int64, sealed []byte) error {
	plain := scratch.Get().(*[]byte)
	defer scratch.Put(plain)
	var err error
	*plain, err = sp.sealer.Open((*plain)[:0], sealed, sp.place("conversations", "content", uid[:]))
	if err != nil {
		return fmt.Errorf("store: conversation %s: %w", uid, err)
	}
	content, err := unpack(*plain)
	if err != nil {
		return fmt.Errorf("store: conversation %s: %w", uid, err)
	}
	if err := decodeContent(c, content, room); err != nil {
		return fmt.Errorf("store: conversation %s: %w", uid, err)
	}
	c.Org = sp.org
	c.Seq = seq
	return nil
}
