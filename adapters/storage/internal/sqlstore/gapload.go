package sqlstore

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/knowledge"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Load yields what is kept; see port.Gaps.
func (s gaps) Load(ctx context.Context, org tenant.ID, e knowledge.Extent) (out knowledge.Snapshot, err error) {
	err = s.look(ctx, func(t *tx) error {
		sp, ok, err := t.space(org, "")
		if !ok || err != nil {
			return err
		}
		out.Version, out.Through = sp.gapVersion, sp.gapThrough
		if out.Records, err = t.records(sp, ``); err != nil {
			return err
		}
		if e == knowledge.Whole {
			out.Links, err = t.links(sp, inTime, true)
			return err
		}
		for _, r := range out.Records {
			if out.Links, err = t.examples(sp, r.ID, out.Links); err != nil {
				return err
			}
		}
		slices.SortFunc(out.Links, knowledge.Older)
		out.Others, err = t.others(sp, out.Links)
		return err
	})
	return out, err
}

// examples appends the oldest and the latest links of a gap that have a question.
func (t *tx) examples(sp *space, gap int64, to []knowledge.Link) ([]knowledge.Link, error) {
	const told, half = ` AND gap = ? AND length(question) > 0`, knowledge.ExamplesMost / 2
	oldest, err := t.links(sp, told+inTime+` LIMIT ?`, true, gap, half)
	if err != nil || len(oldest) < half {
		return append(to, oldest...), err
	}
	latest, err := t.links(sp, told+againstTime+` LIMIT ?`, true, gap, half)
	last := oldest[half-1]
	to = append(to, oldest...)
	return append(to, lo.Filter(latest, func(l knowledge.Link, _ int) bool { return knowledge.Older(last, l) < 0 })...), err
}

// others counts the links of each gap beside the given ones; nil without any.
func (t *tx) others(sp *space, links []knowledge.Link) (map[int64]int, error) {
	var out map[int64]int
	given := lo.CountValuesBy(links, func(l knowledge.Link) int64 { return l.Gap })
	err := t.each(`SELECT gap, count(*) FROM gap_links WHERE org = ? GROUP BY gap`, []any{id(sp.org)}, func(scan func(...any) error) error {
		var gap int64
		var n int
		if err := scan(&gap, &n); err != nil || n == given[gap] {
			return err
		}
		if out == nil {
			out = map[int64]int{}
		}
		out[gap] = n - given[gap]
		return nil
	})
	return out, err
}

// Linked yields the links of some conversations; see port.Gaps.
func (s gaps) Linked(ctx context.Context, org tenant.ID, conversations []uuid.UUID) (out []knowledge.Link, err error) {
	err = s.look(ctx, func(t *tx) error {
		sp, ok, err := t.space(org, "")
		if !ok || err != nil || sp.gapVersion == 0 {
			return err
		}
		for _, part := range lo.Chunk(lo.Uniq(conversations), maxIn) {
			links, err := t.links(sp, ` AND conversation IN `+in(len(part)), true, uidArgs(sp, part)[1:]...)
			if err != nil {
				return err
			}
			out = append(out, links...)
		}
		return nil
	})
	return out, err
}
