package httpapi

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"

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
		c.w.Header().Set("Cache-Control", "no-store")
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
	return c.w.json(status, "application/json", v)
}

// once is the idempotency token of the request, nil when it has none. where tells apart requests that may share one.
func (c *call) once(where, suffix string, body []byte) (*idempotency, error) {
	tokens := c.r.Header.Values("Idempotency-Key")
	if len(tokens) == 0 {
		return nil, nil
	}
	token := tokens[0]
	if len(tokens) > 1 || token == "" || len(token) > 200 || strings.ContainsFunc(token, func(r rune) bool { return r < '!' || r > '~' }) {
		return nil, failure(codeInvalidHeader, "the header Idempotency-Key must be one value of 1 to 200 visible ASCII characters")
	}
	return newIdempotency(where, token+suffix, body, c.api.now()), nil
}

// answers are buffers in which answers have been written.
var answers sync.Pool

// json writes a value with its length.
func (w *recorder) json(status int, media string, v any) error {
	out, ok := answers.Get().(*bytes.Buffer)
	if !ok {
		out = new(bytes.Buffer)
	}
	out.Reset()
	defer func() {
		if out.Cap() <= 256<<10 {
			answers.Put(out)
		}
	}()
	if a, ok := v.(*wire.ConversationAnswer); ok {
		line, err := a.AppendJSON(out.AvailableBuffer())
		if err != nil {
			return err
		}
		out.Write(append(line, '\n'))
	} else {
		encoder := json.NewEncoder(out)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(v); err != nil {
			return err
		}
	}
	h := w.Header()
	h.Set("Content-Type", media)
	h.Set("Content-Length", strconv.Itoa(out.Len()))
	w.WriteHeader(status)
	_, err := w.Write(out.Bytes())
	return ignoreWrite(err)
}

func isNotFound(err error) bool { return is(err, port.ErrNotFound) }
