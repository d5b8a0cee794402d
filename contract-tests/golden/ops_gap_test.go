package golden

import (
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/knowledge"
	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/text"
)

var gapOps = map[string]op{
	"gap.failed":           call(gapFailed),
	"gap.extract_question": call(gapExtract),
	"gap.normal_form":      call(gapNormalForm),
	"gap.stem":             call(gapStem),
	"gap.jaccard":          call(gapJaccard),
	"gap.dice_trigrams":    call(gapDice),
	"gap.tfidf_cosine":     call(gapCosine),
	"gap.minhash_curve":    call(gapMinHash),
	"gap.medoid":           call(gapMedoid),
	"gap.occurrences":      call(gapOccurrences),
	"gap.reopen":           call(gapReopen),
	"gap.merge_split":      call(gapMergeSplit),
	"gap.priority":         call(gapPriority),
	"gap.coverage":         call(gapCoverage),
}

type gapConversation struct {
	ID         int     `json:"id"`
	AIInvolved bool    `json:"ai_involved"`
	Escalated  bool    `json:"escalated"`
	CSAT       *int    `json:"csat"`
	Sentiment  *string `json:"sentiment"`
	GaveUp     bool    `json:"bot_gave_up"`
	Repeated   bool    `json:"customer_repeated"`
}

func gapFailed(in struct {
	Conversations []gapConversation `json:"conversations"`
}) (any, error) {
	return map[string]any{"failed": lo.Map(in.Conversations, func(c gapConversation, _ int) bool {
		return len(knowledge.Failures(knowledge.Evidence{
			AIInvolved: c.AIInvolved, Escalated: c.Escalated, Rating: c.CSAT,
			Unhappy:   lo.Contains([]string{"negative", "frustrated"}, lo.FromPtr(c.Sentiment)),
			BotGaveUp: c.GaveUp, CustomerRepeated: c.Repeated,
		})) > 0
	})}, nil
}

type gapMessage struct {
	SenderType string `json:"sender_type"`
	Content    string `json:"content"`
}

func gapExtract(in struct {
	Messages     []gapMessage `json:"messages"`
	FirstFailure int          `json:"first_failure_index"`
}) (any, error) {
	messages := lo.Map(in.Messages, func(m gapMessage, _ int) knowledge.Message {
		return knowledge.Message{Customer: m.SenderType == "customer", Text: m.Content}
	})
	question, ok := knowledge.Extract(messages, in.FirstFailure)
	return map[string]any{"question": lo.Ternary(ok, &question.Text, nil)}, nil
}

func gapNormalForm(in struct {
	Texts []string `json:"texts"`
}) (any, error) {
	return map[string]any{"tokens": lo.Map(in.Texts, func(s string, _ int) []string { return text.NormalForm(s) })}, nil
}

func gapStem(in struct {
	Words []string `json:"words"`
}) (any, error) {
	return map[string]any{"stems": lo.Map(in.Words, func(s string, _ int) string { return text.Stem(s) })}, nil
}

func gapJaccard(in struct {
	Pairs [][2][]string `json:"pairs"`
}) (any, error) {
	return map[string]any{"similarity": lo.Map(in.Pairs, func(p [2][]string, _ int) float64 { return text.Jaccard(p[0], p[1]) })}, nil
}

func gapDice(in struct {
	Pairs [][2]string `json:"pairs"`
}) (any, error) {
	return map[string]any{"similarity": lo.Map(in.Pairs, func(p [2]string, _ int) float64 { return text.DiceTrigrams(p[0], p[1]) })}, nil
}

func gapCosine(in struct {
	Tokens [][]string `json:"tokens"`
}) (any, error) {
	var table knowledge.Table
	for _, tokens := range in.Tokens {
		table.Add(tokens)
	}
	vectors := lo.Map(in.Tokens, func(tokens []string, _ int) knowledge.Vector { return table.Vector(tokens) })
	var first, centroid knowledge.Vector
	for i, v := range vectors[:min(2, len(vectors))] {
		if i == 0 {
			first = v
		}
		centroid = centroid.Plus(v)
	}
	with := func(w knowledge.Vector) []float64 {
		return lo.Map(vectors, func(v knowledge.Vector, _ int) float64 { return v.Cosine(w) })
	}
	return map[string]any{"cosine_with_first": with(first), "cosine_with_centroid": with(centroid)}, nil
}

