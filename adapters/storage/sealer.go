package storage

import "github.com/csm-monitor/csm-monitor/core/tenant"

// Sealer holds the master key. It makes a data key for each organisation, which a store keeps in wrapped form beside
// the organisation's rows.
type Sealer interface {
	// NewKey makes a data key for org and returns it wrapped: useless without the master key and for any other
	// organisation.
	NewKey(org tenant.ID) (wrapped []byte, err error)
	// Cipher unwraps a data key. It fails when wrapped was made for another organisation, with another master key, or was
	// changed.
	Cipher(org tenant.ID, wrapped []byte) (Cipher, error)
}

// Cipher seals the values of one organisation. It may be used from many goroutines.
type Cipher interface {
	// Seal appends the sealed form of plain to dst. Place says where the value is kept (table, row, column): a value moved
	// elsewhere does not open.
	Seal(dst, plain []byte, place string) ([]byte, error)
	// Open appends the plain form of sealed to dst, or fails when a bit of it or its place differs.
	Open(dst, sealed []byte, place string) ([]byte, error)
	// Token stands for a folded word in a search index: the same word in the same field has the same token, and the token
	// tells nothing about the word to whoever lacks the key. Different words may share one.
	Token(field, word string) int64
}
