package sqlstore

import (
	"math"
	"sync"
	"time"

	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// space is the state of one organisation inside a transaction. Taking it for a change locks it, so that changes of one
// organisation stand in a line: numbers are given without gaps in the order of commits, no write is lost, and locks are
// never taken in opposite orders.
type space struct {
	org    tenant.ID
	sealer storage.OrgSealer
	// wrapped are the keys of the sealer as they are stored.
	wrapped string
	// seq is the number of the newest version.
	seq int64
	// gone counts tombstones, so that none are looked for where there are none.
	gone int64
	// logged counts entries of the cell log, step numbers its rows.
	logged, step int64
	// grid numbers the generation of day cells, zone is theirs, and from is the instant from which on they are complete.
	grid int64
	zone *time.Location
	from int64
	// foreign says that the cells are not kept as this build keeps them.
	foreign bool
	// gapVersion and gapThrough belong to the gaps.
	gapVersion, gapThrough int64
	before                 counters
}

type counters struct{ seq, gone, logged, step, grid, from, gapVersion, gapThrough int64 }

func (sp *space) counters() counters {
	return counters{sp.seq, sp.gone, sp.logged, sp.step, sp.grid, sp.from, sp.gapVersion, sp.gapThrough}
}

// The ends of time for space.from: all day cells are there, or none.
const (
	allComplete  = int64(math.MinInt64)
	noneComplete = int64(math.MaxInt64)
)

const spaceQuery = `SELECT seq, gone, logged, step, grid, zone, complete_from, gap_version, gap_through, seal, (SELECT value FROM facts WHERE name = '` + cellsFact + `') FROM spaces WHERE org = ?`

// take is the organisation's space, locked and made if it is new.
func (t *tx) take(org tenant.ID) (*space, error) {
	sp, ok, err := t.space(org, t.dialect.Lock)
	if ok || err != nil {
		return sp, err
	}
	seal, err := t.Store.sealer.NewOrg(org)
	if err != nil {
		return nil, err
	}
	zone, err := t.zoneOf(org)
	if err != nil {
		return nil, err
	}
	err = t.exec(`INSERT INTO spaces (org, seal, complete_from, zone) VALUES (?, ?, ?, ?) ON CONFLICT (org) DO NOTHING`, id(org), seal, allComplete, zone)
	if err != nil {
		return nil, err
	}
	sp, _, err = t.space(org, t.dialect.Lock)
	return sp, err
}

// space is the organisation's space as it stands; ok is false when the organisation has stored nothing.
func (t *tx) space(org tenant.ID, lock string) (sp *space, ok bool, err error) {
	sp = &space{org: org}
	var (
		zone         string
		seal, layout []byte
	)
	ok, err = t.first(spaceQuery+lock, id(org))(&sp.seq, &sp.gone, &sp.logged, &sp.step, &sp.grid, &zone, &sp.from, &sp.gapVersion, &sp.gapThrough, &seal, &layout)
	if !ok || err != nil {
		return nil, false, err
	}
	sp.before, sp.wrapped = sp.counters(), string(seal)
	sp.foreign = string(layout) != t.layout
	sp.zone = tenant.Settings{TimeZone: zone}.Location()
	if sp.sealer, err = t.spaces.sealer(t.Store.sealer, org, seal); err != nil {
		return nil, false, err
	}
	return sp, true, nil
}

// put stores what a change did to the space.
func (t *tx) put(sp *space) error {
	if sp.counters() == sp.before {
		return nil
	}
	return t.later(`UPDATE spaces SET seq = ?, gone = ?, logged = ?, step = ?, grid = ?, complete_from = ?, gap_version = ?, gap_through = ? WHERE org = ?`,
		sp.seq, sp.gone, sp.logged, sp.step, sp.grid, sp.from, sp.gapVersion, sp.gapThrough, id(sp.org))
}

// spaceCache keeps opened keys, so that a call does not unwrap them anew.
type spaceCache struct {
	mu   sync.Mutex
	open map[tenant.ID]opened
}

type opened struct {
	wrapped string
	sealer  storage.OrgSealer
}

// maxOpen bounds the cache.
const maxOpen = 10_000

// last is the organisation with the keys it was last seen with, nil when it has not been seen. It can only seal.
func (c *spaceCache) last(org tenant.ID) *space {
	c.mu.Lock()
	defer c.mu.Unlock()
	o, ok := c.open[org]
	if !ok {
		return nil
	}
	return &space{org: org, sealer: o.sealer, wrapped: o.wrapped}
}

func (c *spaceCache) sealer(s storage.Sealer, org tenant.ID, wrapped []byte) (storage.OrgSealer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if o, ok := c.open[org]; ok && o.wrapped == string(wrapped) {
		return o.sealer, nil
	}
	sealer, err := s.Org(org, wrapped)
	if err != nil {
		return nil, err
	}
	if c.open == nil || len(c.open) >= maxOpen {
		c.open = map[tenant.ID]opened{}
	}
	c.open[org] = opened{string(wrapped), sealer}
	return sealer, nil
}
