package httpapi_test

import (
	"context"
	"net/http/httptest"
	"testing"

	"github.com/csm-monitor/csm-monitor/adapters/httpapi"
	"github.com/csm-monitor/csm-monitor/contract-tests/apitest"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

func TestContract(t *testing.T) { apitest.Run(t, target) }

// target is a server on an empty memory store, as the suite wants it.
func target(t testing.TB) apitest.Target {
	h := open(t)
	server := httptest.NewServer(h.api)
	t.Cleanup(server.Close)
	strangers, err := h.monitor.CreateOrg(context.Background(), "Strangers", tenant.SelfHosted)
	if err != nil {
		t.Fatal(err)
	}
	options := h.options
	options.KeyRate = httpapi.Rate{PerSecond: 1.0 / 3600, Burst: 3}
	limited, err := httpapi.New(options)
	if err != nil {
		t.Fatal(err)
	}
	limitedServer := httptest.NewServer(limited)
	t.Cleanup(limitedServer.Close)
	return apitest.Target{
		URL: server.URL, Owner: h.key, Admin: h.newKey(h.org.ID, tenant.Admin), Member: h.newKey(h.org.ID, tenant.Member),
		Viewer: h.newKey(h.org.ID, tenant.Viewer), Stranger: h.newKey(strangers.ID, tenant.Owner),
		Settle: func() error {
			_, err := h.monitor.AssignGaps(context.Background(), h.org.ID)
			return err
		},
		Drain: h.api.Drain, Limited: limitedServer.URL,
	}
}
