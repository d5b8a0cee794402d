package golden

import (
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/money"
	"github.com/csm-monitor/csm-monitor/core/roi"
)

var roiOps = map[string]op{
	"roi.summary":                call(roiSummary),
	"roi.from_parts":             call(roiFromParts),
	"roi.prorate_fee":            call(roiProrateFee),
	"roi.token_cost":             call(roiTokenCost),
	"roi.human_cost_per_contact": call(roiPerContact),
	"roi.handle_time":            call(roiHandleTime),
	"roi.shrink_handle_time":     call(roiShrink),
	"roi.loaded_hourly":          call(roiLoadedHourly),
	"roi.credited":               call(roiCredited),
	"roi.human_cost_interval":    call(roiInterval),
	"roi.break_even":             call(roiBreakEven),
	"roi.payback":                call(roiPayback),
	"roi.ledger_round":           call(roiLedgerRound),
	"roi.ledger_correction":      call(roiLedgerCorrection),
}

type roiFigures struct {
	TotalAICost   string  `json:"total_ai_cost"`
	TotalHuman    string  `json:"total_estimated_human_cost"`
	CostSavings   string  `json:"cost_savings"`
	ROIPercentage *string `json:"roi_percentage"`
}

func roiFiguresOf(f roi.Figures, currency string) (out roiFigures, err error) {
	texts, err := roiTexts([]money.Exact{f.AICost, f.HumanCost, f.Savings()}, currency)
	if err != nil {
		return out, err
	}
	return roiFigures{texts[0], texts[1], texts[2], f.PercentText()}, nil
}

func roiTexts(amounts []money.Exact, currency string) ([]string, error) {
	out := make([]string, 0, len(amounts))
	for _, a := range amounts {
		text, err := a.Format(currency)
		if err != nil {
			return nil, err
		}
		out = append(out, text)
	}
	return out, nil
}

func roiSummary(in struct {
	AI       money.Exact `json:"total_ai_cost"`
	Human    money.Exact `json:"total_estimated_human_cost"`
	Currency string      `json:"currency"`
}) (roiFigures, error) {
	return roiFiguresOf(roi.Figures{AICost: in.AI, HumanCost: in.Human}, in.Currency)
}

func roiFromParts(in struct {
	Topics []struct {
		Topic    string      `json:"topic"`
		Credited int64       `json:"credited"`
		Mean     money.Exact `json:"handle_seconds_mean"`
	} `json:"topics"`
	Hourly   money.Exact `json:"hourly"`
	Variable money.Exact `json:"variable_ai_cost"`
	Fee      money.Exact `json:"platform_fee"`
	Currency string      `json:"currency"`
}) (roiFigures, error) {
	credits := make([]roi.Credit, 0, len(in.Topics))
	for _, t := range in.Topics {
		credits = append(credits, roi.Credit{Contacts: t.Credited, MeanSeconds: t.Mean})
	}
	f := roi.Figures{AICost: in.Variable.Add(in.Fee), HumanCost: roi.HumanTotal(in.Hourly, credits)}
	return roiFiguresOf(f, in.Currency)
}

type roiMonth struct {
	Month string `json:"month"`
	Cost  string `json:"cost"`
}

type roiShare struct {
	Cost    string     `json:"cost"`
	ByMonth []roiMonth `json:"by_month"`
}

func roiProrateFee(in struct {
	Fee      money.Exact `json:"fee"`
	Timezone string      `json:"timezone"`
	Start    time.Time   `json:"start"`
	End      time.Time   `json:"end"`
	Currency string      `json:"currency"`
}) (out roiShare, err error) {
	loc, err := time.LoadLocation(in.Timezone)
	if err != nil {
		return out, err
	}
	share, err := roi.ProrateFee(in.Fee, in.Start, in.End, loc, in.Currency)
	if err != nil {
		return out, err
	}
	costs, err := roiTexts(append([]money.Exact{share.Cost}, lo.Map(share.Months, func(m roi.MonthCost, _ int) money.Exact {
		return m.Cost
	})...), in.Currency)
	if err != nil {
		return out, err
	}
	return roiShare{costs[0], lo.Map(share.Months, func(m roi.MonthCost, i int) roiMonth {
		return roiMonth{string(m.Period), costs[1+i]}
	})}, nil
}

type roiCost struct {
	Cost string `json:"cost"`
}

func roiTokenCost(in struct {
	Input       int64       `json:"input_tokens"`
	Output      int64       `json:"output_tokens"`
	InputPrice  money.Exact `json:"input_price_per_million"`
	OutputPrice money.Exact `json:"output_price_per_million"`
}) (roiCost, error) {
	price := roi.TokenPrice{InputPerMillion: in.InputPrice, OutputPerMillion: in.OutputPrice}
	return roiCost{price.Cost(in.Input, in.Output).Fixed(6)}, nil
}

