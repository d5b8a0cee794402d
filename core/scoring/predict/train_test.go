package predict_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/escalation"
	"github.com/csm-monitor/csm-monitor/core/scoring/predict"
	"github.com/csm-monitor/csm-monitor/core/stat"
)

var start = time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)

// at is when case i of n began, over five months.
func at(i, n int) time.Time {
	return start.Add(5 * predict.JudgedOn / time.Duration(n) * time.Duration(i))
}

// invent makes n rated conversations with their true chance of satisfaction: bad news, frustration, mood and one topic
// decide it by the strength given. The same seed gives the same past.
func invent(seed uint64, n int, strength float64) (samples []predict.Sample, truth []float64) {
	r := rand.New(rand.NewPCG(seed, 1))
	for i := range n {
		mood := r.NormFloat64() / 3
		s := predict.Sample{
			Signs: predict.Signs{
				Compound: &mood, Frustration: r.IntN(5), News: r.IntN(3) - 1, Outcome: conversation.OutcomeAssumed,
				GaveUp: r.IntN(4) == 0, Repeated: r.IntN(5) == 0, CustomerTurns: 1 + r.IntN(8),
			},
			Topic: []string{"billing", "login", "returns", ""}[r.IntN(4)], StartedAt: at(i, n),
		}
		if r.IntN(3) > 0 {
			s.Signs.FirstAnswerSeconds = lo.ToPtr(r.ExpFloat64() * 20)
		}
		score := 1 + strength*(1.5*float64(s.Signs.News)+2*mood-0.4*float64(s.Signs.Frustration)-lo.Ternary(s.Topic == "billing", 1.0, 0))
		p, _ := stat.Sigmoid(score)
		s.Satisfied = r.Float64() < p
		samples, truth = append(samples, s), append(truth, p)
	}
	return samples, truth
}

func TestTrainFindsWhatIsThere(t *testing.T) {
	samples, _ := invent(1, 2000, 1)
	m, r, err := predict.Train(samples)
	if err != nil {
		t.Fatal(err, r)
	}
	if *r.Brier.Skill < 0.15 || *r.AUC < 0.75 || *r.AUC <= *r.TopicAUC || r.Brier.Score >= *r.TopicBrier {
		t.Errorf("skill %v, AUC %v, by topic %v", *r.Brier.Skill, *r.AUC, *r.TopicAUC)
	}
	if r.Cases != 2000 || r.Fitted+r.Judged != 2000 || r.Judged < 380 || r.Judged > 420 || !r.JudgedFrom.After(r.To) || r.Features != 8 {
		t.Errorf("%+v", r)
	}
	if n := lo.SumBy(r.Reliability, func(b stat.ReliabilityBin) int64 { return b.N }); len(r.Reliability) != 10 || n != int64(r.Judged) {
		t.Errorf("the reliability table has %d rows with %d of %d cases", len(r.Reliability), n, r.Judged)
	}
	good, ok1 := m.Predict(predict.Signs{Compound: lo.ToPtr(0.5), News: 1, CustomerTurns: 2}, "login")
	bad, ok2 := m.Predict(predict.Signs{Compound: lo.ToPtr(-0.5), News: -1, Frustration: 4, CustomerTurns: 2}, "billing")
	if !ok1 || !ok2 || good < 0.85 || bad > 0.35 {
		t.Errorf("good %v, bad %v", good, bad)
	}
	if p, ok := m.Predict(predict.Signs{}, "a topic never seen"); !ok || p < 0 || p > 1 {
		t.Errorf("without text, times and topic: %v, %v", p, ok)
	}
}

func TestTheSameCasesGiveTheSameModel(t *testing.T) {
	samples, _ := invent(2, 1000, 1)
	m, report, err := predict.Train(samples)
	if err != nil {
		t.Fatal(err)
	}
	rand.New(rand.NewPCG(3, 3)).Shuffle(len(samples), func(i, j int) { samples[i], samples[j] = samples[j], samples[i] })
	again, reportAgain, err := predict.Train(samples)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(m, again) + cmp.Diff(report, reportAgain); d != "" {
		t.Errorf("the order of the cases changes the model:\n%s", d)
	}
	samples[0].Satisfied = !samples[0].Satisfied
	if other, _, err := predict.Train(samples); err != nil || other.Version == m.Version {
		t.Errorf("other cases, the same version %s (%v)", other.Version, err)
	}
	stored, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var loaded predict.Satisfaction
	if err := json.Unmarshal(stored, &loaded); err != nil {
		t.Fatal(err)
	}
	for _, s := range samples {
		a, _ := m.Predict(s.Signs, s.Topic)
		b, ok := loaded.Predict(s.Signs, s.Topic)
		if !ok || a != b {
			t.Fatalf("stored and loaded, %v became %v", a, b)
		}
	}
}

