package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/csm-monitor/csm-monitor/core/monitor"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Keys is what the API needs to know about API keys.
type Keys interface {
	// Authenticate finds the key that a secret is; port.ErrNotFound when it opens nothing, or no longer.
	Authenticate(ctx context.Context, secret string) (tenant.APIKey, error)
	// Create makes a key and returns its secret, which cannot be had again.
	Create(ctx context.Context, org tenant.ID, name string, role tenant.Role) (secret string, key tenant.APIKey, err error)
	// List yields an organisation's keys, oldest first, revoked ones too.
	List(ctx context.Context, org tenant.ID) ([]tenant.APIKey, error)
	// Revoke makes a key useless; port.ErrNotFound when the organisation has no such key.
	Revoke(ctx context.Context, org tenant.ID, id string) error
}

// Tokens verifies bearer tokens.
type Tokens interface {
	// Verify says what a token opens. Any error means that it opens nothing.
	Verify(token string) (org tenant.ID, role tenant.Role, subject string, err error)
}

// Rate bounds requests.
type Rate struct {
	// PerSecond is the lasting rate; 0 takes the default.
	PerSecond float64
	// Burst is how many may come at once.
	Burst int
}

// Options are what an API is made of. Monitor, Keys, CursorKey and Clock are required.
type Options struct {
	Monitor *monitor.Monitor
	Keys    Keys
	// Tokens is nil where no bearer tokens are issued; they are then refused.
	Tokens Tokens
	// CursorKey authenticates paging cursors, at least 32 bytes. Servers behind one address share it.
	CursorKey []byte
	Clock     func() time.Time
	// Logger takes a line for each request; nil drops them.
	Logger *slog.Logger
	// Version is shown in the API's description.
	Version string
	// MaxBody is the most bytes a single body may have, MaxBatch a batch, both after decompression. 0 takes 1 MiB and
	// 64 MiB. An item of a batch is bounded by MaxBody.
	MaxBody, MaxBatch int64
	// KeyRate and OrgRate bound the requests of one credential and of one organisation. The defaults only stop what has
	// run away: 20,000 and 50,000 a second.
	KeyRate, OrgRate Rate
}

func (o *Options) complete() error {
	var missing []error
	need := func(have bool, name string) {
		if !have {
			missing = append(missing, fmt.Errorf("httpapi: Options.%s is required", name))
		}
	}
	need(o.Monitor != nil, "Monitor")
	need(o.Keys != nil, "Keys")
	need(o.Clock != nil, "Clock")
	need(len(o.CursorKey) >= 32, "CursorKey of at least 32 bytes")
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.MaxBody == 0 {
		o.MaxBody = 1 << 20
	}
	if o.MaxBatch == 0 {
		o.MaxBatch = 64 << 20
	}
	if o.KeyRate.PerSecond == 0 {
		o.KeyRate = Rate{PerSecond: 20_000, Burst: 20_000}
	}
	if o.OrgRate.PerSecond == 0 {
		o.OrgRate = Rate{PerSecond: 50_000, Burst: 50_000}
	}
	return errors.Join(missing...)
}

// API is an http.Handler.
type API struct {
	Options
	routes []route
	mux    *http.ServeMux
	// plain are the routes whose paths hold nothing variable, found without the router.
	plain    map[address]http.Handler
	byKey    *limiter
	byOrg    *limiter
	draining atomic.Bool
	// drained is closed when draining begins, which ends streams.
	drained chan struct{}
	drain   sync.Once
	// description and page say what the API can do, to programs and to people.
	description description
	page        page
	// arrivals and buffers are used again from request to request.
	arrivals sync.Pool
	buffers  sync.Pool
}

// address is what a request asks for.
type address struct{ method, path string }

// New builds the API, or says what is missing. A route without a permission is an error.
func New(o Options) (*API, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	a := &API{Options: o, mux: http.NewServeMux(), plain: map[address]http.Handler{}, drained: make(chan struct{}), byKey: newLimiter(o.KeyRate), byOrg: newLimiter(o.OrgRate)}
	a.routes = a.table()
	var err error
	if a.description, err = describe(a.routes, o.Version); err != nil {
		return nil, err
	}
	if a.page, err = documentation(a.routes, a.description); err != nil {
		return nil, err
	}
	for _, r := range a.routes {
		if err := r.check(); err != nil {
			return nil, err
		}
		h := a.handler(r)
		a.mux.Handle(r.method+" "+r.path, h)
		if !strings.Contains(r.path, "{") {
			a.plain[address{r.method, r.path}] = h
		}
	}
	return a, nil
}

// Drain makes every request from now on a 503 with Retry-After, while those under way finish; live streams end. /healthz
// goes on answering.
func (a *API) Drain() {
	a.draining.Store(true)
	a.drain.Do(func() { close(a.drained) })
}

// now is the present in the precision that is kept.
func (a *API) now() time.Time { return a.Clock().UTC().Truncate(time.Microsecond) }

// NewServer wraps the API in a server with the limits that keep slow and huge requests from tying it up.
func NewServer(addr string, h http.Handler) *http.Server {
	return &http.Server{
		Addr:              addr,
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       5 * time.Minute,
		WriteTimeout:      5 * time.Minute,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
}
