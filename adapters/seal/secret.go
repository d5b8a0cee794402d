package seal

import (
	"fmt"
	"log/slog"
)

// redacted is what a secret shows of itself, however it is asked.
const redacted = "[redacted]"

// Secret is a value that must not be seen: it prints, logs and encodes as [redacted].
type Secret struct{ value string }

// NewSecret keeps a value from being seen.
func NewSecret(value string) Secret { return Secret{value} }

// Reveal is the value itself.
func (s Secret) Reveal() string { return s.value }

// IsZero says whether there is no value.
func (s Secret) IsZero() bool { return s.value == "" }

// String hides the value.
func (Secret) String() string { return redacted }

// GoString hides the value from %#v.
func (Secret) GoString() string { return redacted }

// Format hides the value from every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalText hides the value from JSON and other encodings.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// UnmarshalText takes a value from configuration.
func (s *Secret) UnmarshalText(text []byte) error {
	s.value = string(text)
	return nil
}

// LogValue hides the value from logs.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