func TestNoModelWithoutEnough(t *testing.T) {
	enough, _ := invent(4, 1000, 1)
	for name, c := range map[string]struct {
		samples []predict.Sample
		want    error
	}{
		"nothing":         {nil, predict.ErrTooFew},
		"199 ratings":     {enough[:199], predict.ErrTooFew},
		"of one day":      {lo.Map(enough, func(s predict.Sample, _ int) predict.Sample { s.StartedAt = start; return s }), predict.ErrTooFew},
		"all satisfied":   {lo.Map(enough, func(s predict.Sample, _ int) predict.Sample { s.Satisfied = true; return s }), predict.ErrTooRare},
		"70 not":          {lo.Map(enough, func(s predict.Sample, i int) predict.Sample { s.Satisfied = i%12 != 0; return s }), predict.ErrTooRare},
		"a quiet month":   {quiet(enough), predict.ErrUnjudged},
		"a month alike":   {lo.Map(enough, func(s predict.Sample, i int) predict.Sample { s.Satisfied = s.Satisfied || i > 790; return s }), predict.ErrUnjudged},
		"nothing to find": {turned(enough), predict.ErrNoSkill},
	} {
		m, r, err := predict.Train(c.samples)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v (%+v)", name, err, r)
		}
		if r.Cases != len(c.samples) {
			t.Errorf("%s: %d of %d cases reported", name, r.Cases, len(c.samples))
		}
		if _, ok := m.Predict(predict.Signs{}, ""); ok {
			t.Errorf("%s: predicts all the same", name)
		}
	}
}

// quiet puts a year between the last five ratings and the others.
func quiet(samples []predict.Sample) []predict.Sample {
	return lo.Map(samples, func(s predict.Sample, i int) predict.Sample {
		if i >= len(samples)-5 {
			s.StartedAt = s.StartedAt.AddDate(1, 0, 0)
		}
		return s
	})
}

// turned turns the latest month round, so that what was learned before it is wrong there.
func turned(samples []predict.Sample) []predict.Sample {
	late := at(4*len(samples)/5, len(samples))
	return lo.Map(samples, func(s predict.Sample, _ int) predict.Sample {
		if !s.StartedAt.Before(late) {
			s.Satisfied = !s.Satisfied
		}
		return s
	})
}

// TestPureNoiseIsRarelyCalledSkill: where satisfaction is a coin, most organisations get no model.
func TestPureNoiseIsRarelyCalledSkill(t *testing.T) {
	const organisations = 40
	models := 0
	for seed := range uint64(organisations) {
		samples, _ := invent(100+seed, 600, 0)
		if _, _, err := predict.Train(samples); err == nil {
			models++
		} else if !errors.Is(err, predict.ErrNoSkill) {
			t.Fatal(err)
		}
	}
	t.Logf("%d of %d organisations got a model of noise", models, organisations)
	if models > organisations*2/5 {
		t.Errorf("%d of %d organisations got a model of noise", models, organisations)
	}
}

// TestShareCovers: the interval of the predicted share holds the share that would have been, in new conversations.
func TestShareCovers(t *testing.T) {
	const organisations = 60
	covered, models := 0, 0
	var width float64
	for seed := range uint64(organisations) {
		samples, _ := invent(1000+seed, 1500, 1)
		m, _, err := predict.Train(samples)
		if err != nil {
			continue
		}
		models++
		unrated, _ := invent(5000+seed, 400, 1)
		share := m.Share(lo.Map(unrated, func(s predict.Sample, _ int) float64 { p, _ := m.Predict(s.Signs, s.Topic); return p }))
		real := 100 * float64(lo.CountBy(unrated, func(s predict.Sample) bool { return s.Satisfied })) / float64(len(unrated))
		width += *share.High - *share.Low
		if *share.Low <= real && real <= *share.High {
			covered++
		}
	}
	t.Logf("covered %d of %d, mean width %.1f points", covered, models, width/float64(models))
	if float64(covered) < 0.93*float64(models) || models < organisations*9/10 {
		t.Errorf("covered %d of %d models of %d organisations", covered, models, organisations)
	}
}

