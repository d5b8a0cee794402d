package app

import (
	"net/http"
	"regexp"
	"testing"
)

var profilingURL = regexp.MustCompile(`http://127\.0\.0\.1:\d+/debug/pprof/`)

func TestProfilesAreOffUnlessAskedFor(t *testing.T) {
	r := start(t, load(t, "CSM_STORAGE=memory://"))
	if url := profilingURL.FindString(r.log.String()); url != "" {
		t.Errorf("profiles are served at %s", url)
	}
}

func TestProfilesHaveAListenerOfTheirOwn(t *testing.T) {
	r := start(t, load(t, "CSM_STORAGE=memory://", "CSM_PPROF_ADDR=127.0.0.1:0"))
	url := profilingURL.FindString(r.log.String())
	if url == "" {
		t.Fatalf("the log names no address: %s", r.log)
	}
	for _, profile := range []string{"", "heap", "goroutine", "cmdline"} {
		if res, body := get(t, url+profile, ""); res.StatusCode != http.StatusOK || body == "" {
			t.Errorf("%q: %s", profile, res.Status)
		}
	}
	if res, _ := get(t, r.url+"/debug/pprof/", r.key()); res.StatusCode != http.StatusNotFound {
		t.Errorf("the API's listener answers %s", res.Status)
	}
	if res, _ := get(t, url+"../../api/v1/cs-metrics/dashboard", r.key()); res.StatusCode != http.StatusNotFound {
		t.Errorf("the listener of the profiles answers for the API: %s", res.Status)
	}
}
