package seal

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
)

// bundle is the keys of one organisation.
type bundle struct {
	// token makes fingerprints. It never changes: what it made is stored in indexes.
	token []byte
	// data are the data keys, the newest last.
	data []dataKey
}

type dataKey struct {
	generation uint32
	key        []byte
}

// bundleVersion is the form of a stored bundle: version, token key, then generation and key of each data key.
const bundleVersion = 1

var errBundle = errors.New("seal: not a bundle of keys, or one of a newer version")

func newBundle() (bundle, error) {
	b := bundle{token: make([]byte, keyBytes)}
	if _, err := rand.Read(b.token); err != nil {
		return bundle{}, err
	}
	return b, b.renew()
}

func (b *bundle) renew() error {
	k := dataKey{generation: 1, key: make([]byte, keyBytes)}
	if n := len(b.data); n > 0 {
		k.generation = b.data[n-1].generation + 1
	}
	if _, err := rand.Read(k.key); err != nil {
		return err
	}
	b.data = append(b.data, k)
	return nil
}

func (b bundle) encode() []byte {
	out := append([]byte{bundleVersion}, b.token...)
	for _, k := range b.data {
		out = binary.BigEndian.AppendUint32(out, k.generation)
		out = append(out, k.key...)
	}
	return out
}

func decodeBundle(raw []byte) (bundle, error) {
	const one = 4 + keyBytes
	if len(raw) < 1+keyBytes+one || raw[0] != bundleVersion || (len(raw)-1-keyBytes)%one != 0 {
		return bundle{}, errBundle
	}
	raw = bytes.Clone(raw[1:])
	b := bundle{token: raw[:keyBytes]}
	for rest := raw[keyBytes:]; len(rest) > 0; rest = rest[one:] {
		b.data = append(b.data, dataKey{binary.BigEndian.Uint32(rest), rest[4:one]})
	}
	return b, nil
}