func TestShareOfNothingIsUnknown(t *testing.T) {
	samples, _ := invent(1, 1000, 1)
	m, _, err := predict.Train(samples)
	if err != nil {
		t.Fatal(err)
	}
	if e := m.Share(nil); e.Known() || e.N != 0 {
		t.Errorf("%+v", e)
	}
	if e := (predict.Satisfaction{}).Share([]float64{0.5}); e.Known() {
		t.Errorf("a model that was not learned says %+v", e)
	}
	if e := m.Share([]float64{1, 1, 1}); *e.Value != 100 || *e.High > 100 || *e.Low >= 100 {
		t.Errorf("three sure ones: %v (%v to %v)", *e.Value, *e.Low, *e.High)
	}
}

// inventRisk makes n conversations whose topic and signs decide, by the strengths given, whether they escalate.
func inventRisk(seed uint64, n int, bySigns, byTopic float64) []predict.RiskSample {
	r := rand.New(rand.NewPCG(seed, 2))
	return lo.Times(n, func(i int) predict.RiskSample {
		s := predict.RiskSample{
			Seen: escalation.Seen{
				BotGaveUp: r.IntN(4) == 0, Repeated: r.IntN(4) == 0, CustomerTurns: 1 + r.IntN(6), Refusals: r.IntN(3),
				Denials: r.IntN(3), HumanRequest: r.IntN(10) == 0,
			},
			Topic: []string{"billing", "login"}[r.IntN(2)], StartedAt: at(i, n),
		}
		score := -1.5 + bySigns*(float64(s.Seen.Refusals)+lo.Ternary(s.Seen.BotGaveUp, 1.5, 0)) + byTopic*lo.Ternary(s.Topic == "billing", 1.0, -1)
		p, _ := stat.Sigmoid(score)
		s.Escalated = r.Float64() < p
		return s
	})
}

func TestTrainRisk(t *testing.T) {
	m, r, err := predict.TrainRisk(inventRisk(1, 2000, 1, 0.7))
	if err != nil {
		t.Fatal(err, r)
	}
	if *r.AUC <= *r.TopicAUC+0.05 || r.Brier.Score >= *r.TopicBrier {
		t.Errorf("AUC %v, by topic alone %v", *r.AUC, *r.TopicAUC)
	}
	calm, _ := m.Predict(escalation.Seen{CustomerTurns: 1}, "login")
	tense, _ := m.Predict(escalation.Seen{CustomerTurns: 1, BotGaveUp: true, Refusals: 2}, "billing")
	if calm > 0.2 || tense < 0.6 {
		t.Errorf("calm %v, tense %v", calm, tense)
	}
}

// TestRiskMustBeatTheTopic: where the topic alone decides, a model that looks at more is rarely worth it, and there is none
// with few escalations.
func TestRiskMustBeatTheTopic(t *testing.T) {
	better := lo.CountBy(lo.Range(20), func(seed int) bool {
		_, r, err := predict.TrainRisk(inventRisk(uint64(seed), 1000, 0, 1.5))
		if err == nil && (*r.AUC <= *r.TopicAUC || r.Brier.Score >= *r.TopicBrier) {
			t.Errorf("seed %d: a model that does not beat the topic", seed)
		}
		return err == nil
	})
	if better > 8 {
		t.Errorf("%d of 20 models say they beat the topic that decides", better)
	}
	if _, _, err := predict.TrainRisk(inventRisk(1, 250, 0, 0)); !errors.Is(err, predict.ErrTooRare) {
		t.Error(err)
	}
	if _, _, err := predict.TrainRisk(nil); !errors.Is(err, predict.ErrTooFew) {
		t.Error(err)
	}
}

func ExampleTrain() {
	samples, _ := invent(1, 100, 1)
	_, report, err := predict.Train(samples)
	fmt.Println(err)
	fmt.Println(report.Cases, "ratings,", math.Round(100*float64(report.Yes)/float64(report.Cases)), "% satisfied")
	// Output:
	// predict: too few cases to learn from: 100 of 200
	// 100 ratings, 51 % satisfied
}
