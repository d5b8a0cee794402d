package seal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/adapters/seal"
)

func master(t testing.TB) seal.Wrapper {
	t.Helper()
	key, err := seal.NewMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	w, err := seal.Local(key)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func opened(t testing.TB, k *seal.Keyring, org uuid.UUID, wrapped []byte) seal.OrgSealer {
	t.Helper()
	s, err := k.Org(org, wrapped)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOpensWhatItSealed(t *testing.T) {
	k, org := seal.New(master(t)), uuid.New()
	wrapped, err := k.NewOrg(org)
	if err != nil {
		t.Fatal(err)
	}
	s := opened(t, k, org, wrapped)
	for _, plain := range []string{"", "x", strings.Repeat("secret words ", 1000)} {
		sealed := s.Seal([]byte("before"), []byte(plain), []byte("place"))
		// A single letter may stand in any ciphertext by chance; a word of eight does not.
		if !bytes.HasPrefix(sealed, []byte("before")) || len(plain) >= 8 && bytes.Contains(sealed, []byte(plain[:8])) {
			t.Fatalf("sealed %q as %q", plain, sealed)
		}
		got, err := opened(t, k, org, wrapped).Open([]byte("after"), sealed[6:], []byte("place"))
		if err != nil || string(got) != "after"+plain {
			t.Fatalf("opened %q, %v", got, err)
		}
	}
}

func TestOpensNowhereElse(t *testing.T) {
	k, org := seal.New(master(t)), uuid.New()
	wrapped, _ := k.NewOrg(org)
	foreign, _ := k.NewOrg(uuid.New())
	s := opened(t, k, org, wrapped)
	sealed := s.Seal(nil, []byte("words"), []byte("row 1"))
	if _, err := s.Open(nil, sealed, []byte("row 2")); !errors.Is(err, seal.ErrSealed) {
		t.Errorf("another place: %v", err)
	}
	for i := range sealed {
		broken := bytes.Clone(sealed)
		broken[i] ^= 1
		if _, err := s.Open(nil, broken, []byte("row 1")); !errors.Is(err, seal.ErrSealed) {
			t.Errorf("byte %d changed: %v", i, err)
		}
		if _, err := s.Open(nil, sealed[:i], []byte("row 1")); !errors.Is(err, seal.ErrSealed) {
			t.Errorf("cut at %d: %v", i, err)
		}
	}
	if _, err := k.Org(org, foreign); !errors.Is(err, seal.ErrWrongKey) {
		t.Errorf("the keys of another organisation: %v", err)
	}
	if _, err := seal.New(master(t)).Org(org, wrapped); !errors.Is(err, seal.ErrWrongKey) {
		t.Errorf("another master key: %v", err)
	}
	for i := range wrapped {
		broken := bytes.Clone(wrapped)
		broken[i] ^= 1
		if _, err := k.Org(org, broken); !errors.Is(err, seal.ErrWrongKey) {
			t.Errorf("byte %d of the wrapped keys changed: %v", i, err)
		}
	}
}

func TestTokens(t *testing.T) {
	k, org := seal.New(master(t)), uuid.New()
	wrapped, _ := k.NewOrg(org)
	s := opened(t, k, org, wrapped)
	foreign, _ := k.NewOrg(org)
	word := s.Token("word", "refund")
	if word != s.Token("word", "refund") {
		t.Error("the same word has two tokens")
	}
	if word == s.Token("word", "refunds") || word == s.Token("customer", "refund") || word == opened(t, k, org, foreign).Token("word", "refund") {
		t.Error("another word, purpose or organisation has the same token")
	}
	renewed, err := k.Renew(org, wrapped)
	if err != nil || opened(t, k, org, renewed).Token("word", "refund") != word {
		t.Errorf("a new data key changed the token: %v", err)
	}
}

func TestRotation(t *testing.T) {
	first, second := master(t), master(t)
	org := uuid.New()
	old := seal.New(first)
	wrapped, _ := old.NewOrg(org)
	proof, err := old.Check(nil)
	if err != nil {
		t.Fatal(err)
	}
	pepper := old.Derive("pepper")
	sealed := opened(t, old, org, wrapped).Seal(nil, []byte("words"), nil)

	both := seal.New(second, first)
	rewrapped, changed, err := both.Rewrap(org, wrapped)
	if err != nil || !changed {
		t.Fatalf("rewrap: %v, %v", changed, err)
	}
	if again, changed, err := both.Rewrap(org, rewrapped); err != nil || changed || !bytes.Equal(again, rewrapped) {
		t.Errorf("rewrapped twice: %v, %v", changed, err)
	}
	newProof, err := both.Check(proof)
	if err != nil {
		t.Fatal(err)
	}
	alone := seal.New(second)
	if _, err := alone.Check(proof); !errors.Is(err, seal.ErrWrongKey) {
		t.Errorf("the old proof opens without the old key: %v", err)
	}
	if _, err := alone.Check(newProof); err != nil {
		t.Error(err)
	}
	if !bytes.Equal(alone.Derive("pepper"), pepper) || bytes.Equal(alone.Derive("cursor"), pepper) {
		t.Error("derived secrets must outlive the master key and differ by purpose")
	}
	if got, err := opened(t, alone, org, rewrapped).Open(nil, sealed, nil); err != nil || string(got) != "words" {
		t.Errorf("%q, %v", got, err)
	}

	renewed, _ := alone.Renew(org, rewrapped)
	s := opened(t, alone, org, renewed)
	if got, err := s.Open(nil, sealed, nil); err != nil || string(got) != "words" || s.Fresh(sealed) {
		t.Errorf("after a new data key: %q, %v, fresh %v", got, err, s.Fresh(sealed))
	}
	resealed := s.Seal(nil, []byte("words"), nil)
	retired, _ := alone.Retire(org, renewed)
	s = opened(t, alone, org, retired)
	if _, err := s.Open(nil, sealed, nil); !errors.Is(err, seal.ErrSealed) {
		t.Errorf("a retired data key still opens: %v", err)
	}
	if got, err := s.Open(nil, resealed, nil); err != nil || string(got) != "words" || !s.Fresh(resealed) {
		t.Errorf("%q, %v", got, err)
	}
}

// A server holds the keys of a file while somebody else rotates them there.
func TestRotationBesideAServer(t *testing.T) {
	path, org := filepath.Join(t.TempDir(), "master.key"), uuid.New()
	server, _, err := seal.File(path)
	if err != nil {
		t.Fatal(err)
	}
	before, err := server.NewOrg(org)
	if err != nil {
		t.Fatal(err)
	}
	sealed := opened(t, server, org, before).Seal(nil, []byte("words"), nil)
	if err := seal.Rotate(path); err != nil {
		t.Fatal(err)
	}
	operator, _, err := seal.File(path)
	if err != nil {
		t.Fatal(err)
	}
	after, changed, err := operator.Rewrap(org, before)
	if err != nil || !changed {
		t.Fatalf("%v, %v", changed, err)
	}
	if got, err := opened(t, server, org, after).Open(nil, sealed, nil); err != nil || string(got) != "words" {
		t.Errorf("what was rewrapped beside the server: %q, %v", got, err)
	}
	other := uuid.New()
	late, err := server.NewOrg(other)
	if err != nil {
		t.Fatal(err)
	}
	if _, changed, err := operator.Rewrap(other, late); err != nil || changed {
		t.Errorf("the server wrapped under an older key after the rotation: %v, %v", changed, err)
	}
	if err := seal.Prune(path); err != nil {
		t.Fatal(err)
	}
	pruned, _, err := seal.File(path)
	if err != nil {
		t.Fatal(err)
	}
	opened(t, pruned, org, after)
	if _, err := pruned.Org(org, before); !errors.Is(err, seal.ErrWrongKey) {
		t.Errorf("an older key that was taken away opens: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := server.NewOrg(uuid.New()); err != nil {
		t.Errorf("a server that has its keys stops without the file: %v", err)
	}
}

func TestCheckRefuses(t *testing.T) {
	if _, err := seal.New(master(t)).Check([]byte("plain")); err == nil || !strings.Contains(err.Error(), "not sealed") {
		t.Errorf("a plain database: %v", err)
	}
	k := seal.New(master(t))
	proof, _ := k.Check(nil)
	early := seal.New(master(t))
	early.Derive("pepper")
	if _, err := early.Check(proof); err == nil {
		t.Error("a wrong key opened the proof")
	}
}

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "master.key")
	ring, made, err := seal.File(path)
	if err != nil || !made {
		t.Fatalf("made %v, %v", made, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info.Mode(), err)
	}
	proof, _ := ring.Check(nil)
	same, made, err := seal.File(path)
	if err != nil || made {
		t.Fatalf("made %v, %v", made, err)
	}
	if _, err := same.Check(proof); err != nil {
		t.Error(err)
	}
	if err := seal.Rotate(path); err != nil {
		t.Fatal(err)
	}
	rotated, _, err := seal.File(path)
	if err != nil {
		t.Fatal(err)
	}
	newProof, err := rotated.Check(proof)
	if err != nil || bytes.Equal(proof, newProof) {
		t.Fatalf("after rotation: %v", err)
	}
	if err := seal.Prune(path); err != nil {
		t.Fatal(err)
	}
	pruned, _, err := seal.File(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pruned.Check(proof); !errors.Is(err, seal.ErrWrongKey) {
		t.Errorf("the old key is still there: %v", err)
	}
	if _, err := pruned.Check(newProof); err != nil {
		t.Error(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := seal.File(path); err == nil || !strings.Contains(err.Error(), "0600") {
		t.Errorf("a file others can read: %v", err)
	}
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte("# nothing\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := seal.File(empty); err == nil {
		t.Error("an emptied file gave keys")
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{"", " ", "csmkey_", "csmkey_AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "csmkey_" + strings.Repeat("A", 43), "csmkey_" + strings.Repeat("!", 43)} {
		if _, err := seal.Parse(seal.NewSecret(text)); err == nil {
			t.Errorf("%q was taken", text)
		} else if text != "" && len(text) > 8 && strings.Contains(err.Error(), text) {
			t.Errorf("the error shows the key: %v", err)
		}
	}
}

func TestSecretsDoNotShow(t *testing.T) {
	s := seal.NewSecret("hunter2")
	encoded, err := json.Marshal(map[string]any{"a": s, "b": &s})
	if err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "secret", s, "in", struct{ S seal.Secret }{s})
	for _, shown := range []string{fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s %q %x %d", s, s, s, s, s, s, s), fmt.Sprintf("%+v", struct{ S seal.Secret }{s}), string(encoded), logged.String(), fmt.Sprint(errors.New(s.String()))} {
		if strings.Contains(shown, "hunter2") || strings.Contains(shown, "68756e74657232") {
			t.Errorf("shown: %s", shown)
		}
	}
	if s.Reveal() != "hunter2" || s.IsZero() {
		t.Error("the value is lost")
	}
}

// FuzzOpen: nothing that was not sealed opens, and nothing panics.
func FuzzOpen(f *testing.F) {
	k, org := seal.New(master(f)), uuid.New()
	wrapped, err := k.NewOrg(org)
	if err != nil {
		f.Fatal(err)
	}
	s := opened(f, k, org, wrapped)
	f.Add(s.Seal(nil, []byte("words"), []byte("elsewhere")))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, sealed []byte) {
		if got, err := s.Open(nil, sealed, []byte("place")); err == nil {
			t.Errorf("opened %q", got)
		}
		if _, err := k.Org(org, sealed); err == nil {
			t.Error("opened keys")
		}
	})
}

func BenchmarkSeal1500(b *testing.B) {
	k, org := seal.New(master(b)), uuid.New()
	wrapped, _ := k.NewOrg(org)
	s := opened(b, k, org, wrapped)
	plain, place := make([]byte, 1500), []byte("conversations/content")
	b.SetBytes(1500)
	for b.Loop() {
		s.Seal(nil, plain, place)
	}
}

func BenchmarkToken(b *testing.B) {
	k, org := seal.New(master(b)), uuid.New()
	wrapped, _ := k.NewOrg(org)
	s := opened(b, k, org, wrapped)
	for b.Loop() {
		s.Token("word", "refund")
	}
}
