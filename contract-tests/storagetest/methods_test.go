package storagetest

import (
	"context"
	"reflect"
	"testing"

	"github.com/csm-monitor/csm-monitor/adapters/storage/memory"
	"github.com/csm-monitor/csm-monitor/core/port"
)

// methods is every method of every port of port.Storage, as Port.Method.
func methods() []string {
	var out []string
	storage := reflect.TypeFor[port.Storage]()
	for i := range storage.NumField() {
		f := storage.Field(i)
		switch f.Type.Kind() {
		case reflect.Interface:
			for j := range f.Type.NumMethod() {
				out = append(out, f.Name+"."+f.Type.Method(j).Name)
			}
		case reflect.Func:
			out = append(out, "Storage."+f.Name)
		}
	}
	return out
}

// TestEveryMethodIsCalledClosedAndCancelled holds the table of calls to the ports, so that a new method is tried on a
// closed store and with an ended context too.
func TestEveryMethodIsCalledClosedAndCancelled(t *testing.T) {
	s := memory.New()
	defer func() { _ = s.Close() }()
	r, err := enter(context.Background(), s, 1)
	if err != nil {
		t.Fatal(err)
	}
	calls := r.calls()
	for _, method := range methods() {
		if calls[method] == nil && method != closing {
			t.Errorf("%s is in no call", method)
		}
	}
}
