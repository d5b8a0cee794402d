package httpapi

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/csm-monitor/csm-monitor/adapters/wire"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// principal is who asks.
type principal struct {
	org  tenant.ID
	role tenant.Role
	// id names the key or the token's subject.
	id string
}

// call is one request on its way through a route.
type call struct {
	api   *API
	route *route
	w     *recorder
	r     *http.Request
	who   principal
	body  source
}

// handler is the route behind the checks that all routes share.
func (a *API) handler(r route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		rec := w.(*recorder) // ServeHTTP, the only way here, made it
		c := &call{api: a, route: &r, w: rec, r: req}
		rec.route = r.path
		if err := c.run(); err != nil {
			rec.fail(req, err)
		}
	})
}

func (c *call) run() error {
	if c.route.need != public {
		c.w.Header()["Cache-Control"] = noStore
		if err := c.authenticate(); err != nil {
			return err
		}
		if err := c.withinRates(); err != nil {
			return err
		}
		if !c.who.role.Allows(c.route.need) {
			return failure(codeForbidden, "this needs the role "+string(c.route.need)+", and the credential has "+string(c.who.role))
		}
	}
	return c.route.handle(c)
}

// authenticate finds out who asks. The organisation comes from the credential and from nowhere else.
func (c *call) authenticate() error {
	keys, bearers := c.r.Header.Values("X-Api-Key"), c.r.Header.Values("Authorization")
	switch {
	case len(keys)+len(bearers) == 0:
		return failure(codeUnauthenticated, "send an API key in the header X-API-Key")
	case len(keys)+len(bearers) > 1:
		return failure(codeUnauthenticated, "send one credential, not several")
	case len(keys) == 1:
		key, err := c.api.Keys.Authenticate(c.r.Context(), keys[0])
		if isNotFound(err) {
			return failure(codeUnauthenticated, "the API key is not valid")
		}
		if err != nil {
			return err
		}
		c.who = principal{key.Org, key.Role, key.ID}
	default:
		scheme, token, _ := strings.Cut(bearers[0], " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return failure(codeUnauthenticated, "the header Authorization must be of the form: Bearer TOKEN")
		}
		if c.api.Tokens == nil {
			return failure(codeUnauthenticated, "this server issues no bearer tokens; send an API key in the header X-API-Key")
		}
		org, role, subject, err := c.api.Tokens.Verify(token)
		if err != nil {
			return failure(codeUnauthenticated, "the bearer token is not valid")
		}
		c.who = principal{org, role, subject}
	}
	c.w.who = c.who
	return nil
}

func (c *call) withinRates() error {
	now := c.api.Clock()
	if wait, ok := c.api.byKey.take(limited{c.who.org, c.who.id}, now); !ok {
		return &Failure{Code: codeRateLimited, Detail: "too many requests with this credential", RetryAfter: wait}
	}
	if wait, ok := c.api.byOrg.take(limited{org: c.who.org}, now); !ok {
		return &Failure{Code: codeRateLimited, Detail: "too many requests of this organisation", RetryAfter: wait}
	}
	return nil
}

// answer writes v as JSON.
func (c *call) answer(status int, v any) error {
	return c.w.json(status, mediaJSON, v)
}

// answerConversation writes a conversation as JSON.
func (c *call) answerConversation(status int, a *wire.ConversationAnswer) error {
	out := c.api.buffer()
	defer c.api.release(out)
	line, err := a.AppendJSON(out.AvailableBuffer())
	if err != nil {
		return err
	}
	out.Write(append(line, '\n'))
	return c.w.send(status, mediaJSON, out.Bytes())
}

// once is the idempotency token of the request, nil when it has none. suffix tells apart items that share one.
func (c *call) once(suffix string, body []byte) (*idempotency, error) {
	tokens := c.r.Header.Values("Idempotency-Key")
	if len(tokens) == 0 {
		return nil, nil
	}
	token := tokens[0]
	if len(tokens) > 1 || token == "" || len(token) > 200 || strings.ContainsFunc(token, func(r rune) bool { return r < '!' || r > '~' }) {
		return nil, failure(codeInvalidHeader, "the header Idempotency-Key must be one value of 1 to 200 visible ASCII characters")
	}
	return newIdempotency(c.r.Method+" "+c.r.URL.Path, token+suffix, body, c.api.now()), nil
}

// Headers that many answers have, made once. Nobody changes them: header.Set replaces, header.Add copies.
var (
	noStore      = []string{"no-store"}
	noSniff      = []string{"nosniff"}
	mediaJSON    = []string{jsonType}
	mediaProblem = []string{"application/problem+json"}
)

// json writes a value with its length.
func (w *recorder) json(status int, media []string, v any) error {
	encoder := json.NewEncoder(piece(func(body []byte) error { return w.send(status, media, body) }))
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// piece takes what is written in one piece, as an encoder writes a value: a page of conversations is large, and another
// buffer for it would be held until the client has read it.
type piece func(body []byte) error

// Write hands the piece on.
func (f piece) Write(body []byte) (int, error) { return len(body), f(body) }

// send writes a whole answer.
func (w *recorder) send(status int, media []string, body []byte) error {
	h := w.Header()
	h["Content-Type"] = media
	w.values.length[0] = strconv.Itoa(len(body))
	h["Content-Length"] = w.values.length[:]
	w.WriteHeader(status)
	_, err := w.Write(body)
	return ignoreWrite(err)
}

func isNotFound(err error) bool { return is(err, port.ErrNotFound) }