type roiContact struct {
	Cost       string  `json:"cost"`
	Confidence *string `json:"confidence"`
}

func roiPerContact(in struct {
	Hourly  *money.Exact `json:"hourly"`
	Seconds *money.Exact `json:"handle_seconds"`
}) (roiContact, error) {
	cost, confidence, err := roi.HumanCostPerContact(in.Hourly, in.Seconds)
	return roiContact{cost.Fixed(), lo.EmptyableToPtr(string(confidence))}, err
}

type roiHandle struct {
	Seconds float64 `json:"handle_seconds"`
}

func roiHandleTime(in struct {
	Messages []struct {
		Sender string      `json:"sender_type"`
		At     money.Exact `json:"at_seconds"`
	} `json:"messages"`
}) (out roiHandle, err error) {
	turns := make([]roi.Turn, 0, len(in.Messages))
	for _, m := range in.Messages {
		at := m.At.Mul(money.Whole(int64(time.Second))).Float64()
		turns = append(turns, roi.Turn{Human: m.Sender == "human_agent", At: time.Duration(at)})
	}
	return roiHandle{roi.HandleTime(turns).Seconds()}, nil
}

type roiUsed struct {
	Used []float64 `json:"used"`
}

func roiShrink(in struct {
	OrgMean money.Exact `json:"org_mean"`
	Topics  []struct {
		N    int64        `json:"n"`
		Mean *money.Exact `json:"mean"`
	} `json:"topics"`
}) (roiUsed, error) {
	out := roiUsed{Used: []float64{}}
	for _, t := range in.Topics {
		out.Used = append(out.Used, roi.ShrinkHandle(t.N, lo.FromPtr(t.Mean), in.OrgMean).Float64())
	}
	return out, nil
}

type roiLoaded struct {
	Loaded string `json:"loaded"`
}

func roiLoadedHourly(in struct {
	Wage  money.Exact `json:"hourly_wage"`
	Share money.Exact `json:"wage_share"`
}) (roiLoaded, error) {
	loaded, err := roi.LoadedHourly(in.Wage, in.Share)
	return roiLoaded{loaded.Fixed(2)}, err
}

type roiViews struct {
	Conservative    int      `json:"conservative"`
	Standard        int      `json:"standard"`
	Gross           int      `json:"gross"`
	ConservativeIDs []string `json:"conservative_ids"`
	StandardIDs     []string `json:"standard_ids"`
}

func roiCredited(in struct {
	Conversations []struct {
		ID       string   `json:"id"`
		AIOnly   bool     `json:"ai_only"`
		Outcome  string   `json:"outcome"`
		Returned *float64 `json:"returned_after_hours"`
	} `json:"conversations"`
	WindowHours float64 `json:"window_hours"`
}) (roiViews, error) {
	ids := map[roi.View][]string{roi.Standard: {}, roi.Conservative: {}}
	for _, c := range in.Conversations {
		r := roi.Resolution{AIOnly: c.AIOnly, Outcome: roi.Outcome(c.Outcome), ReturnedAfterHours: c.Returned}
		for _, view := range []roi.View{roi.Standard, roi.Conservative, roi.Gross} {
			if r.CreditedIn(view, in.WindowHours) {
				ids[view] = append(ids[view], c.ID)
			}
		}
	}
	conservative, standard := ids[roi.Conservative], ids[roi.Standard]
	return roiViews{len(conservative), len(standard), len(ids[roi.Gross]), conservative, standard}, nil
}

type roiIntervalOut struct {
	HumanCost float64  `json:"human_cost"`
	SE        *float64 `json:"se"`
	Low       *float64 `json:"low"`
	High      *float64 `json:"high"`
	ROILow    *float64 `json:"roi_low"`
	ROIHigh   *float64 `json:"roi_high"`
}

func roiInterval(in struct {
	Hourly money.Exact `json:"hourly"`
	Topics []struct {
		Credited int64   `json:"credited"`
		Mean     float64 `json:"handle_seconds_mean"`
		SD       float64 `json:"handle_seconds_sd"`
		N        int64   `json:"n"`
	} `json:"topics"`
	AICost money.Exact `json:"ai_cost"`
}) (roiIntervalOut, error) {
	topics := make([]roi.MeasuredTime, 0, len(in.Topics))
	for _, t := range in.Topics {
		topics = append(topics, roi.MeasuredTime{Contacts: t.Credited, Mean: t.Mean, SD: t.SD, N: t.N})
	}
	return roiIntervalOut(roi.HumanCostInterval(in.Hourly, in.AICost, topics)), nil
}

