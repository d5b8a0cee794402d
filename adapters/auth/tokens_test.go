package auth_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/adapters/auth"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

var (
	tokenSecret = bytes.Repeat([]byte("s"), 32)
	tokenNow    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	tokenOrg    = uuid.MustParse("11111111-1111-4111-8111-111111111111")
)

func newTokens(t *testing.T, at time.Time) *auth.Tokens {
	t.Helper()
	tokens, err := auth.NewTokens(tokenSecret, "csm", "api", func() time.Time { return at })
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

func TestATokenOpensItsOrganisation(t *testing.T) {
	tokens := newTokens(t, tokenNow)
	token, err := tokens.Issue(tokenOrg, tenant.Member, "user-1", 10*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	org, role, subject, err := tokens.Verify(token)
	if err != nil || org != tokenOrg || role != tenant.Member || subject != "user-1" {
		t.Errorf("got %v %v %v %v", org, role, subject, err)
	}
	for after, opens := range map[time.Duration]bool{10*time.Minute + 59*time.Second: true, 11*time.Minute + time.Second: false, -59 * time.Second: true, -2 * time.Minute: false} {
		if _, _, _, err := newTokens(t, tokenNow.Add(after)).Verify(token); (err == nil) != opens {
			t.Errorf("after %s: %v", after, err)
		}
	}
}

// claims are those of a good token; each test spoils one.
func claims(change func(jwt.MapClaims)) jwt.MapClaims {
	c := jwt.MapClaims{
		"iss": "csm", "aud": "api", "sub": "user-1", "iat": tokenNow.Unix(), "exp": tokenNow.Add(10 * time.Minute).Unix(),
		"org": tokenOrg.String(), "role": "owner",
	}
	change(c)
	return c
}

func signed(t *testing.T, method jwt.SigningMethod, key any, c jwt.MapClaims, header map[string]any) string {
	t.Helper()
	token := jwt.NewWithClaims(method, c)
	for name, value := range header {
		token.Header[name] = value
	}
	out, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestForgedTokensOpenNothing(t *testing.T) {
	tokens := newTokens(t, tokenNow)
	good := signed(t, jwt.SigningMethodHS256, tokenSecret, claims(func(jwt.MapClaims) {}), nil)
	if _, _, _, err := tokens.Verify(good); err != nil {
		t.Fatalf("the token that is to be spoilt is bad already: %v", err)
	}
	_, edKey, _ := ed25519.GenerateKey(rand.Reader)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	change := func(name string, value any) string {
		return signed(t, jwt.SigningMethodHS256, tokenSecret, claims(func(c jwt.MapClaims) {
			if c[name] = value; value == nil {
				delete(c, name)
			}
		}), nil)
	}
	same := claims(func(jwt.MapClaims) {})
	parts := strings.Split(good, ".")
	flipped := func(i int) string {
		raw, _ := base64.RawURLEncoding.DecodeString(parts[i])
		raw[len(raw)/2] ^= 1
		p := append([]string{}, parts...)
		p[i] = base64.RawURLEncoding.EncodeToString(raw)
		return strings.Join(p, ".")
	}
	header := func(h string) string {
		return base64.RawURLEncoding.EncodeToString([]byte(h)) + "." + parts[1] + "." + parts[2]
	}
	for name, token := range map[string]string{
		"empty":                 "",
		"one part":              parts[0],
		"two parts":             parts[0] + "." + parts[1],
		"no signature":          parts[0] + "." + parts[1] + ".",
		"four parts":            good + ".x",
		"space":                 good + " ",
		"alg none":              signed(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, same, nil),
		"alg None":              header(`{"alg":"None","typ":"JWT"}`),
		"alg missing":           header(`{"typ":"JWT"}`),
		"alg null":              header(`{"alg":null}`),
		"HS384":                 signed(t, jwt.SigningMethodHS384, tokenSecret, same, nil),
		"HS512":                 signed(t, jwt.SigningMethodHS512, tokenSecret, same, nil),
		"RS256":                 signed(t, jwt.SigningMethodRS256, rsaKey, same, nil),
		"PS256":                 signed(t, jwt.SigningMethodPS256, rsaKey, same, nil),
		"EdDSA":                 signed(t, jwt.SigningMethodEdDSA, crypto.Signer(edKey), same, nil),
		"other secret":          signed(t, jwt.SigningMethodHS256, bytes.Repeat([]byte("x"), 32), same, nil),
		"empty secret":          signed(t, jwt.SigningMethodHS256, []byte{}, same, nil),
		"payload flipped":       flipped(1),
		"signature flipped":     flipped(2),
		"critical extension":    signed(t, jwt.SigningMethodHS256, tokenSecret, same, map[string]any{"crit": []string{"b64"}}),
		"key of the attacker":   signed(t, jwt.SigningMethodHS256, []byte("attacker-attacker-attacker-attack"), same, map[string]any{"jku": "https://example.org/k", "kid": "../../dev/null"}),
		"no exp":                change("exp", nil),
		"exp in the past":       change("exp", tokenNow.Add(-2*time.Minute).Unix()),
		"exp far away":          change("exp", tokenNow.Add(time.Hour).Unix()),
		"exp a text":            change("exp", "soon"),
		"exp huge":              change("exp", 1e300),
		"no iat":                change("iat", nil),
		"iat in the future":     change("iat", tokenNow.Add(5*time.Minute).Unix()),
		"nbf in the future":     change("nbf", tokenNow.Add(5*time.Minute).Unix()),
		"no iss":                change("iss", nil),
		"other iss":             change("iss", "evil"),
		"no aud":                change("aud", nil),
		"other aud":             change("aud", []string{"web"}),
		"no sub":                change("sub", nil),
		"no org":                change("org", nil),
		"org nobody":            change("org", uuid.Nil.String()),
		"org no id":             change("org", "1' OR '1'='1"),
		"no role":               change("role", nil),
		"unknown role":          change("role", "god"),
		"role in another case":  change("role", "Owner"),
		"a megabyte of nothing": strings.Repeat("a", 1<<20),
		"a long good token":     change("pad", strings.Repeat("x", 5000)),
	} {
		if org, role, subject, err := tokens.Verify(token); err == nil || !errors.Is(err, auth.ErrToken) || org != (tenant.ID{}) || role != "" || subject != "" {
			t.Errorf("%s: %v %v %v %v", name, org, role, subject, err)
		}
	}
}

func TestTokensAreIssuedWithinBounds(t *testing.T) {
	tokens := newTokens(t, tokenNow)
	for name, err := range map[string]error{
		"too long":     second(tokens.Issue(tokenOrg, tenant.Viewer, "u", auth.MaxLife+time.Second)),
		"no time":      second(tokens.Issue(tokenOrg, tenant.Viewer, "u", 0)),
		"unknown role": second(tokens.Issue(tokenOrg, "god", "u", time.Minute)),
		"nobody":       second(tokens.Issue(tokenOrg, tenant.Viewer, "", time.Minute)),
	} {
		if err == nil {
			t.Errorf("%s: issued", name)
		}
	}
	clock := func() time.Time { return tokenNow }
	for name, err := range map[string]error{
		"short secret": second(auth.NewTokens(tokenSecret[:31], "i", "a", clock)),
		"no issuer":    second(auth.NewTokens(tokenSecret, "", "a", clock)),
		"no audience":  second(auth.NewTokens(tokenSecret, "i", "", clock)),
		"no clock":     second(auth.NewTokens(tokenSecret, "i", "a", nil)),
	} {
		if err == nil {
			t.Errorf("%s: started", name)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func FuzzVerify(f *testing.F) {
	tokens, err := auth.NewTokens(tokenSecret, "csm", "api", func() time.Time { return tokenNow })
	if err != nil {
		f.Fatal(err)
	}
	payload, _ := json.Marshal(claims(func(jwt.MapClaims) {}))
	f.Add("eyJhbGciOiJIUzI1NiJ9." + base64.RawURLEncoding.EncodeToString(payload) + ".AAAA")
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		if _, _, _, err := tokens.Verify(token); err == nil {
			t.Errorf("%q opens", token)
		}
	})
}
