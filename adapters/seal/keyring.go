package seal

import (
	"crypto/rand"
	"errors"
	"sync"

	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Keyring holds the master keys of a server: the newest wraps, all unwrap. It may be used from many goroutines.
type Keyring struct {
	mu     sync.Mutex
	newest Wrapper
	all    map[[8]byte]Wrapper
	// file is where the keys come from, nil for keys that never change: a rotation while the server runs is noticed.
	file *keyFile

	rootMu sync.Mutex
	root   []byte
}

// New makes a keyring. Older master keys are kept until everything is wrapped under the newest.
func New(newest Wrapper, older ...Wrapper) *Keyring {
	k := &Keyring{}
	k.hold(append([]Wrapper{newest}, older...))
	return k
}

func (k *Keyring) hold(wrappers []Wrapper) {
	k.newest, k.all = wrappers[0], map[[8]byte]Wrapper{}
	for _, w := range wrappers {
		k.all[w.ID()] = w
	}
}

// current is the newest master key there is.
func (k *Keyring) current() (Wrapper, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	err := k.refresh()
	return k.newest, err
}

// named is the master key of that name; ok is false when there is none.
func (k *Keyring) named(id [8]byte) (w Wrapper, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if w, ok = k.all[id]; ok {
		return w, true
	}
	if k.refresh() != nil {
		return nil, false
	}
	w, ok = k.all[id]
	return w, ok
}

// refresh reads the file again when it has changed. The caller holds the lock.
func (k *Keyring) refresh() error {
	if k.file == nil {
		return nil
	}
	wrappers, err := k.file.changed()
	if err != nil || wrappers == nil {
		return err
	}
	k.hold(wrappers)
	return nil
}

const (
	rootContext = "csm/root"
	orgContext  = "csm/org/"
)

// wrap is a bundle with the name of the master key that opens it.
func (k *Keyring) wrap(bundle, context []byte) ([]byte, error) {
	newest, err := k.current()
	if err != nil {
		return nil, err
	}
	wrapped, err := newest.Wrap(bundle, context)
	if err != nil {
		return nil, err
	}
	id := newest.ID()
	return append(id[:], wrapped...), nil
}

func (k *Keyring) unwrap(wrapped, context []byte) ([]byte, error) {
	if len(wrapped) < 8 {
		return nil, ErrWrongKey
	}
	w, ok := k.named([8]byte(wrapped))
	if !ok {
		return nil, ErrWrongKey
	}
	return w.Unwrap(wrapped[8:], context)
}

// fresh says whether something is wrapped under the newest master key.
func (k *Keyring) fresh(wrapped []byte) bool {
	newest, err := k.current()
	return err == nil && len(wrapped) >= 8 && [8]byte(wrapped) == newest.ID()
}

// plainProof is what an unsealed store keeps in place of a proof.
const plainProof = "plain"

var (
	errPlain = errors.New("seal: this database is not sealed; start it without sealing, or import it into a sealed one")
	errEarly = errors.New("seal: a secret was derived before the store was opened")
)

// Check proves that the keyring is the one a database was written with. The proof is the database's root secret,
// wrapped: whoever opens it has the right key, and what is derived from it outlives every rotation of the master key.
func (k *Keyring) Check(proof []byte) ([]byte, error) {
	k.rootMu.Lock()
	defer k.rootMu.Unlock()
	if string(proof) == plainProof {
		return nil, errPlain
	}
	if len(proof) == 0 {
		if err := k.makeRoot(); err != nil {
			return nil, err
		}
		return k.wrap(k.root, []byte(rootContext))
	}
	root, err := k.unwrap(proof, []byte(rootContext))
	if err != nil {
		return nil, err
	}
	if k.root != nil && string(k.root) != string(root) {
		return nil, errEarly
	}
	k.root = root
	if k.fresh(proof) {
		return proof, nil
	}
	return k.wrap(root, []byte(rootContext))
}

func (k *Keyring) makeRoot() error {
	if k.root != nil {
		return nil
	}
	root := make([]byte, keyBytes)
	if _, err := rand.Read(root); err != nil {
		return err
	}
	k.root = root
	return nil
}

// Derive is a secret of 32 bytes for a purpose that belongs to no organisation: the pepper of API keys, the key that
// signs cursors. It stays the same for one database, whatever becomes of the master key. The store is opened first;
// where none keeps a proof, the secret lives as long as the keyring.
func (k *Keyring) Derive(purpose string) []byte {
	k.rootMu.Lock()
	defer k.rootMu.Unlock()
	if err := k.makeRoot(); err != nil {
		panic(err) // the system has no randomness
	}
	return derive(k.root, "csm/derive/"+purpose)
}

func contextOf(org tenant.ID) []byte { return append([]byte(orgContext), org[:]...) }

// NewOrg makes an organisation's keys.
func (k *Keyring) NewOrg(org tenant.ID) ([]byte, error) {
	b, err := newBundle()
	if err != nil {
		return nil, err
	}
	return k.wrap(b.encode(), contextOf(org))
}

// Org opens an organisation's keys.
func (k *Keyring) Org(org tenant.ID, wrapped []byte) (OrgSealer, error) {
	b, err := k.bundle(org, wrapped)
	if err != nil {
		return nil, err
	}
	return b.sealer()
}

func (k *Keyring) bundle(org tenant.ID, wrapped []byte) (bundle, error) {
	raw, err := k.unwrap(wrapped, contextOf(org))
	if err != nil {
		return bundle{}, err
	}
	return decodeBundle(raw)
}

// Rewrap puts an organisation's keys under the newest master key.
func (k *Keyring) Rewrap(org tenant.ID, wrapped []byte) (again []byte, changed bool, err error) {
	if k.fresh(wrapped) {
		return wrapped, false, nil
	}
	raw, err := k.unwrap(wrapped, contextOf(org))
	if err != nil {
		return nil, false, err
	}
	again, err = k.wrap(raw, contextOf(org))
	return again, err == nil, err
}

// Renew adds a data key, under which everything is sealed from then on.
func (k *Keyring) Renew(org tenant.ID, wrapped []byte) ([]byte, error) {
	b, err := k.bundle(org, wrapped)
	if err != nil {
		return nil, err
	}
	if err := b.renew(); err != nil {
		return nil, err
	}
	return k.wrap(b.encode(), contextOf(org))
}

// Retire takes away all data keys but the newest.
func (k *Keyring) Retire(org tenant.ID, wrapped []byte) ([]byte, error) {
	b, err := k.bundle(org, wrapped)
	if err != nil {
		return nil, err
	}
	b.data = b.data[len(b.data)-1:]
	return k.wrap(b.encode(), contextOf(org))
}
