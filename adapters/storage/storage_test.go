package storage_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/adapters/storage/memory"
	"github.com/csm-monitor/csm-monitor/core/port"
)

func opener(scheme string, s port.Storage, err error) storage.Driver {
	return storage.Driver{Scheme: scheme, Open: func(context.Context, string, storage.Options) (port.Storage, error) { return s, err }}
}

func TestOpenPicksByScheme(t *testing.T) {
	var got string
	drivers := []storage.Driver{
		opener("wrong", port.Storage{}, errors.New("the wrong driver")),
		{Scheme: "right", Open: func(_ context.Context, dsn string, _ storage.Options) (port.Storage, error) {
			got = dsn
			return memory.New(), nil
		}},
	}
	s, err := storage.Open(context.Background(), "right://user@host/name?a=b", storage.Options{}, drivers...)
	if err != nil {
		t.Fatal(err)
	}
	if got != "right://user@host/name?a=b" {
		t.Errorf("the driver got %q", got)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestOpenRefusesInOneSentence(t *testing.T) {
	whole, partial, other := memory.New(), memory.New(), memory.New()
	other.Shared = true
	closed := 0
	partial.Gaps, partial.Ready = nil, nil
	shut := partial.Close
	partial.Close = func() error { closed++; return shut() }
	defer func() { _ = whole.Close() }()
	drivers := []storage.Driver{opener("whole", whole, nil), opener("partial", partial, nil), opener("failing", port.Storage{}, errors.New("disk is full")), opener("other", other, nil)}
	for dsn, want := range map[string]string{
		"":                       "storage: the address must begin with one of whole://, partial://, failing://, other://",
		"postgres:secret@host/x": "storage: the address must begin with one of whole://, partial://, failing://, other://",
		"mysql://u:secret@host":  `storage: "mysql" is not a known kind of store; known are whole://, partial://, failing://, other://`,
		"WHOLE://":               `storage: "WHOLE" is not a known kind of store; known are whole://, partial://, failing://, other://`,
		"partial://":             "storage: the partial store has no Gaps, Ready",
		"failing://u:secret@h":   "storage: open failing: disk is full",
		"other://":               "storage: the other store is opened as Shared true, and its driver says false",
	} {
		_, err := storage.Open(context.Background(), dsn, storage.Options{}, drivers...)
		if err == nil || err.Error() != want {
			t.Errorf("%q:\nwanted %s\ngot    %v", dsn, want, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error shows what may be a password", dsn)
		}
	}
	if closed != 1 {
		t.Errorf("the store that was refused was closed %d times", closed)
	}
}
