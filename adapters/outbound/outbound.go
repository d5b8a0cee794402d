// Package outbound is the one HTTP client for every address that a user, an operator or a platform can name. It refuses
// to connect to the inside of the operator's network, follows no redirect, and reads no more of an answer than it must.
package outbound

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Limits that hold for every call.
const (
	DefaultTimeout = 10 * time.Second
	MaxAnswer      = 64 << 10
)

// Options loosen the guard, for the operator alone. The zero value is the strict client.
type Options struct {
	// AllowHosts are hosts ("localhost", "10.0.0.5", "ollama.internal") that may be inside, reached on any port and
	// without TLS.
	AllowHosts []string
	// Timeout bounds a whole call; 0 is DefaultTimeout.
	Timeout time.Duration
	// MaxAnswer bounds what is read of an answer, in bytes; 0 is MaxAnswer.
	MaxAnswer int64
}

// ErrRefused says that the address is not one this client talks to.
var ErrRefused = errors.New("outbound: address refused")

// ErrTooLong says that an answer was longer than allowed.
var ErrTooLong = errors.New("outbound: the answer is too long")

// Client makes guarded calls. It may be used from many goroutines.
type Client struct {
	http  *http.Client
	allow []string
	max   int64
}

// New makes a client.
func New(o Options) *Client {
	c := &Client{allow: o.AllowHosts, max: o.MaxAnswer}
	if c.max <= 0 {
		c.max = MaxAnswer
	}
	timeout := o.Timeout
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	c.http = &http.Client{
		Timeout:       timeout,
		Transport:     c.transport(),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

// transport checks the address that is really dialled, after the name was resolved, so that a name cannot point outside
// when it is checked and inside when it is used. No proxy of the environment is used: it would dial unchecked.
func (c *Client) transport() *http.Transport {
	strict := &net.Dialer{Timeout: 5 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		return checkAddress(address)
	}}
	open := &net.Dialer{Timeout: 5 * time.Second}
	return &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if host, _, err := net.SplitHostPort(address); err == nil && c.allowed(host) {
				return open.DialContext(ctx, network, address)
			}
			return strict.DialContext(ctx, network, address)
		},
		TLSHandshakeTimeout:   5 * time.Second,
		ResponseHeaderTimeout: DefaultTimeout,
		MaxIdleConns:          16,
		IdleConnTimeout:       time.Minute,
		ForceAttemptHTTP2:     true,
	}
}

func (c *Client) allowed(host string) bool {
	return slices.ContainsFunc(c.allow, func(a string) bool { return strings.EqualFold(a, host) })
}

// Check says whether the client would talk to the address at all, before it is stored: https on port 443, no user
// information, unless the operator allows the host.
func (c *Client) Check(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Opaque != "" {
		return fmt.Errorf("%w: not an absolute http address", ErrRefused)
	}
	switch {
	case u.User != nil:
		return fmt.Errorf("%w: it must not carry a user name or password", ErrRefused)
	case c.allowed(u.Hostname()) && (u.Scheme == "http" || u.Scheme == "https"):
		return nil
	case u.Scheme != "https":
		return fmt.Errorf("%w: it must begin with https://", ErrRefused)
	case u.Port() != "" && u.Port() != "443":
		return fmt.Errorf("%w: its port must be 443", ErrRefused)
	}
	if ip, err := netip.ParseAddr(strings.Trim(u.Hostname(), "[]")); err == nil && inside(ip) {
		return fmt.Errorf("%w: it names the inside of a network", ErrRefused)
	}
	return nil
}

// Do sends a request and returns status, header and the whole answer. A redirect is returned as it is.
func (c *Client) Do(req *http.Request) (status int, header http.Header, body []byte, err error) {
	if err := c.Check(req.URL.String()); err != nil {
		return 0, nil, nil, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return 0, nil, nil, withoutURL(err)
	}
	defer res.Body.Close()
	body, err = io.ReadAll(io.LimitReader(res.Body, c.max+1))
	if err != nil {
		return res.StatusCode, res.Header, nil, withoutURL(err)
	}
	if int64(len(body)) > c.max {
		return res.StatusCode, res.Header, nil, ErrTooLong
	}
	return res.StatusCode, res.Header, body, nil
}

// withoutURL drops the address from an error, as it may carry a secret.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

func checkAddress(address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if inside(at.Addr()) {
		return fmt.Errorf("%w: it leads to the inside of a network", ErrRefused)
	}
	return nil
}

// reserved are ranges that are not somebody else's public address.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"),
	netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("fec0::/10"),
}

func inside(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	return !ip.IsValid() || ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsLinkLocalMulticast() ||
		ip.IsInterfaceLocalMulticast() || ip.IsMulticast() || ip.IsUnspecified() ||
		slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p.Contains(ip) })
}