type roiBreakEvenOut struct {
	Conversations *int64 `json:"conversations"`
}

func roiBreakEven(in struct {
	Fee      money.Exact `json:"monthly_fee"`
	Variable money.Exact `json:"variable_cost"`
	Human    money.Exact `json:"human_cost"`
	Share    money.Exact `json:"credit_share"`
}) (out roiBreakEvenOut, err error) {
	n, ok, err := roi.BreakEven(in.Fee, in.Variable, in.Human, in.Share)
	if ok {
		out.Conversations = &n
	}
	return out, err
}

type roiPaybackOut struct {
	Months *string `json:"months"`
}

func roiPayback(in struct {
	SetUp   money.Exact   `json:"setup_cost"`
	Savings []money.Exact `json:"monthly_savings"`
}) (out roiPaybackOut, err error) {
	if months, ok := roi.Payback(in.SetUp, in.Savings); ok {
		out.Months = lo.ToPtr(months.FixedAway(1))
	}
	return out, nil
}

type roiRounded struct {
	Rounded []string `json:"rounded"`
	Total   string   `json:"total"`
}

func roiLedgerRound(in struct {
	Lines    []money.Exact `json:"lines"`
	Currency string        `json:"currency"`
}) (out roiRounded, err error) {
	rounded, total, err := money.Apportion(in.Lines, in.Currency)
	if err != nil {
		return out, err
	}
	texts, err := roiTexts(append(rounded, total), in.Currency)
	if err != nil {
		return out, err
	}
	return roiRounded{texts[:len(rounded)], texts[len(rounded)]}, nil
}

type roiPosted struct {
	Period         string `json:"period"`
	ID             string `json:"id"`
	Kind           string `json:"kind"`
	Amount         string `json:"amount"`
	CorrectsPeriod string `json:"corrects_period"`
}

type roiPeriodTotal struct {
	Period string `json:"period"`
	Total  string `json:"total"`
}

type roiCorrected struct {
	Posted       []roiPosted      `json:"posted"`
	PeriodTotals []roiPeriodTotal `json:"period_totals"`
	Total        string           `json:"total"`
}

func roiLedgerCorrection(in struct {
	Lines []struct {
		Period string      `json:"period"`
		ID     string      `json:"id"`
		Kind   string      `json:"kind"`
		Amount money.Exact `json:"amount"`
	} `json:"lines"`
	Closed []string `json:"closed_periods"`
	Events []struct {
		ID         string    `json:"id"`
		Type       string    `json:"type"`
		At         time.Time `json:"at"`
		ResolvedAt time.Time `json:"resolved_at"`
	} `json:"events"`
	WindowHours float64 `json:"window_hours"`
	Timezone    string  `json:"timezone"`
	Currency    string  `json:"currency"`
}) (out roiCorrected, err error) {
	loc, err := time.LoadLocation(in.Timezone)
	if err != nil {
		return out, err
	}
	var lines []roi.Line
	for _, l := range in.Lines {
		amount, err := l.Amount.Micro()
		if err != nil {
			return out, err
		}
		lines = append(lines, roi.Line{Period: roi.Period(l.Period), Ref: l.ID, Kind: roi.Kind(l.Kind), Amount: amount})
	}
	var returns []roi.Return
	for _, e := range in.Events {
		if e.Type == "returned" || e.Type == "reopened" {
			returns = append(returns, roi.Return{Ref: e.ID, At: e.At, ResolvedAt: e.ResolvedAt})
		}
	}
	closed := func(p roi.Period) bool { return lo.Contains(in.Closed, string(p)) }
	window := time.Duration(in.WindowHours * float64(time.Hour))
	posted := roi.ReverseReturned(lines, closed, returns, window, loc)
	out.Posted = []roiPosted{}
	for _, l := range posted {
		amount, err := l.Amount.Format(in.Currency)
		if err != nil {
			return out, err
		}
		out.Posted = append(out.Posted, roiPosted{string(l.Period), l.Ref, string(l.Kind), amount, string(l.CorrectsPeriod)})
	}
	out.PeriodTotals, out.Total, err = roiTotals(append(lines, posted...), in.Currency)
	return out, err
}

func roiTotals(lines []roi.Line, currency string) (byPeriod []roiPeriodTotal, total string, err error) {
	byPeriod = []roiPeriodTotal{}
	sums := roi.SumByPeriod(lines)
	var all money.Exact
	for _, s := range sums {
		text, err := s.Amount.Format(currency)
		if err != nil {
			return nil, "", err
		}
		byPeriod = append(byPeriod, roiPeriodTotal{string(s.Period), text})
		all = all.Add(s.Amount)
	}
	total, err = all.Format(currency)
	return byPeriod, total, err
}
