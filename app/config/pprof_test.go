package config

import (
	"strings"
	"testing"
)

func TestProfilesStayOnThisMachine(t *testing.T) {
	for addr, fine := range map[string]bool{
		"127.0.0.1:6060": true, "[::1]:6060": true, "localhost:0": true, "127.8.8.8:1": true,
		":6060": false, "0.0.0.0:6060": false, "10.0.0.1:6060": false, "[::]:1": false, "example.com:1": false,
	} {
		_, err := Load([]string{"--pprof-addr", addr}, nil, schemes)
		if fine && err != nil || !fine && (err == nil || !strings.Contains(err.Error(), "--pprof-addr must be an address that only this machine can reach")) {
			t.Errorf("%s: %v", addr, err)
		}
	}
}
