package sdk

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// The variables FromEnv reads.
const (
	EnvAPIKey      = "CSM_MONITOR_API_KEY"
	EnvEndpoint    = "CSM_MONITOR_ENDPOINT"
	EnvEnvironment = "CSM_MONITOR_ENVIRONMENT"
	EnvLogLevel    = "CSM_MONITOR_LOG_LEVEL"
)

// What stands in for options that are not given.
const (
	DefaultEndpoint = "http://127.0.0.1:8080"
	Production      = "production"
	DefaultAttempts = 6
)

// Options say which server to talk to, and how. APIKey is required.
type Options struct {
	APIKey string
	// Endpoint is the server's address, such as https://csm.example.com; empty takes DefaultEndpoint.
	Endpoint string
	// Environment is where the caller runs. Anything but Production is noted on every conversation that Send and
	// SendBatch send, as metadata.environment, so that trials can be told from customers.
	Environment string
	// Logger takes a line for each request that is repeated (warn) and for every request (debug); nil drops them.
	Logger *slog.Logger
	// HTTPClient does the requests; nil takes one with sensible timeouts.
	HTTPClient *http.Client
	// Attempts is how often a request is tried in all; 0 takes DefaultAttempts.
	Attempts int
	// Wait is how long to wait before attempt n, counted from 1, when the server does not say; nil takes a wait that
	// doubles from a quarter of a second to 15 seconds, of which a random half is left out.
	Wait func(n int) time.Duration
}

// Client talks to one server as one organisation. It may be used from many goroutines.
type Client struct {
	key, endpoint, environment string
	log                        *slog.Logger
	http                       *http.Client
	attempts                   int
	wait                       func(n int) time.Duration
}

// New checks the options and makes a client. It does not contact the server.
func New(o Options) (*Client, error) {
	if o.APIKey == "" {
		return nil, errors.New("sdk: an API key is required")
	}
	if strings.ContainsFunc(o.APIKey, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("sdk: the API key has characters that no key has")
	}
	endpoint := strings.TrimRight(cmp.Or(o.Endpoint, DefaultEndpoint), "/")
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return nil, fmt.Errorf("sdk: the endpoint must be an address such as https://csm.example.com, not %q", endpoint)
	}
	c := &Client{
		key: o.APIKey, endpoint: endpoint, environment: cmp.Or(o.Environment, Production),
		log: o.Logger, http: o.HTTPClient, attempts: cmp.Or(o.Attempts, DefaultAttempts), wait: o.Wait,
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.http == nil {
		c.http = newHTTPClient()
	}
	if c.wait == nil {
		c.wait = backoff
	}
	return c, nil
}

// FromEnv makes a client from the four variables. CSM_MONITOR_API_KEY is required. The log goes to standard error at
// CSM_MONITOR_LOG_LEVEL: DEBUG, INFO, WARN or ERROR.
func FromEnv() (*Client, error) {
	key := os.Getenv(EnvAPIKey)
	if key == "" {
		return nil, errors.New("sdk: " + EnvAPIKey + " is not set; it holds the API key that the server printed on its first start")
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(cmp.Or(os.Getenv(EnvLogLevel), "INFO"))); err != nil {
		return nil, fmt.Errorf("sdk: %s must be one of DEBUG, INFO, WARN, ERROR", EnvLogLevel)
	}
	return New(Options{
		APIKey: key, Endpoint: os.Getenv(EnvEndpoint), Environment: os.Getenv(EnvEnvironment),
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})),
	})
}

// Endpoint is the address of the server.
func (c *Client) Endpoint() string { return c.endpoint }

// newHTTPClient follows no redirects: they would carry the key elsewhere.
func newHTTPClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 16
	transport.ResponseHeaderTimeout = 2 * time.Minute
	return &http.Client{
		Transport:     transport,
		Timeout:       5 * time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
