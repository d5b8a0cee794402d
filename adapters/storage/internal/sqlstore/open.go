package sqlstore

import "crypto/sha256"

// open is the seal that seals nothing. Fingerprints are hashes, which anybody can make who knows the value.
type open struct{}

func (open) Seal(dst, plain, _ []byte) []byte           { return append(dst, plain...) }
func (open) Open(dst, sealed, _ []byte) ([]byte, error) { return append(dst, sealed...), nil }
func (open) Fresh([]byte) bool                          { return true }

func (open) Token(purpose, value string) (token [16]byte) {
	h := sha256.New()
	h.Write([]byte(purpose))
	h.Write([]byte{0})
	h.Write([]byte(value))
	copy(token[:], h.Sum(nil))
	return token
}
