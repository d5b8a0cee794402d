package storagetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/knowledge"
	"github.com/csm-monitor/csm-monitor/core/port"
)

func saves(r *room) error {
	c, err := r.linked()
	if err != nil {
		return err
	}
	before, err := r.s.Gaps.Load(r, r.org, knowledge.Whole)
	if err != nil {
		return err
	}
	more := knowledge.Commit{Through: 77, Records: []knowledge.Record{{
		ID: 1 << 40, Language: "", Representative: "“quoted” é\n", Example: c.Links[3].Conversation, ResolvedAt: noon, EvidenceExpired: true,
		History: []knowledge.Step{{State: knowledge.Resolved, At: noon.Add(-time.Hour)}, {State: knowledge.Open, At: noon}},
	}}}
	version, err := r.s.Gaps.Save(r, r.org, before.Version, more)
	if err != nil {
		return fmt.Errorf("Save: %w", err)
	}
	after, err := r.s.Gaps.Load(r, r.org, knowledge.Whole)
	if err != nil {
		return err
	}
	if version == before.Version || after.Version != version || after.Through != 77 {
		return fmt.Errorf("Save returned version %d, Load says version %d through %d", version, after.Version, after.Through)
	}
	return r.snapshot(append(c.Records, more.Records...), c.Links)
}

func replaces(r *room) error {
	c, err := r.linked()
	if err != nil {
		return err
	}
	records, links := c.Records, c.Links
	records[1].Representative, records[1].Language = "changed", "fr"
	links[0].Gap, links[0].Question, links[0].Failures = 2, "moved", nil
	links[1].At = noon.Add(-time.Hour)
	got, err := r.s.Gaps.Load(r, r.org, knowledge.Whole)
	if err != nil {
		return err
	}
	_, err = r.s.Gaps.Save(r, r.org, got.Version, knowledge.Commit{
		Records: records[1:2], Links: links[:2], Unlink: []uid{links[5].Conversation, links[7].Conversation, {9}},
	})
	if err != nil {
		return fmt.Errorf("Save: %w", err)
	}
	return r.snapshot(records, slices.Concat(links[:5], links[6:7], links[8:]))
}

func conflicts(r *room) error {
	c, err := r.linked()
	if err != nil {
		return err
	}
	got, err := r.s.Gaps.Load(r, r.org, knowledge.Whole)
	if err != nil {
		return err
	}
	for _, version := range []int64{0, got.Version - 1, got.Version + 1} {
		_, err := r.s.Gaps.Save(r, r.org, version, knowledge.Commit{
			Records: []knowledge.Record{{ID: 1, Representative: "wrong"}, {ID: 3}}, Unlink: []uid{c.Links[0].Conversation}, Through: 9,
		})
		if err := wantError(fmt.Sprintf("Save on version %d of %d", version, got.Version), err, port.ErrConflict); err != nil {
			return err
		}
	}
	return r.snapshot(c.Records, c.Links)
}

func lateLinks(r *room) error {
	all := r.listed(conversation.Query{})
	if _, err := r.s.Conversations.Delete(r, r.org, conversation.Query{UIDs: uids(all[2], all[5])}, noon); err != nil {
		return err
	}
	got, err := r.s.Gaps.Load(r, r.org, knowledge.Whole)
	if err != nil {
		return err
	}
	c := knowledge.Commit{Records: []knowledge.Record{{ID: 1, Representative: "How?", Example: all[2].UID()}}}
	for _, x := range all {
		c.Links = append(c.Links, knowledge.Link{Gap: 1, Conversation: x.UID(), Question: "How?", At: x.StartedAt, Failures: []knowledge.Failure{knowledge.FailedGaveUp}})
	}
	if _, err := r.s.Gaps.Save(r, r.org, got.Version, c); err != nil {
		return fmt.Errorf("Save: %w", err)
	}
	c.Records[0].Representative, c.Records[0].Example = "", uid{}
	return r.snapshot(c.Records, slices.Concat(c.Links[:2], c.Links[3:5], c.Links[6:]))
}

// savesTheLast stores a commit that says everything twice, and first something else.
func savesTheLast(r *room) error {
	all := r.listed(conversation.Query{})
	last := knowledge.Commit{Records: []knowledge.Record{{ID: 1, Representative: "How?"}, {ID: 2, Representative: "When?"}}}
	c := knowledge.Commit{Records: append([]knowledge.Record{{ID: 1, Representative: "What?"}}, last.Records...)}
	for _, x := range all {
		l := knowledge.Link{Gap: 2, Conversation: x.UID(), Question: "When?", At: x.StartedAt, Failures: []knowledge.Failure{knowledge.FailedGaveUp}}
		other := l
		other.Gap, other.Question, other.Failures = 1, "What?", nil
		last.Links, c.Links = append(last.Links, l), append(c.Links, other, l)
	}
	if _, err := r.s.Gaps.Save(r, r.org, 0, c); err != nil {
		return fmt.Errorf("Save: %w", err)
	}
	return r.snapshot(last.Records, last.Links)
}
