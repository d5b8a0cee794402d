// Package auth makes and checks credentials: API keys for programs, and short-lived tokens.
package auth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// The form of a key: "amo_" and 32 characters of [0-9a-z], 165 bits. The first 12 characters are not secret; keys are
// found by them, and 124 bits remain.
const (
	keyMark     = "amo_"
	keyRandom   = 32
	keyLength   = len(keyMark) + keyRandom
	prefixBytes = 12
	alphabet    = "0123456789abcdefghijklmnopqrstuvwxyz"
)

// CacheFor is how long a key that was looked up is believed: a key revoked on another server dies within it.
const CacheFor = 5 * time.Second

// maxCached bounds the cache; unknown prefixes are in it too.
const maxCached = 10_000

// MinPepper is the least length of the server's pepper, in bytes.
const MinPepper = 32

// Keys makes, finds and revokes API keys. Only a keyed hash of a key is ever stored.
type Keys struct {
	store  port.Keys
	hashes sync.Pool // of hash.Hash under the pepper
	clock  func() time.Time
	mu     sync.RWMutex
	cache  map[string]cached
	// changes counts what made cached keys untrue: what was read from the store before the last of them is not kept.
	changes int
}

type cached struct {
	keys []tenant.APIKey
	read time.Time
}

// NewKeys builds Keys over a store. pepper is the server's secret, at least MinPepper bytes; without it, what is stored
// opens nothing.
func NewKeys(store port.Keys, pepper []byte, clock func() time.Time) (*Keys, error) {
	switch {
	case store == nil || clock == nil:
		return nil, errors.New("auth: a store and a clock are required")
	case len(pepper) < MinPepper:
		return nil, fmt.Errorf("auth: the pepper must have at least %d bytes", MinPepper)
	}
	k := &Keys{store: store, clock: clock, cache: map[string]cached{}}
	pepper = slices.Clone(pepper)
	k.hashes.New = func() any { return hmac.New(sha256.New, pepper) }
	return k, nil
}

// Create makes a key of an organisation. The secret is returned this once.
func (k *Keys) Create(ctx context.Context, org tenant.ID, name string, role tenant.Role) (secret string, key tenant.APIKey, err error) {
	if !tenant.Owner.Allows(role) {
		return "", key, fmt.Errorf("auth: unknown role %q", role)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return "", key, err
	}
	secret = keyMark + random(keyRandom)
	key = tenant.APIKey{
		ID: id.String(), Org: org, Prefix: secret[:prefixBytes], Hash: k.hash(secret), Name: name, Role: role,
		CreatedAt: k.clock().UTC().Truncate(time.Microsecond),
	}
	if err := k.store.Put(ctx, key); err != nil {
		return "", tenant.APIKey{}, err
	}
	k.forget(key.Prefix)
	return secret, key, nil
}

// Authenticate finds the key that a secret is. It returns port.ErrNotFound for what opens nothing: a text of another
// form, an unknown key, a revoked one. Each of the latter two costs the same.
func (k *Keys) Authenticate(ctx context.Context, secret string) (tenant.APIKey, error) {
	if !wellFormed(secret) {
		return tenant.APIKey{}, port.ErrNotFound
	}
	hash := k.hash(secret)
	candidates, err := k.find(ctx, secret[:prefixBytes])
	if err != nil {
		return tenant.APIKey{}, err
	}
	found := tenant.APIKey{Hash: make([]byte, sha256.Size)}
	ok := hmac.Equal(hash, found.Hash) // an unknown prefix is compared too
	for _, c := range candidates {
		if hmac.Equal(hash, c.Hash) {
			found, ok = c, true
		}
	}
	if !ok || !found.RevokedAt.IsZero() {
		return tenant.APIKey{}, port.ErrNotFound
	}
	return found, nil
}

// List yields an organisation's keys, oldest first, revoked ones too, without anything that opens.
func (k *Keys) List(ctx context.Context, org tenant.ID) ([]tenant.APIKey, error) {
	return k.store.List(ctx, org)
}

// Revoke makes a key useless: here at once, on other servers within CacheFor. port.ErrNotFound when the organisation
// has no such key.
func (k *Keys) Revoke(ctx context.Context, org tenant.ID, id string) error {
	if err := k.store.Revoke(ctx, org, id, k.clock().UTC().Truncate(time.Microsecond)); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.changes++
	clear(k.cache)
	return nil
}

// find yields the keys of a prefix, none when there is none.
func (k *Keys) find(ctx context.Context, prefix string) ([]tenant.APIKey, error) {
	now := k.clock()
	k.mu.RLock()
	hit, ok := k.cache[prefix]
	changes := k.changes
	k.mu.RUnlock()
	if ok && now.Sub(hit.read) < CacheFor && !now.Before(hit.read) {
		return hit.keys, nil
	}
	keys, err := k.store.ByPrefix(ctx, prefix)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.cache) >= maxCached {
		clear(k.cache)
	}
	if changes == k.changes {
		k.cache[prefix] = cached{keys, now}
	}
	return keys, nil
}

func (k *Keys) forget(prefix string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.changes++
	delete(k.cache, prefix)
}

func (k *Keys) hash(secret string) []byte {
	mac := k.hashes.Get().(hash.Hash)
	defer k.hashes.Put(mac)
	mac.Reset()
	mac.Write([]byte(secret))
	return mac.Sum(nil)
}

func wellFormed(secret string) bool {
	if len(secret) != keyLength || secret[:len(keyMark)] != keyMark {
		return false
	}
	for i := len(keyMark); i < len(secret); i++ {
		if c := secret[i]; (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// random draws n characters of the alphabet, each as likely as any other: bytes that would favour some are thrown away.
func random(n int) string {
	const fair = 256 / len(alphabet) * len(alphabet)
	out := make([]byte, 0, n)
	var buf [64]byte
	for {
		rand.Read(buf[:])
		for _, b := range buf {
			if int(b) >= fair {
				continue
			}
			if out = append(out, alphabet[int(b)%len(alphabet)]); len(out) == n {
				return string(out)
			}
		}
	}
}
