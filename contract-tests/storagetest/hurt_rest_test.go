package storagetest

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/knowledge"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// hurtRollup changes what is asked for before the sound store is asked.
type hurtRollup struct {
	port.Rollups
	fault func(*metric.Selection)
}

func (h hurtRollup) Rollup(ctx context.Context, org tenant.ID, selections ...metric.Selection) ([][]metric.Cell, error) {
	selections = slices.Clone(selections)
	for i := range selections {
		h.fault(&selections[i])
	}
	return h.Rollups.Rollup(ctx, org, selections...)
}

// hurtState answers one selection after the other, each of the state it then finds.
type hurtState struct{ port.Rollups }

func (h hurtState) Rollup(ctx context.Context, org tenant.ID, selections ...metric.Selection) ([][]metric.Cell, error) {
	return apart(selections, func(s metric.Selection) ([]metric.Cell, error) {
		sums, err := h.Rollups.Rollup(ctx, org, s)
		if err != nil {
			return nil, err
		}
		time.Sleep(time.Millisecond) // the moment in which somebody else writes
		return sums[0], nil
	})
}

// apart answers selections one by one.
func apart(selections []metric.Selection, answer func(metric.Selection) ([]metric.Cell, error)) ([][]metric.Cell, error) {
	out := make([][]metric.Cell, len(selections))
	for i, s := range selections {
		var err error
		if out[i], err = answer(s); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func rolling(fault func(*metric.Selection)) func(port.Storage) port.Storage {
	return func(s port.Storage) port.Storage {
		s.Rollups = hurtRollup{s.Rollups, fault}
		return s
	}
}

// firstVersions counts every conversation as it was when it was created.
type firstVersions struct {
	port.Conversations
	mu    sync.Mutex
	cells map[tenant.ID][]conversation.Conversation
}

func (h *firstVersions) Apply(ctx context.Context, changes []conversation.Change) ([]conversation.Result, error) {
	got, err := h.Conversations.Apply(ctx, changes)
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, r := range got {
		if r.Effect == conversation.Created {
			org := changes[i].Key.Org
			h.cells[org] = append(h.cells[org], *r.Conversation)
		}
	}
	return got, err
}

func (h *firstVersions) Rollup(_ context.Context, org tenant.ID, selections ...metric.Selection) ([][]metric.Cell, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return apart(selections, func(s metric.Selection) ([]metric.Cell, error) { return metric.Fold(h.cells[org], s) })
}

// everyOrgsCells sums over all organisations.
type everyOrgsCells struct {
	port.Rollups
	orgs port.Orgs
}

func (h everyOrgsCells) Rollup(ctx context.Context, _ tenant.ID, selections ...metric.Selection) ([][]metric.Cell, error) {
	return apart(selections, func(s metric.Selection) ([]metric.Cell, error) {
		sum := metric.NewSum(metric.Selection{Window: s.Window, By: metric.Grouping{Topic: true, Priority: true, Handler: true, Platform: true}})
		for o, err := range h.orgs.All(ctx) {
			if err != nil {
				return nil, err
			}
			sums, err := h.Rollups.Rollup(ctx, o.ID, s)
			if err != nil {
				return nil, err
			}
			for _, c := range sums[0] {
				if err := sum.Add(c); err != nil {
					return nil, err
				}
			}
		}
		return sum.Cells(), nil
	})
}

type hurtSince struct{ port.Changes }

func (h hurtSince) Since(ctx context.Context, org tenant.ID, after int64, limit int) ([]conversation.Conversation, error) {
	return h.Changes.Since(ctx, org, after-1, limit)
}

// hurtContacts looks as far ahead as it should look back.
type hurtContacts struct{ port.Changes }

func (h hurtContacts) Contacts(ctx context.Context, org tenant.ID, given []conversation.Conversation, before, after time.Duration) ([]conversation.Conversation, error) {
	return h.Changes.Contacts(ctx, org, given, after, before)
}

// hurtWatch goes on naming the first organisation it named.
type hurtWatch struct{ port.Changes }

func (h hurtWatch) Watch(ctx context.Context) (<-chan tenant.ID, error) {
	hints, err := h.Changes.Watch(ctx)
	if err != nil {
		return nil, err
	}
	out := make(chan tenant.ID)
	go func() {
		defer close(out)
		var first *tenant.ID
		for org := range hints {
			if first == nil {
				first = &org
			}
			select {
			case out <- *first:
			case <-ctx.Done():
			}
		}
	}()
	return out, nil
}

type hurtGaps struct{ port.Gaps }

func (h hurtGaps) Save(ctx context.Context, org tenant.ID, _ int64, c knowledge.Commit) (int64, error) {
	s, err := h.Load(ctx, org, knowledge.Whole)
	if err != nil {
		return 0, err
	}
	return h.Gaps.Save(ctx, org, s.Version, c)
}

type hurtGapOrder struct{ port.Gaps }

func (h hurtGapOrder) Save(ctx context.Context, org tenant.ID, version int64, c knowledge.Commit) (int64, error) {
	c.Links = lo.UniqBy(c.Links, func(l knowledge.Link) uuid.UUID { return l.Conversation })
	return h.Gaps.Save(ctx, org, version, c)
}

type hurtGapLinks struct{ port.Gaps }

func (h hurtGapLinks) Load(ctx context.Context, org tenant.ID, e knowledge.Extent) (knowledge.Snapshot, error) {
	s, err := h.Gaps.Load(ctx, org, e)
	s.Others = nil
	return s, err
}

func (h hurtGapLinks) Linked(ctx context.Context, org tenant.ID, _ []uuid.UUID) ([]knowledge.Link, error) {
	s, err := h.Load(ctx, org, knowledge.Whole)
	return s.Links, err
}

type hurtGapList struct{ port.Gaps }

func (h hurtGapList) List(ctx context.Context, org tenant.ID, q knowledge.Query) ([]knowledge.Summary, error) {
	q.MinOccurrences--
	return h.Gaps.List(ctx, org, q)
}

type hurtOrgs struct{ port.Orgs }

// Update runs fn on a copy it read before.
func (h hurtOrgs) Update(ctx context.Context, id tenant.ID, fn tenant.Change) (tenant.Org, error) {
	o, err := h.Get(ctx, id)
	if err != nil {
		return o, err
	}
	next, err := fn(o)
	if err != nil {
		return o, err
	}
	time.Sleep(time.Millisecond) // the moment in which somebody else writes
	return h.Orgs.Update(ctx, id, func(tenant.Org) (tenant.Org, error) { return next, nil })
}

type hurtKeys struct{ port.Keys }

func (h hurtKeys) ByPrefix(ctx context.Context, prefix string) ([]tenant.APIKey, error) {
	all, err := h.Keys.ByPrefix(ctx, prefix)
	var out []tenant.APIKey
	for _, k := range all {
		if k.RevokedAt.IsZero() {
			out = append(out, k)
		}
	}
	return out, err
}

type hurtLease struct{ port.Jobs }

func (h hurtLease) Lease(ctx context.Context, name, holder string, ttl time.Duration, _ time.Time) (bool, error) {
	return h.Jobs.Lease(ctx, name, holder, ttl, noon)
}

type hurtCursor struct{ port.Jobs }

func (h hurtCursor) SaveCursor(ctx context.Context, org tenant.ID, job, _, next string) error {
	old, err := h.Cursor(ctx, org, job)
	if err != nil {
		return err
	}
	return h.Jobs.SaveCursor(ctx, org, job, old, next)
}

func brokenRest() []broken {
	return []broken{
		{"accepts after close", func(s port.Storage) port.Storage {
			s.Close = func() error { return nil }
			return s
		}, []string{"Storage.Close: every call after it"}},
		{"has a part missing", func(s port.Storage) port.Storage {
			s.Gaps = nil
			return s
		}, []string{"Storage.Ready: a store that was opened"}},
		{"forgets cells on update", func(s port.Storage) port.Storage {
			h := &firstVersions{Conversations: s.Conversations, cells: map[tenant.ID][]conversation.Conversation{}}
			s.Conversations, s.Rollups = h, h
			return s
		}, []string{"Rollups.Rollup: a new version takes", "Rollups.Rollup: cells equal the fold after any sequence", stormCase}},
		{"forgets the org in figures", func(s port.Storage) port.Storage {
			s.Rollups = everyOrgsCells{s.Rollups, s.Orgs}
			return s
		}, []string{"Conversations.List: the same data under 50 organisations"}},
		{"answers each part of a call from a state of its own", func(s port.Storage) port.Storage {
			s.Rollups = hurtState{s.Rollups}
			return s
		}, []string{"Rollups.Rollup: what one call asks for"}},
		{"snaps windows to the quarter hour", rolling(func(s *metric.Selection) {
			s.Window.Start, s.Window.End = metric.Bucket(s.Window.Start), metric.Bucket(s.Window.End)
		}), []string{"Rollups.Rollup: equals the fold for any window", "Rollups.Rollup: a conversation that starts at a window's start"}},
		{"always reads log cells", rolling(func(s *metric.Selection) { s.SumsOnly = false }), []string{"Rollups.Rollup: equals the fold for any window"}},
		{"counts days in UTC", rolling(func(s *metric.Selection) { s.Window.Zone = time.UTC }), []string{"Rollups.Rollup: days are local", "Rollups.Rollup: a part of a local day", journeyCase}},
		{"takes the end into the window", rolling(func(s *metric.Selection) { s.Window.End = s.Window.End.Add(time.Microsecond) }),
			[]string{"Rollups.Rollup: a conversation that starts at a window's start"}},
		{"ignores a filter of figures", rolling(func(s *metric.Selection) { s.Where.Platform = "" }),
			[]string{"Rollups.Rollup: equals the fold for every grouping"}},
		{"yields the last change again", func(s port.Storage) port.Storage {
			s.Changes = hurtSince{s.Changes}
			return s
		}, []string{"Changes.Since: yields what is above a number", "Conversations.Apply: a version that equals the stored one"}},
		{"looks the wrong way for contacts", func(s port.Storage) port.Storage {
			s.Changes = hurtContacts{s.Changes}
			return s
		}, []string{"Changes.Contacts: yields others"}},
		{"names one organisation for all", func(s port.Storage) port.Storage {
			s.Changes = hurtWatch{s.Changes}
			return s
		}, []string{"Changes.Watch: names an organisation"}},
		{"commits on any version", func(s port.Storage) port.Storage {
			s.Gaps = hurtGaps{s.Gaps}
			return s
		}, []string{"Gaps.Save: ErrConflict", "Gaps.SetResolved: marks and reopens"}},
		{"keeps the first link of a conversation", func(s port.Storage) port.Storage {
			s.Gaps = hurtGapOrder{s.Gaps}
			return s
		}, []string{"Gaps.Save: keeps the last"}},
		{"forgets and remembers too many links", func(s port.Storage) port.Storage {
			s.Gaps = hurtGapLinks{s.Gaps}
			return s
		}, []string{"Gaps.Load: of each gap", "Gaps.Linked: yields"}},
		{"lists gaps one too small", func(s port.Storage) port.Storage {
			s.Gaps = hurtGapList{s.Gaps}
			return s
		}, []string{"Gaps.List: every filter alone"}},
		{"loses a race over settings", func(s port.Storage) port.Storage {
			s.Orgs = hurtOrgs{s.Orgs}
			return s
		}, []string{"Orgs.Update: no update is lost"}},
		{"hides revoked keys", func(s port.Storage) port.Storage {
			s.Keys = hurtKeys{s.Keys}
			return s
		}, []string{"Keys.ByPrefix: the whole prefix"}},
		{"never lets a lease lapse", func(s port.Storage) port.Storage {
			s.Jobs = hurtLease{s.Jobs}
			return s
		}, []string{"Jobs.Lease: one holder at a time"}},
		{"moves cursors back", func(s port.Storage) port.Storage {
			s.Jobs = hurtCursor{s.Jobs}
			return s
		}, []string{"Jobs.SaveCursor: ErrConflict", journeyCase}},
	}
}