func gapMinHash(in struct {
	Bands        int       `json:"bands"`
	Rows         int       `json:"rows"`
	Similarities []float64 `json:"similarities"`
}) (any, error) {
	m := knowledge.MinHash{Bands: in.Bands, Rows: in.Rows}
	return map[string]any{
		"probabilities": lo.Map(in.Similarities, func(s float64, _ int) float64 { return m.Meets(s) }),
		"threshold":     m.Threshold(),
	}, nil
}

func gapMedoid(in struct {
	Members [][]string `json:"members"`
}) (any, error) {
	means, index := knowledge.Medoid(in.Members)
	return map[string]any{"mean_similarity": means, "medoid_index": index}, nil
}

type gapOccurrence struct {
	Conversation string    `json:"conversation"`
	At           time.Time `json:"at"`
}

func occurrences(list []gapOccurrence) []knowledge.Occurrence {
	return lo.Map(list, func(o gapOccurrence, _ int) knowledge.Occurrence { return knowledge.Occurrence(o) })
}

func gapOccurrences(in struct {
	Occurrences []gapOccurrence `json:"occurrences"`
}) (any, error) {
	tally := knowledge.Count(occurrences(in.Occurrences))
	return map[string]any{
		"occurrence_count": tally.Count,
		"first_seen_at":    gapTime(tally.FirstSeen),
		"last_seen_at":     gapTime(tally.LastSeen),
	}, nil
}

func gapTime(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return lo.ToPtr(t.UTC().Truncate(time.Second).Format(time.RFC3339))
}

func gapReopen(in struct {
	ResolvedAt  time.Time       `json:"resolved_at"`
	ReopenMin   int             `json:"reopen_min"`
	Occurrences []gapOccurrence `json:"occurrences"`
}) (any, error) {
	return map[string]any{"states": knowledge.States(in.ResolvedAt, in.ReopenMin, occurrences(in.Occurrences))}, nil
}

type gapPart struct {
	Name          string `json:"name"`
	Conversations int    `json:"conversations"`
	FirstSeen     string `json:"first_seen"`
}

type gapAlias struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

func gapMergeSplit(in struct {
	Merge []int64 `json:"merge"`
	Split struct {
		ID    int64     `json:"id"`
		Parts []gapPart `json:"parts"`
	} `json:"split"`
}) (any, error) {
	parts := make([]knowledge.Part, len(in.Split.Parts))
	for i, p := range in.Split.Parts {
		day, err := time.Parse(time.DateOnly, p.FirstSeen)
		if err != nil {
			return nil, err
		}
		parts[i] = knowledge.Part{Name: p.Name, Conversations: p.Conversations, FirstSeen: day}
	}
	kept, aliases := knowledge.Merged(in.Merge)
	keeper := knowledge.Keeper(parts)
	return map[string]any{
		"merged_id":  kept,
		"aliases":    lo.Map(aliases, func(a knowledge.Alias, _ int) gapAlias { return gapAlias(a) }),
		"id_kept_by": parts[keeper].Name,
	}, nil
}

func gapPriority(in struct {
	Occurrences []struct {
		AgeDays float64 `json:"age_days"`
		Cost    string  `json:"cost"`
	} `json:"occurrences"`
	HalfLifeDays float64 `json:"half_life_days"`
}) (any, error) {
	sum := 0.0
	for _, o := range in.Occurrences {
		cost, err := money.ParseExact(o.Cost)
		if err != nil {
			return nil, err
		}
		sum += knowledge.Decayed(cost.Float64(), o.AgeDays, in.HalfLifeDays)
	}
	return map[string]any{"priority": sum}, nil
}

func gapCoverage(in struct {
	Sizes []int `json:"cluster_sizes"`
}) (any, error) {
	c := knowledge.CoverageOf(in.Sizes)
	return map[string]any{"coverage": c.Covered, "unseen_mass": c.Unseen, "chao1": c.Gaps}, nil
}
