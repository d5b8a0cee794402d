// Package port is the one page an adapter's author reads: every interface the core calls and every error it expects.
//
// Rules for all of them: an organisation is part of every call, and nothing of another organisation ever shows. Times
// are UTC in microseconds. Identifiers are compared byte for byte. A cancelled context ends a call with its error and
// leaves nothing half-written. All methods may be called from many goroutines.
package port

import (
	"context"
	"iter"
	"time"

	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/knowledge"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/roi"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Storage is what a storage adapter opens. It can be built from parts; Missing names those that are not there.
type Storage struct {
	Conversations Conversations
	Rollups       Rollups
	Changes       Changes
	Gaps          Gaps
	Orgs          Orgs
	Keys          Keys
	Ledger        Ledger
	Jobs          Jobs
	// Shared says that other processes may use the same data at the same time.
	Shared bool
	// Ready answers nil when the store can serve, ErrUnwritable after a write that could not be stored, until one can.
	Ready func(context.Context) error
	// Close waits for calls under way and releases everything. Calls after it fail with ErrClosed.
	Close func() error
}

// Conversations keeps conversations and the cells they count in.
type Conversations interface {
	// Apply runs every change on the stored version of its conversation and stores the outcomes in one atomic step,
	// together with the cells they move and the idempotency tokens they carry. Results come in the order of the changes;
	// several changes of one conversation see each other's outcome. A change whose Fn fails leaves its conversation as it
	// was and carries the error; the others are stored. A change of a conversation that was deleted or has expired carries
	// ErrGone, a repeated one too. A repeated Once answers with the first effect and the stored version and stores nothing;
	// with another Body its change carries ErrTokenReused. The token of a change that failed is not kept. A version that
	// equals the stored one is not written. Fn is pure: it may be called again after a lost race, and on nil before the
	// store has looked whether there is a version; only what the results show counts. When Apply returns nil, it is on
	// disk; an error means that nothing was stored, or that the disk failed: then nobody knows, and the store takes
	// nothing more until it is opened again.
	Apply(ctx context.Context, changes []conversation.Change) ([]conversation.Result, error)
	// Get returns ErrNotFound when there is none, or when its content has expired.
	Get(ctx context.Context, org tenant.ID, uid uuid.UUID) (conversation.Conversation, error)
	// List is newest first, ties by UID ascending, so that pages neither overlap nor skip while nothing is written.
	List(ctx context.Context, org tenant.ID, q conversation.Query) (conversation.Page, error)
	// Each streams what List would page through from q.After on, in constant memory. Limit and Offset do not apply. An
	// error ends the sequence.
	Each(ctx context.Context, org tenant.ID, q conversation.Query) iter.Seq2[conversation.Conversation, error]
	// Delete removes content, gap links and cells of what q matches, leaves tombstones, and says what it touched. A gap
	// whose Example it takes loses its Representative too. Limit, Offset and After do not apply.
	Delete(ctx context.Context, org tenant.ID, q conversation.Query, at time.Time) (conversation.Receipt, error)
	// Expire removes what at most limit conversations said that started before cutoff, oldest first, and says how many it
	// took. They can no longer be read, and changes of them carry ErrGone. Their gap links stay without the Question, and
	// the gap notes EvidenceExpired. Cells stay: they name nobody, and last year's figures must not change because a plan
	// keeps text for a week.
	Expire(ctx context.Context, org tenant.ID, cutoff time.Time, limit int) (int, error)
}

// Rollups answers with sums over conversations.
type Rollups interface {
	// Rollup answers selections in their order, all from one state of the store, so that the figures of an answer fit each
	// other. Each equals metric.Fold over every conversation stored and not deleted (expired ones still count), to the
	// last unit, whatever the store keeps inside.
	Rollup(ctx context.Context, org tenant.ID, selections ...metric.Selection) ([][]metric.Cell, error)
}

// Changes tells what was stored, in order, to whoever works behind the write.
type Changes interface {
	// Since yields at most limit conversations whose stored version has a Seq above after, in the order of Seq. A
	// conversation appears once, with its newest version. Nothing with a lower Seq appears later. There may be more where it
	// yields fewer, and there are none where it yields none. They may be shared with other callers: they are to be read,
	// not to be changed.
	Since(ctx context.Context, org tenant.ID, after int64, limit int) ([]conversation.Conversation, error)
	// Head is the highest Seq that Since can still yield, 0 when there is none.
	Head(ctx context.Context, org tenant.ID) (int64, error)
	// Contacts yields, in no order, the conversations of the same customer on the same topic as one of those given that
	// began no earlier than before ahead of its start, and earlier than after behind its end. The given ones are left
	// out, and one without a customer has none. No topic is a topic of its own.
	Contacts(ctx context.Context, org tenant.ID, given []conversation.Conversation, before, after time.Duration) ([]conversation.Conversation, error)
	// Watch sends the organisations that stored something, until ctx ends; then the channel closes. It is a hint: it may
	// name one twice, join several writes, and miss those made while nobody watched.
	Watch(ctx context.Context) (<-chan tenant.ID, error)
}

// Gaps keeps knowledge gaps: records, and links to conversations.
type Gaps interface {
	// List yields gaps with at least one occurrence that match q, in the order of ids. An alias is not listed.
	List(ctx context.Context, org tenant.ID, q knowledge.Query) ([]knowledge.Summary, error)
	// Get follows an alias to its gap. It returns the occurrences, newest first, ties by conversation descending, and
	// ErrNotFound when there is no such gap.
	Get(ctx context.Context, org tenant.ID, id int64) (knowledge.Summary, []knowledge.Link, error)
	// Load yields everything kept, or of it what e takes.
	Load(ctx context.Context, org tenant.ID, e knowledge.Extent) (knowledge.Snapshot, error)
	// Linked yields the links of those of the conversations that have one, in no order.
	Linked(ctx context.Context, org tenant.ID, conversations []uuid.UUID) ([]knowledge.Link, error)
	// Save stores a commit in one atomic step and returns the new version; ErrConflict when version is no longer the
	// stored one. Links of conversations that were deleted meanwhile are left out, and so are the words of those that
	// expired. Of several records of one id, or links of one conversation, the last holds. A new organisation's version is 0.
	Save(ctx context.Context, org tenant.ID, version int64, c knowledge.Commit) (int64, error)
	// SetResolved marks the gap resolved at a time, or open again, and notes it in its history. It follows an alias.
	// ErrNotFound when there is no such gap.
	SetResolved(ctx context.Context, org tenant.ID, id int64, resolved bool, at time.Time) error
}

// Orgs keeps organisations.
type Orgs interface {
	// Create stores a new organisation; ErrConflict when its ID or Address is taken.
	Create(ctx context.Context, o tenant.Org) error
	// Get returns ErrNotFound when there is none.
	Get(ctx context.Context, id tenant.ID) (tenant.Org, error)
	// ByAddress finds the organisation a webhook address names; ErrNotFound when there is none.
	ByAddress(ctx context.Context, address string) (tenant.Org, error)
	// Update stores what fn makes of the organisation, atomically. An error of fn changes nothing and is returned.
	Update(ctx context.Context, id tenant.ID, fn tenant.Change) (tenant.Org, error)
	// All yields every organisation in the order of ID. An error ends the sequence.
	All(ctx context.Context) iter.Seq2[tenant.Org, error]
}

// Keys keeps API keys, or rather their hashes.
type Keys interface {
	// Put stores a key; ErrConflict when its ID is taken.
	Put(ctx context.Context, k tenant.APIKey) error
	// ByPrefix yields the keys with that prefix, revoked ones too: normally one, none when there is none.
	ByPrefix(ctx context.Context, prefix string) ([]tenant.APIKey, error)
	// List yields an organisation's keys, oldest first, ties by ID.
	List(ctx context.Context, org tenant.ID) ([]tenant.APIKey, error)
	// Revoke makes a key useless from at on; ErrNotFound when the organisation has no such key. Again changes nothing.
	Revoke(ctx context.Context, org tenant.ID, id string, at time.Time) error
}

// Ledger keeps the lines of the ROI account and which months are closed. Lines are only ever appended.
type Ledger interface {
	// Head is where the ledger ends: roi.Genesis(org) at the beginning.
	Head(ctx context.Context, org tenant.ID) (roi.Head, error)
	// Append stores sealed lines that follow head, and the record of a month they close if there is one, in one atomic
	// step. ErrConflict when the ledger no longer ends in head, or the month is closed already.
	Append(ctx context.Context, org tenant.ID, head roi.Head, lines []roi.Line, closing *roi.Closing) error
	// Lines streams what q picks in the order of Seq. An error ends the sequence.
	Lines(ctx context.Context, org tenant.ID, q roi.LineQuery) iter.Seq2[roi.Line, error]
	// Closings yields the closed months, oldest first.
	Closings(ctx context.Context, org tenant.ID) ([]roi.Closing, error)
}

// Jobs coordinates workers.
type Jobs interface {
	// Lease lets one holder at a time do the named job; it lapses after ttl unless taken again by the same holder. It is
	// advice, not a fence: every effect behind a lease is itself a compare-and-set or idempotent.
	Lease(ctx context.Context, name, holder string, ttl time.Duration, now time.Time) (ok bool, err error)
	// Release gives a lease back; releasing what one does not hold changes nothing.
	Release(ctx context.Context, name, holder string) error
	// Cursor is how far a job has come, "" at the beginning.
	Cursor(ctx context.Context, org tenant.ID, job string) (string, error)
	// SaveCursor moves it; ErrConflict when the stored cursor is no longer old.
	SaveCursor(ctx context.Context, org tenant.ID, job, old, next string) error
}
