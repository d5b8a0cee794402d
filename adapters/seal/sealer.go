package seal

import (
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"sync"
)

// OrgSealer seals and opens the values of one organisation. It names the interface that stores ask for, without a name
// of its own, so that neither package needs the other.
type OrgSealer = interface {
	// Seal appends plain, sealed to its place, to dst. The same place must be given to Open.
	Seal(dst, plain, place []byte) []byte
	// Open appends what Seal was given to dst. It fails for anything that was changed or moved.
	Open(dst, sealed, place []byte) ([]byte, error)
	// Fresh says whether sealed was made under the newest data key.
	Fresh(sealed []byte) bool
	// Token is a keyed fingerprint of a value, by which equal values of one organisation and purpose find each other. It
	// survives Renew.
	Token(purpose, value string) [16]byte
}

// ErrSealed says that a value does not open: it was changed, moved to another place, or belongs to another organisation.
var ErrSealed = errors.New("seal: the value does not open here")

// A sealed value is version, generation, nonce, ciphertext, tag.
const (
	sealedVersion = 1
	headerBytes   = 1 + 4
)

type sealer struct {
	newest uint32
	data   map[uint32]cipher.AEAD
	secret []byte
	hashes sync.Map // purpose → *sync.Pool of keyed hashes
}

func (b bundle) sealer() (OrgSealer, error) {
	s := &sealer{data: map[uint32]cipher.AEAD{}, secret: b.token}
	for _, k := range b.data {
		aead, err := gcm(k.key)
		if err != nil {
			return nil, err
		}
		s.data[k.generation] = aead
		s.newest = k.generation
	}
	return s, nil
}

func (s *sealer) Seal(dst, plain, place []byte) []byte {
	aead := s.data[s.newest]
	need := headerBytes + aead.NonceSize() + len(plain) + aead.Overhead()
	if cap(dst)-len(dst) < need {
		dst = append(make([]byte, 0, len(dst)+need), dst...)
	}
	dst = append(dst, sealedVersion)
	dst = binary.BigEndian.AppendUint32(dst, s.newest)
	at := len(dst)
	dst = dst[:at+aead.NonceSize()]
	if _, err := rand.Read(dst[at:]); err != nil {
		panic(err) // the system has no randomness, and a nonce must never come twice
	}
	return aead.Seal(dst, dst[at:], plain, place)
}

func (s *sealer) Open(dst, sealed, place []byte) ([]byte, error) {
	if len(sealed) < headerBytes || sealed[0] != sealedVersion {
		return dst, ErrSealed
	}
	generation := binary.BigEndian.Uint32(sealed[1:])
	aead, ok := s.data[generation]
	if !ok {
		return dst, fmt.Errorf("%w: data key %d is not there", ErrSealed, generation)
	}
	rest := sealed[headerBytes:]
	if len(rest) < aead.NonceSize() {
		return dst, ErrSealed
	}
	out, err := aead.Open(dst, rest[:aead.NonceSize()], rest[aead.NonceSize():], place)
	if err != nil {
		return dst, ErrSealed
	}
	return out, nil
}

func (s *sealer) Fresh(sealed []byte) bool {
	return len(sealed) >= headerBytes && binary.BigEndian.Uint32(sealed[1:]) == s.newest
}

func (s *sealer) Token(purpose, value string) (token [16]byte) {
	pool, ok := s.hashes.Load(purpose)
	if !ok {
		key := derive(s.secret, "csm/token/"+purpose)
		pool, _ = s.hashes.LoadOrStore(purpose, &sync.Pool{New: func() any { return &tokens{hash: hmac.New(sha256.New, key)} }})
	}
	t := pool.(*sync.Pool).Get().(*tokens)
	defer pool.(*sync.Pool).Put(t)
	t.hash.Reset()
	t.room = append(t.room[:0], value...)
	_, _ = t.hash.Write(t.room)
	t.room = t.hash.Sum(t.room[:0])
	copy(token[:], t.room)
	return token
}

// tokens makes tokens of one purpose. room is for a value, then for its sum.
type tokens struct {
	hash hash.Hash
	room []byte
}
