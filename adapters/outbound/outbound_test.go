package outbound_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/csm-monitor/csm-monitor/adapters/outbound"
)

func TestRefusedAddresses(t *testing.T) {
	c := outbound.New(outbound.Options{})
	for _, address := range []string{
		"", "x", "ftp://example.org/", "http://example.org/", "https://example.org:8443/", "https://u:p@example.org/", "https://u@example.org/",
		"https://127.0.0.1/", "https://127.1.2.3/", "https://10.0.0.1/", "https://172.16.0.1/", "https://192.168.1.1/", "https://169.254.169.254/latest/meta-data/",
		"https://100.64.0.1/", "https://192.0.0.8/", "https://198.18.0.1/", "https://240.0.0.1/", "https://255.255.255.255/", "https://224.0.0.1/", "https://0.0.0.0/",
		"https://[::1]/", "https://[::]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://[fe80::1]/",
		"https://[fc00::1]/", "https://[fd12:3456::1]/", "https://[ff02::1]/", "https://[2002:7f00:1::]/", "file:///etc/passwd", "https:example.org", "gopher://example.org/",
	} {
		if err := c.Check(address); !errors.Is(err, outbound.ErrRefused) {
			t.Errorf("Check(%q): wanted a refusal, got %v", address, err)
		}
		u, err := url.Parse(address)
		if err != nil {
			continue
		}
		if _, _, _, err := c.Do((&http.Request{Method: "GET", URL: u, Header: http.Header{}}).WithContext(context.Background())); err == nil {
			t.Errorf("Do(%q) went through", address)
		}
	}
	if err := c.Check("https://hooks.example.org/services/x"); err != nil {
		t.Errorf("a public https address: %v", err)
	}
}

// Names and odd spellings of inside addresses are caught where the connection is made.
func TestTheDialledAddressIsChecked(t *testing.T) {
	reached := false
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer server.Close()
	c := outbound.New(outbound.Options{})
	for _, address := range []string{"https://localhost/", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://127.1/", "https://localhost./"} {
		req, err := http.NewRequest("GET", address, nil)
		if err != nil {
			continue
		}
		if _, _, _, err := c.Do(req); err == nil || strings.Contains(err.Error(), address) {
			t.Errorf("Do(%q): wanted an error that does not repeat the address, got %v", address, err)
		}
	}
	if reached {
		t.Error("the inside was reached")
	}
}

func TestAllowedHostsAndLimits(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, "/", http.StatusFound)
		case "/long":
			w.Write(make([]byte, outbound.MaxAnswer+1))
		default:
			w.Write([]byte("ok"))
		}
	}))
	defer server.Close()
	c := outbound.New(outbound.Options{AllowHosts: []string{"127.0.0.1"}})
	get := func(path string) (int, []byte, error) {
		req, err := http.NewRequest("GET", server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		status, _, body, err := c.Do(req)
		return status, body, err
	}
	if status, body, err := get("/"); status != 200 || string(body) != "ok" || err != nil {
		t.Errorf("allowed host: %d %q %v", status, body, err)
	}
	if status, _, err := get("/redirect"); status != http.StatusFound || err != nil {
		t.Errorf("a redirect must be returned, not followed: %d %v", status, err)
	}
	if _, _, err := get("/long"); !errors.Is(err, outbound.ErrTooLong) {
		t.Errorf("a long answer: %v", err)
	}
}
