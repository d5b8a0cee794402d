package golden

import (
	"fmt"
	"strconv"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/scoring/csat"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

var csatOps = map[string]op{
	"csat.summary":                 call(csatSummary),
	"csat.mean_t":                  call(csatMeanT),
	"csat.mean_small_sample":       call(csatMeanSmallSample),
	"csat.map_ratings":             call(csatMapRatings),
	"csat.handler":                 call(csatHandler),
	"csat.last_touch":              call(csatLastTouch),
	"csat.standardised_comparison": call(csatCompare),
	"csat.nonresponse_bounds":      call(csatNonResponse),
	"csat.response_weighted":       call(csatResponseWeighted),
}

type object = map[string]any

func histogram(counts []int64) (stat.Histogram, error) {
	if len(counts) != 5 {
		return stat.Histogram{}, fmt.Errorf("a histogram has five counts, not %d", len(counts))
	}
	return stat.Histogram(counts), nil
}

func csatSummary(in struct {
	Histogram []int64 `json:"histogram"`
	Offered   *int64  `json:"offered"`
}) (any, error) {
	h, err := histogram(in.Histogram)
	s := csat.Summarise(h, in.Offered)
	return object{
		"rated": s.Rated, "sum": s.Sum, "avg_csat": s.Average, "csat_pct": s.SatisfiedPct,
		"response_rate_pct": s.ResponsePct, "distribution": h,
	}, err
}

type histogramAt struct {
	Histogram  []int64 `json:"histogram"`
	Confidence float64 `json:"confidence"`
}

func csatMeanT(in histogramAt) (any, error) {
	h, err := histogram(in.Histogram)
	if err != nil {
		return nil, err
	}
	m, ok := h.MeanT(in.Confidence)
	if !ok {
		return nil, fmt.Errorf("no interval")
	}
	return object{"mean": m.Value, "sd": m.SD, "low": m.Low, "high": m.High, "df": h.N() - 1}, nil
}

func csatMeanSmallSample(in histogramAt) (any, error) {
	h, err := histogram(in.Histogram)
	if err != nil {
		return nil, err
	}
	p, ok := h.Perks(in.Confidence)
	if !ok {
		return object{"posterior_mean": nil, "posterior_sd": nil, "low": nil, "high": nil}, nil
	}
	return object{"posterior_mean": p.Mean, "posterior_sd": p.SD, "low": p.Low, "high": p.High}, nil
}

type rawRating struct {
	Platform    string `json:"platform"`
	Raw         string `json:"raw"`
	ScalePoints *int   `json:"scale_points"`
}

func csatMapRatings(in struct {
	Items []rawRating `json:"items"`
}) (any, error) {
	out := make([]object, len(in.Items))
	for i, item := range in.Items {
		score, scale, rated, err := mapRating(item)
		if err != nil {
			return nil, err
		}
		out[i] = object{"score": nil, "satisfied": nil, "scale": scale}
		if rated {
			out[i] = object{"score": score, "satisfied": conversation.Rating{Score: score}.Satisfied(), "scale": scale}
		}
	}
	return object{"items": out}, nil
}

func mapRating(r rawRating) (score int, scale conversation.Scale, rated bool, err error) {
	switch r.Platform {
	case "api", "intercom":
		score, err = csat.Native(r.Raw)
		return score, conversation.Native5, true, err
	case "zendesk_legacy":
		score, rated, err = csat.ZendeskLegacy(r.Raw)
		return score, conversation.Binary, rated, err
	case "freshdesk", "zendesk_survey":
		n, err := strconv.Atoi(r.Raw)
		if err != nil {
			return 0, "", false, err
		}
		if r.Platform == "freshdesk" {
			score, err = csat.Freshdesk(n)
			return score, conversation.Mapped7, true, err
		}
		score, scale, err = csat.Survey(n, lo.FromPtr(r.ScalePoints))
		return score, scale, true, err
	default:
		return 0, "", false, fmt.Errorf("unknown platform %q", r.Platform)
	}
}

type sender struct {
	Sender conversation.Sender `json:"sender_type"`
}

func csatHandler(in struct {
	Messages  []sender            `json:"messages"`
	AIHandled *bool               `json:"ai_handled"`
	Escalated *bool               `json:"escalated"`
	Subject   *conversation.Party `json:"rating_subject"`
}) (any, error) {
	senders := lo.Map(in.Messages, func(m sender, _ int) conversation.Sender { return m.Sender })
	h, _ := csat.Handler(senders, csat.Flags{AIHandled: in.AIHandled, Escalated: in.Escalated})
	return object{"handler": h, "attribution": party(csat.Attribution(h, lo.FromPtr(in.Subject)))}, nil
}

func party(p conversation.Party) string { return lo.CoalesceOrEmpty(string(p), "none") }

type timedSender struct {
	Sender conversation.Sender `json:"sender_type"`
	At     float64             `json:"at_seconds"`
}

func (t timedSender) time() time.Time { return sinceStart(t.At) }

func sinceStart(seconds float64) time.Time {
	return time.Unix(0, 0).Add(time.Duration(seconds * float64(time.Second)))
}

func csatLastTouch(in struct {
	Messages []timedSender `json:"messages"`
	RatedAt  float64       `json:"rated_at_seconds"`
}) (any, error) {
	senders := lo.Map(in.Messages, func(m timedSender, _ int) conversation.Sender { return m.Sender })
	turns := lo.Map(in.Messages, func(m timedSender, _ int) csat.Turn { return csat.Turn{Sender: m.Sender, At: m.time()} })
	h, _ := csat.Handler(senders, csat.Flags{})
	return object{
		"attribution":         party(csat.LastTouch(turns, sinceStart(in.RatedAt))),
		"default_attribution": party(csat.Attribution(h, conversation.PartyNone)),
	}, nil
}

type sums struct {
	N     int64 `json:"n"`
	Sum   int64 `json:"sum"`
	SumSq int64 `json:"sumsq"`
}

type stratum struct {
	Name  string `json:"stratum"`
	AI    sums   `json:"ai"`
	Human sums   `json:"human"`
}

func csatCompare(in struct {
	Strata     []stratum   `json:"strata"`
	MinN       int64       `json:"min_n"`
	Target     csat.Target `json:"target"`
	Confidence float64     `json:"confidence"`
}) (any, error) {
	strata := lo.Map(in.Strata, func(s stratum, _ int) csat.Stratum {
		return csat.Stratum{Name: s.Name, AI: stat.Sums(s.AI), Human: stat.Sums(s.Human)}
	})
	c := csat.Compare(strata, in.MinN, in.Target, in.Confidence)
	out := object{
		"ai_crude_mean": c.AICrude, "human_crude_mean": c.HumanCrude, "ai_standardised_mean": c.AI,
		"human_standardised_mean": c.Human, "difference": c.Difference, "se": c.StandardError, "low": nil, "high": nil,
		"support_share": c.SupportShare,
	}
	if c.Interval != nil {
		out["low"], out["high"] = c.Interval.Low, c.Interval.High
	}
	return out, nil
}

func csatNonResponse(in struct {
	Closed    int64   `json:"closed"`
	Histogram []int64 `json:"histogram"`
}) (any, error) {
	h, err := histogram(in.Histogram)
	if err != nil {
		return nil, err
	}
	b, ok := csat.NonResponse(in.Closed, h)
	if !ok {
		return object{"csat_pct_low": nil, "csat_pct_high": nil, "mean_low": nil, "mean_high": nil}, nil
	}
	return object{
		"csat_pct_low": b.SatisfiedPct.Low, "csat_pct_high": b.SatisfiedPct.High,
		"mean_low": b.Mean.Low, "mean_high": b.Mean.High,
	}, nil
}

type responseCell struct {
	Closed    int64 `json:"closed"`
	Rated     int64 `json:"rated"`
	Satisfied int64 `json:"satisfied"`
}

func csatResponseWeighted(in struct {
	Cells []responseCell `json:"cells"`
}) (any, error) {
	cells := lo.Map(in.Cells, func(c responseCell, _ int) csat.ResponseCell { return csat.ResponseCell(c) })
	w := csat.WeightByResponse(cells)
	return object{"crude_csat_pct": w.CrudePct, "weighted_csat_pct": w.WeightedPct, "uncovered_share": w.UncoveredShare}, nil
}
