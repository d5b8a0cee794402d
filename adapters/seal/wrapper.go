package seal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
)

// Wrapper is a master key, or a service that holds one. It wraps small bundles of keys; it never sees data.
type Wrapper interface {
	// ID names the key, so that a bundle says which key opens it. It tells nothing about the key.
	ID() [8]byte
	// Wrap makes a bundle unreadable. Unwrap takes back what Wrap made with the same context, and fails for all else.
	Wrap(bundle, context []byte) ([]byte, error)
	Unwrap(wrapped, context []byte) ([]byte, error)
}

// keyBytes is the length of every key: AES-256.
const keyBytes = 32

// ErrWrongKey says that a bundle was wrapped by a master key that is not there, or was changed.
var ErrWrongKey = errors.New("seal: the master key does not open this; was the database written with another one?")

// local is a master key in memory.
type local struct {
	id   [8]byte
	aead cipher.AEAD
}

// Local is a master key held by this process: 32 bytes that nobody can guess.
func Local(key Secret) (Wrapper, error) {
	raw := []byte(key.Reveal())
	if len(raw) != keyBytes {
		return nil, errors.New("seal: a master key has 32 bytes")
	}
	if bytes.Count(raw, raw[:1]) == keyBytes {
		return nil, errors.New("seal: a master key of 32 equal bytes is not a secret")
	}
	aead, err := gcm(derive(raw, "csm/wrap"))
	if err != nil {
		return nil, err
	}
	l := &local{aead: aead}
	copy(l.id[:], derive(raw, "csm/id"))
	return l, nil
}

func (l *local) ID() [8]byte { return l.id }

func (l *local) Wrap(bundle, context []byte) ([]byte, error) {
	nonce := make([]byte, l.aead.NonceSize(), l.aead.NonceSize()+len(bundle)+l.aead.Overhead())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return l.aead.Seal(nonce, nonce, bundle, context), nil
}

func (l *local) Unwrap(wrapped, context []byte) ([]byte, error) {
	n := l.aead.NonceSize()
	if len(wrapped) < n {
		return nil, ErrWrongKey
	}
	bundle, err := l.aead.Open(nil, wrapped[:n], wrapped[n:], context)
	if err != nil {
		return nil, ErrWrongKey
	}
	return bundle, nil
}

func gcm(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// derive is a key of its own for a purpose (HKDF-SHA-256, RFC 5869).
func derive(secret []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, purpose, keyBytes)
	if err != nil {
		panic(err) // only for lengths beyond 8,160 bytes
	}
	return key
}
