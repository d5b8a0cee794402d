package tenant

import "time"

// Role says what a credential may do.
type Role string

// The roles. Each may do what the one after it may.
const (
	Owner  Role = "owner"  // everything, including deleting the organisation
	Admin  Role = "admin"  // settings, keys, integrations
	Member Role = "member" // send and correct conversations, resolve gaps
	Viewer Role = "viewer" // read
)

// Allows says whether r may do what needs the role need. An unknown role may do nothing.
func (r Role) Allows(need Role) bool {
	have, ok := rank(r)
	want, known := rank(need)
	return ok && known && have >= want
}

func rank(r Role) (int, bool) {
	switch r {
	case Viewer:
		return 1, true
	case Member:
		return 2, true
	case Admin:
		return 3, true
	case Owner:
		return 4, true
	default:
		return 0, false
	}
}

// APIKey is a credential for programs. The key itself is shown once and never stored.
type APIKey struct {
	// ID names the key in lists and when it is revoked.
	ID string
	// Org is the one organisation the key opens.
	Org ID
	// Prefix is the start of the key that is not secret; keys are found by it.
	Prefix string
	// Hash is a keyed hash of the whole key.
	Hash []byte
	// Name is what people call it.
	Name      string
	Role      Role
	CreatedAt time.Time
	// RevokedAt is zero while the key works.
	RevokedAt time.Time
}
