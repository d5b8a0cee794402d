package alert_test

import (
	"testing"
	"time"

	"github.com/csm-monitor/csm-monitor/core/alert"
)

func TestDeliveryIsTriedForThreeDays(t *testing.T) {
	var a alert.Attempt
	at, pause := start, time.Duration(0)
	for {
		a = a.Failed(at, "connection refused")
		if a.Due == nil {
			break
		}
		if a.Delivered || a.Fault == "" || a.Due.Sub(at) <= pause {
			t.Fatalf("try %d: %+v after a pause of %s", a.Tries, a, pause)
		}
		pause, at = a.Due.Sub(at), *a.Due
	}
	if whole := at.Sub(start); whole < 72*time.Hour || whole > 96*time.Hour {
		t.Errorf("given up after %s", whole)
	}
	if done := a.Succeeded(); !done.Delivered || done.Due != nil || done.Fault != "" || done.Tries != a.Tries+1 {
		t.Errorf("after success: %+v", done)
	}
}
