package app

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/csm-monitor/csm-monitor/adapters/embed"
	"github.com/csm-monitor/csm-monitor/app/config"
	"github.com/csm-monitor/csm-monitor/core/monitor"
	"github.com/csm-monitor/csm-monitor/core/port"
)

func newMonitor(cfg config.Config, store port.Storage, clock func() time.Time) (*monitor.Monitor, error) {
	meaning, err := newMeaning(cfg)
	if err != nil {
		return nil, err
	}
	return monitor.New(store, monitor.Options{Clock: clock, Meaning: meaning})
}

// newMeaning is the configured embedder. The operator named its address, so its host may be inside the network.
func newMeaning(cfg config.Config) (monitor.Meaning, error) {
	if cfg.EmbedderURL == "" {
		return monitor.Meaning{}, nil
	}
	address, err := url.Parse(cfg.EmbedderURL)
	if err != nil {
		return monitor.Meaning{}, errors.New("CSM_EMBEDDER_URL is not an address such as http://localhost:11434/v1")
	}
	client, err := embed.New(embed.Options{
		URL: cfg.EmbedderURL, Model: cfg.EmbedderModel, Key: cfg.EmbedderKey.Reveal(), AllowHosts: []string{address.Hostname()},
	})
	if err != nil {
		return monitor.Meaning{}, fmt.Errorf("CSM_EMBEDDER_URL: %w", err)
	}
	return monitor.Meaning{Embedder: client, Threshold: cfg.EmbedderThreshold}, nil
}
