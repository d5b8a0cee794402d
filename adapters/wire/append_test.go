package wire

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// fill gives every field of a value one that JSON can carry, so that a field that AppendJSON forgets, or writes in
// another form than encoding/json, shows.
func fill(t *rapid.T, v reflect.Value) {
	switch v.Interface().(type) {
	case time.Time:
		at := time.UnixMicro(rapid.Int64Range(946_684_800_000_000, 1_900_000_000_000_000).Draw(t, "time")).UTC()
		v.Set(reflect.ValueOf(at))
		return
	case Number:
		v.SetString(rapid.SampledFrom([]string{"", "0", "12.50", "-3"}).Draw(t, "number"))
		return
	case json.RawMessage:
		v.SetBytes([]byte(rapid.SampledFrom([]string{`{}`, `{"a": [1, "<b>"]}`, `{"ü":null}`}).Draw(t, "raw")))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "there") {
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, v.Elem())
		}
	case reflect.Slice:
		if n := rapid.IntRange(-1, 2).Draw(t, "length"); n >= 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				fill(t, v.Index(i))
			}
		}
	case reflect.String:
		odd := rapid.SampledFrom([]string{"", "plain", "a\"b\\c", "\u2028<&>", "é🙂", "tab\there", "\x00\x1f\x7f", "bad \xff"})
		v.SetString(rapid.OneOf(odd, rapid.String()).Draw(t, "text"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "flag"))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64().Draw(t, "whole"))
	case reflect.Float64:
		v.SetFloat(rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64).Draw(t, "real"))
	default:
		t.Fatalf("no value for %s", v.Type())
	}
}

func TestAnswersAreWrittenAsEncodingJSONDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a ConversationAnswer
		fill(t, reflect.ValueOf(&a).Elem())
		var want bytes.Buffer
		encoder := json.NewEncoder(&want)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(a); err != nil {
			t.Fatal(err)
		}
		got, err := a.AppendJSON([]byte("before"))
		if err != nil {
			t.Fatal(err)
		}
		if text := string(got) + "\n"; text != "before"+want.String() {
			t.Errorf("wanted %s\n   got %s", want.String(), text)
		}
	})
}

func BenchmarkAnswer(b *testing.B) {
	at := time.Date(2026, 5, 1, 9, 0, 0, 1000, time.UTC)
	word := "billing"
	a := ConversationAnswer{Success: true, Effect: "created", Conversation: Conversation{
		ID: "5e0c1a52-7f10-5d3c-9b2f-2f6e6a3a9c11", ConversationID: "chat-1", Platform: "custom", Topic: &word, StartedAt: at, EndedAt: at,
		ReceivedAt: at, UpdatedAt: at, Findings: Findings{Escalation: Escalation{Signals: []string{}}},
	}}
	for range 6 {
		a.Conversation.Messages = append(a.Conversation.Messages, Message{SenderType: "customer", Content: "Where do I find the invoice for order 4711? My accountant needs it.", Timestamp: &at})
	}
	b.Run("append", func(b *testing.B) {
		var room []byte
		for b.Loop() {
			room, _ = a.AppendJSON(room[:0])
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		for b.Loop() {
			_, _ = json.Marshal(a)
		}
	})
}
