package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/samber/lo"
)

// redacted stands for every secret wherever a Config is printed.
const redacted = "[redacted]"

// Secret is a text that is never printed, logged or marshalled.
type Secret struct{ text string }

// NewSecret wraps a text.
func NewSecret(text string) Secret { return Secret{text} }

// Reveal is the text itself.
func (s Secret) Reveal() string { return s.text }

// UnmarshalText takes any text.
func (s *Secret) UnmarshalText(text []byte) error {
	s.text = strings.TrimSpace(string(text))
	return nil
}

// String says that there is something, never what.
func (s Secret) String() string {
	if s.text == "" {
		return ""
	}
	return redacted
}

// Format keeps every verb from printing the text.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.String()) }

// MarshalText keeps every encoder from writing the text.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue keeps the text out of logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// DSN is the address of a store, which may hold a password.
type DSN struct{ text string }

// Reveal is the whole address.
func (d DSN) Reveal() string { return d.text }

// Scheme is what stands before "://".
func (d DSN) Scheme() string {
	scheme, _, _ := strings.Cut(d.text, "://")
	return scheme
}

// UnmarshalText takes any text; check judges it.
func (d *DSN) UnmarshalText(text []byte) error {
	d.text = string(text)
	return nil
}

// String is the address without user, password and parameters.
func (d DSN) String() string {
	scheme, rest, ok := strings.Cut(d.text, "://")
	if !ok {
		return redacted
	}
	rest, _, _ = strings.Cut(rest, "?")
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		rest = rest[at+1:]
	}
	return scheme + "://" + rest
}

// Format, MarshalText and LogValue print what String does.
func (d DSN) Format(f fmt.State, _ rune) { fmt.Fprint(f, d.String()) }

// MarshalText is String.
func (d DSN) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// LogValue is String.
func (d DSN) LogValue() slog.Value { return slog.StringValue(d.String()) }

// check says what is wrong with the address, or nothing.
func (d DSN) check(schemes []string) string {
	known := strings.Join(lo.Map(schemes, func(s string, _ int) string { return s + "://" }), ", ")
	scheme, _, ok := strings.Cut(d.text, "://")
	if !ok {
		return "must be an address that begins with one of " + known
	}
	if !lo.Contains(schemes, scheme) {
		return fmt.Sprintf("names an unknown kind of store, %q; known are %s", scheme, known)
	}
	return ""
}

// Addr is host:port to listen on.
type Addr string

// UnmarshalText accepts host:port, :port and port 0, which takes a free one.
func (a *Addr) UnmarshalText(text []byte) error {
	_, port, err := net.SplitHostPort(string(text))
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return errors.New("must be host:port, such as 127.0.0.1:8080 or :8080")
	}
	*a = Addr(text)
	return nil
}

// URL is how a browser on this machine reaches the address.
func (a Addr) URL() string {
	host, port, _ := net.SplitHostPort(string(a))
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return (&url.URL{Scheme: "http", Host: net.JoinHostPort(host, port)}).String()
}

// loopback says whether only this machine can reach the address.
func (a Addr) loopback() bool {
	host, _, _ := net.SplitHostPort(string(a))
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Size is a number of bytes.
type Size int64

// UnmarshalText accepts 1048576, 1024KiB, 1MiB and 1GiB.
func (s *Size) UnmarshalText(text []byte) error {
	number, unit := string(text), int64(1)
	for _, u := range []struct {
		suffix string
		bytes  int64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}} {
		if rest, ok := strings.CutSuffix(number, u.suffix); ok {
			number, unit = rest, u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
	if err != nil || n < 1 || n > (16<<30)/unit {
		return errors.New("must be a size from 1 byte to 16GiB, such as 1048576, 512KiB or 64MiB")
	}
	*s = Size(n * unit)
	return nil
}

// Rate is a number of events a second.
type Rate float64

// UnmarshalText accepts what is above 0, up to a million.
func (r *Rate) UnmarshalText(text []byte) error {
	v, err := strconv.ParseFloat(string(text), 64)
	if err != nil || !(v > 0 && v <= 1e6) {
		return errors.New("must be a number above 0, at most 1000000")
	}
	*r = Rate(v)
	return nil
}

// Days is a number of days.
type Days int

// UnmarshalText accepts 0 to 36500.
func (d *Days) UnmarshalText(text []byte) error {
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 0 || n > 36500 {
		return errors.New("must be a number of days from 0 to 36500")
	}
	*d = Days(n)
	return nil
}

func lower(text []byte) string { return strings.ToLower(string(text)) }

func oneOf[T ~string](known []T) error {
	return fmt.Errorf("must be one of %s", strings.Join(lo.Map(known, func(k T, _ int) string { return string(k) }), ", "))
}
