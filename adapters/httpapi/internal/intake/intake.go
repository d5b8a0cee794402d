// Package intake turns the JSON of one conversation into a patch. It reads by hand, because this is the hot path, and
// it lists everything wrong at once, up to conversation.MaxFaults, so that a sender can mend it in one go.
package intake

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/adapters/httpapi/internal/strict"
	"github.com/csm-monitor/csm-monitor/core/conversation"
)

// Fault is one thing wrong with a body.
type Fault struct {
	// Field is a JSON pointer.
	Field   string
	Message string
	// Unknown says that the value is not one of a closed list.
	Unknown bool
}

// Faults is the error of a body that is JSON and breaks rules.
type Faults []Fault

// Error names each field and what was expected of it.
func (f Faults) Error() string {
	parts := make([]string, len(f))
	for i, fault := range f {
		parts[i] = fault.Field + " " + fault.Message
	}
	return strings.Join(parts, "; ")
}

// Warning is something that was accepted and is worth knowing.
type Warning struct{ Field, Message string }

// Frame is what a body does not say itself.
type Frame struct {
	// Org owns the conversation.
	Org uuid.UUID
	// Key, when set, is the conversation that the body adds to; the body need not name it and must not name another.
	Key *conversation.Key
	// Now is the time of receipt, UTC in microseconds.
	Now time.Time
	// Zone gives the zone for times without one. It is asked only when there is such a time.
	Zone func() *time.Location
}

// maxWarnings bounds how many warnings one body can cause.
const maxWarnings = 20

// Reader reads bodies, one after the other. It is not for concurrent use.
type Reader struct {
	scanner  strict.Scanner
	frame    Frame
	stamp    conversation.Stamp
	facts    conversation.Facts
	key      conversation.Key
	messages []conversation.Message
	ratedAt  conversation.Said[time.Time]
	faults   Faults
	warnings []Warning
	// given says which of the required fields the body named.
	given struct{ id, platform bool }
}

// Read reads one conversation. The error is a *strict.SyntaxError for what is not acceptable JSON, or Faults with all
// that is wrong with it; of such a body only the patch's key is returned, for what it is worth. The body is not needed
// after Read returns.
func (r *Reader) Read(body []byte, frame Frame) (conversation.Patch, []Warning, error) {
	r.begin(frame)
	if err := r.document(body); err != nil {
		return conversation.Patch{}, nil, err
	}
	r.settle()
	patch := conversation.NewPatch(r.key, r.facts, r.messages, r.stamp, frame.Now)
	if len(r.faults) > 0 {
		r.rest(patch)
		return conversation.Patch{Key: r.key}, nil, r.faults
	}
	return patch, r.warnings, nil
}

func (r *Reader) begin(frame Frame) {
	*r = Reader{
		scanner: r.scanner, frame: frame, messages: r.messages[:0],
		stamp: conversation.Stamp{Trust: conversation.Signed, At: frame.Now},
		key:   conversation.Key{Org: frame.Org},
	}
}

func (r *Reader) document(body []byte) error {
	if err := r.scanner.Reset(body); err != nil {
		return err
	}
	kind, err := r.scanner.Peek()
	if err != nil {
		return err
	}
	if kind != strict.Object {
		r.fault(place{}, "must be a JSON object", false)
		if err := r.scanner.Skip(); err != nil {
			return err
		}
		if err := r.scanner.End(); err != nil {
			return err
		}
		return r.faults
	}
	if err := r.scanner.Object(r.member); err != nil {
		return err
	}
	return r.scanner.End()
}

// settle checks what involves more than one member.
func (r *Reader) settle() {
	if known := r.frame.Key; known != nil {
		if r.given.id && r.key.ID != known.ID {
			r.fault(field("conversation_id"), "must be that of the conversation in the address", false)
		}
		if r.given.platform && r.key.Platform != known.Platform {
			r.fault(field("platform"), "must be that of the conversation in the address", false)
		}
		r.key = *known
	} else {
		if !r.given.id {
			r.required(field("conversation_id"))
		}
		if !r.given.platform {
			r.required(field("platform"))
		}
	}
	switch {
	case r.facts.Rating.OK() && r.ratedAt.OK():
		r.facts.Rating.Value.At = r.ratedAt.Value
	case r.ratedAt.OK():
		r.warn(field("rated_at"), "ignored without csat_score")
	}
}

// rest adds the faults that the core finds in what could be read.
func (r *Reader) rest(patch conversation.Patch) {
	invalid, ok := patch.Validate(r.frame.Now).(*conversation.Invalid)
	if !ok {
		return
	}
	have := make(map[string]bool, len(r.faults))
	for _, f := range r.faults {
		have[f.Field] = true
	}
	for _, f := range invalid.Faults {
		if !have[f.Field] && !r.enough() {
			r.faults = append(r.faults, Fault{Field: f.Field, Message: f.Message})
		}
	}
}

func (r *Reader) fault(at place, message string, unknown bool) {
	switch {
	case !r.enough():
		r.faults = append(r.faults, Fault{Field: at.String(), Message: message, Unknown: unknown})
	case unknown: // decides what the whole is answered with
		r.faults[len(r.faults)-1] = Fault{Field: at.String(), Message: message, Unknown: true}
	}
}

// enough says that no more faults are told.
func (r *Reader) enough() bool { return len(r.faults) >= conversation.MaxFaults }

func (r *Reader) warn(at place, message string) {
	if len(r.warnings) < maxWarnings {
		r.warnings = append(r.warnings, Warning{Field: at.String(), Message: message})
	}
}

// place is where in the body the reader is; its pointer is written only when there is something to say.
type place struct {
	// list and item name an item of a list, counted from 1; 0 is the conversation itself.
	list string
	item int
	// name is the member; empty for the item as a whole.
	name string
}

func field(name string) place { return place{name: name} }

func inMessage(n int, name string) place { return place{list: "messages", item: n, name: name} }

// String is the JSON pointer.
func (p place) String() string {
	var b strings.Builder
	if p.item > 0 {
		fmt.Fprintf(&b, "/%s/%d", p.list, p.item-1)
	}
	if p.name != "" {
		b.WriteString("/" + strict.Escape(p.name))
	}
	return b.String()
}
