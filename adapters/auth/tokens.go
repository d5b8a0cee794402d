package auth

import (
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// The bounds of a token.
const (
	// MaxLife is how long a token may live.
	MaxLife = 15 * time.Minute
	// leeway is how far clocks may be apart.
	leeway = 60 * time.Second
	// maxToken is the longest text that is looked at.
	maxToken = 4096
)

// ErrToken says that a token opens nothing. Why is for the log, not for the bearer.
var ErrToken = errors.New("auth: token not valid")

// Tokens issues and verifies bearer tokens: JWT, signed with HMAC-SHA-256 and nothing else.
type Tokens struct {
	secret   []byte
	issuer   string
	audience string
	clock    func() time.Time
	parser   *jwt.Parser
}

// NewTokens builds Tokens. The secret has at least MinPepper bytes; issuer and audience must not be empty: a token
// made for another service must not open this one.
func NewTokens(secret []byte, issuer, audience string, clock func() time.Time) (*Tokens, error) {
	switch {
	case len(secret) < MinPepper:
		return nil, fmt.Errorf("auth: the token secret must have at least %d bytes", MinPepper)
	case issuer == "" || audience == "" || clock == nil:
		return nil, errors.New("auth: tokens need an issuer, an audience and a clock")
	}
	return &Tokens{
		secret: append([]byte(nil), secret...), issuer: issuer, audience: audience, clock: clock,
		parser: jwt.NewParser(
			jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithIssuer(issuer), jwt.WithAudience(audience),
			jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(leeway), jwt.WithTimeFunc(clock), jwt.WithStrictDecoding(),
		),
	}, nil
}

type claims struct {
	jwt.RegisteredClaims
	Org  string      `json:"org"`
	Role tenant.Role `json:"role"`
}

// Issue makes a token that opens one organisation for a while, at most MaxLife.
func (t *Tokens) Issue(org tenant.ID, role tenant.Role, subject string, life time.Duration) (string, error) {
	switch {
	case life <= 0 || life > MaxLife:
		return "", fmt.Errorf("auth: a token lives at most %s", MaxLife)
	case !tenant.Owner.Allows(role):
		return "", fmt.Errorf("auth: unknown role %q", role)
	case subject == "":
		return "", errors.New("auth: a token needs a subject")
	}
	now := t.clock()
	return jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: t.issuer, Audience: jwt.ClaimStrings{t.audience}, Subject: subject, ID: uuid.NewString(),
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(life)),
		},
		Org: org.String(), Role: role,
	}).SignedString(t.secret)
}

// Verify says what a token opens. Any error is an ErrToken.
func (t *Tokens) Verify(token string) (org tenant.ID, role tenant.Role, subject string, err error) {
	refuse := func(why error) (tenant.ID, tenant.Role, string, error) {
		return tenant.ID{}, "", "", errors.Join(ErrToken, why)
	}
	if len(token) > maxToken {
		return refuse(errors.New("too long"))
	}
	var c claims
	if _, err := t.parser.ParseWithClaims(token, &c, t.key); err != nil {
		return refuse(err)
	}
	if c.IssuedAt == nil || c.ExpiresAt.Sub(c.IssuedAt.Time) > MaxLife {
		return refuse(errors.New("lives too long"))
	}
	org, err = uuid.Parse(c.Org)
	if err != nil || org == uuid.Nil || c.Subject == "" || !tenant.Owner.Allows(c.Role) {
		return refuse(errors.New("names nobody"))
	}
	return org, c.Role, c.Subject, nil
}

// key is the one key there is, whatever the token's header asks for. Extensions that must be understood are not.
func (t *Tokens) key(token *jwt.Token) (any, error) {
	if _, ok := token.Header["crit"]; ok {
		return nil, errors.New("unknown critical extension")
	}
	return t.secret, nil
}
