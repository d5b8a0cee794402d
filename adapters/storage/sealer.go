package storage

import "github.com/csm-monitor/csm-monitor/core/tenant"

// Sealer makes what stores keep unreadable without a master key. Without one, a store keeps plain text.
type Sealer interface {
	// Check proves that the sealer's master key is the one the store was written with: proof is what an earlier call
	// made, nil for a new store. It returns the proof to keep, or an error that says what to do.
	Check(proof []byte) ([]byte, error)
	// NewOrg makes the keys of one organisation and returns them wrapped, to be stored beside its data.
	NewOrg(org tenant.ID) (wrapped []byte, err error)
	// Org opens the keys of one organisation.
	Org(org tenant.ID, wrapped []byte) (OrgSealer, error)
	// Rewrap returns the keys wrapped under the newest master key; changed is false when they already are.
	Rewrap(org tenant.ID, wrapped []byte) (again []byte, changed bool, err error)
	// Renew adds a new data key, under which everything is sealed from then on. What older keys sealed stays readable
	// until Retire takes them away.
	Renew(org tenant.ID, wrapped []byte) (again []byte, err error)
	// Retire takes away all data keys but the newest.
	Retire(org tenant.ID, wrapped []byte) (again []byte, err error)
}

// OrgSealer seals and opens the values of one organisation. It may be used from many goroutines.
//
// It names an interface without a name of its own, so that a sealer need not import this package.
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
