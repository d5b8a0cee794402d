package storagetest

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
)

// differ names the first difference between what was wanted and what came back, "" when there is none. Instants are
// compared as instants, an empty list or map equals none, and every time that came back must be in UTC.
func differ(want, got any) string {
	path, what := difference(reflect.ValueOf(want), reflect.ValueOf(got))
	if what == "" {
		return ""
	}
	return path + ": " + what
}

// difference returns what differs, and the path to it, which is put together on the way back only.
func difference(want, got reflect.Value) (path, what string) {
	if want.Type() == reflect.TypeFor[time.Time]() {
		return "", instants(want.Interface().(time.Time), got.Interface().(time.Time))
	}
	switch want.Kind() {
	case reflect.Struct:
		for i := range want.NumField() {
			if path, what := difference(want.Field(i), got.Field(i)); what != "" {
				return "." + want.Type().Field(i).Name + path, what
			}
		}
	case reflect.Pointer:
		if want.IsNil() || got.IsNil() {
			if want.IsNil() == got.IsNil() {
				return "", ""
			}
			return "", fmt.Sprintf("wanted nil %v, got nil %v", want.IsNil(), got.IsNil())
		}
		return difference(want.Elem(), got.Elem())
	case reflect.Slice:
		if want.Len() != got.Len() {
			return "", fmt.Sprintf("wanted %d items, got %d", want.Len(), got.Len())
		}
		for i := range want.Len() {
			if path, what := difference(want.Index(i), got.Index(i)); what != "" {
				return fmt.Sprintf("[%d]%s", i, path), what
			}
		}
	case reflect.Map:
		if want.Len() != got.Len() {
			return "", fmt.Sprintf("wanted %d entries, got %d", want.Len(), got.Len())
		}
		for _, key := range want.MapKeys() {
			value := got.MapIndex(key)
			if !value.IsValid() {
				return "", fmt.Sprintf("no entry %v", key)
			}
			if path, what := difference(want.MapIndex(key), value); what != "" {
				return fmt.Sprintf("[%v]%s", key, path), what
			}
		}
	default:
		if !want.Equal(got) {
			return "", fmt.Sprintf("wanted %#v, got %#v", want.Interface(), got.Interface())
		}
	}
	return "", ""
}

func instants(want, got time.Time) string {
	switch {
	case !want.Equal(got):
		return fmt.Sprintf("wanted %s, got %s", want.UTC().Format(time.RFC3339Nano), got.Format(time.RFC3339Nano))
	case got.Location() != time.UTC:
		return fmt.Sprintf("came back in the zone %s, not in UTC", got.Location())
	}
	return ""
}

// same is an error that names the first difference; what says where.
func same(what string, want, got any) error {
	if d := differ(want, got); d != "" {
		return fmt.Errorf("%s: %s", what, d)
	}
	return nil
}

// sameConversation compares all but the store's number.
func sameConversation(what string, want, got conversation.Conversation) error {
	want.Seq, got.Seq = 0, 0
	return same(what+" "+want.ID, want, got)
}

func sameList(what string, want, got []conversation.Conversation) error {
	for i := range min(len(want), len(got)) {
		if want[i].Key != got[i].Key {
			return fmt.Errorf("%s: place %d: wanted %s/%q, got %s/%q", what, i, want[i].Platform, want[i].ID, got[i].Platform, got[i].ID)
		}
		if err := sameConversation(what, want[i], got[i]); err != nil {
			return err
		}
	}
	if len(want) != len(got) {
		return fmt.Errorf("%s: wanted %d conversations, got %d", what, len(want), len(got))
	}
	return nil
}

func sameCells(what string, want, got []metric.Cell) error {
	for i := range min(len(want), len(got)) {
		if err := same(fmt.Sprintf("%s: cell %d", what, i), want[i].Key, got[i].Key); err != nil {
			return err
		}
		if err := same(fmt.Sprintf("%s: cell %+v", what, want[i].Key), want[i].Values, got[i].Values); err != nil {
			return err
		}
	}
	if len(want) != len(got) {
		return fmt.Errorf("%s: wanted %d cells, got %d", what, len(want), len(got))
	}
	return nil
}

// wantError is an error unless err is the wanted one.
func wantError(what string, err, want error) error {
	if errors.Is(err, want) {
		return nil
	}
	return fmt.Errorf("%s: wanted the error %q, got %v", what, want, err)
}

// first runs the checks until one fails.
func first(checks ...func() error) error {
	for _, check := range checks {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func ptr[T any](v T) *T { return &v }
