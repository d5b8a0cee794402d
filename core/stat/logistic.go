package stat

import (
	"math"

	"github.com/samber/lo"
)

// Sigmoid is 1/(1+e^(-score)), for scores of any size. NaN has no answer; an infinite score is 0 or 1.
func Sigmoid(score float64) (float64, bool) {
	if math.IsNaN(score) {
		return 0, false
	}
	return sigmoid(score), true
}

// sigmoid only ever takes the exponential of a number at or below zero, which cannot overflow.
func sigmoid(score float64) float64 {
	if score >= 0 {
		return 1 / (1 + math.Exp(-score))
	}
	e := math.Exp(score)
	return e / (1 + e)
}

// Logit is ln(p/(1-p)) for 0 < p < 1, the inverse of Sigmoid.
func Logit(p float64) (float64, bool) {
	if !fraction(p) {
		return 0, false
	}
	return math.Log(p) - math.Log1p(-p), true
}

// LogisticRisk is the probability at score intercept + Σ weight·feature. Lists of different lengths, or a score that
// is no number, have no answer.
func LogisticRisk(intercept float64, weights, features []float64) (float64, bool) {
	if len(weights) != len(features) {
		return 0, false
	}
	score := intercept
	for i, w := range weights {
		score += w * features[i]
	}
	return Sigmoid(score)
}

// Logistic is a fitted logistic regression, in the units of the features it was fitted on.
type Logistic struct {
	Intercept float64   `json:"intercept"`
	Weights   []float64 `json:"weights"`
	// Ridge is the penalty that was needed, 0 for plain maximum likelihood. It is positive when the outcomes could be
	// told apart perfectly, for then maximum likelihood has no finite answer.
	Ridge float64 `json:"ridge"`
}

// Risk is the probability at the given features.
func (l Logistic) Risk(features []float64) (float64, bool) {
	return LogisticRisk(l.Intercept, l.Weights, features)
}

const (
	fitRounds    = 40
	fitPrecision = 1e-9
	// fallbackRidge penalises weights of features scaled to standard deviation 1: a normal prior of variance 1.
	fallbackRidge = 1.0
)

// FitLogistic fits by iteratively reweighted least squares on features scaled to mean 0 and standard deviation 1; one
// row of features per outcome. When that does not converge, as with perfectly separated outcomes, it fits again with
// a ridge penalty and says so. A feature that never varies gets weight 0. Outcomes all alike, rows of different
// lengths, and features that are not finite have no answer. The result depends on nothing but the arguments.
func FitLogistic(features [][]float64, outcomes []bool) (Logistic, bool) {
	events := lo.Count(outcomes, true)
	if len(features) != len(outcomes) || events == 0 || events == len(outcomes) {
		return Logistic{}, false
	}
	for _, row := range features {
		if len(row) != len(features[0]) || !finite(row...) {
			return Logistic{}, false
		}
	}
	s := standardise(features)
	for _, ridge := range []float64{0, fallbackRidge} {
		if beta, ok := s.fit(outcomes, ridge); ok {
			model := s.unscale(beta)
			model.Ridge = ridge
			return model, finite(append(model.Weights, model.Intercept)...)
		}
	}
	return Logistic{}, false
}

// scaled is a design matrix with a leading column of ones and features scaled to mean 0 and standard deviation 1.
type scaled struct {
	rows     [][]float64
	mean, sd []float64 // sd 0 marks a feature that never varies
}

func standardise(features [][]float64) scaled {
	width, n := len(features[0]), float64(len(features))
	s := scaled{mean: make([]float64, width), sd: make([]float64, width)}
	for j := range width {
		s.mean[j] = lo.SumBy(features, func(row []float64) float64 { return row[j] / n })
		s.sd[j] = math.Sqrt(lo.SumBy(features, func(row []float64) float64 {
			return (row[j] - s.mean[j]) * (row[j] - s.mean[j]) / n
		}))
		if !(s.sd[j] > 1e-12*math.Abs(s.mean[j])) {
			s.sd[j] = 0
		}
	}
	s.rows = lo.Map(features, func(row []float64, _ int) []float64 {
		out := make([]float64, 1, width+1)
		out[0] = 1
		for j, x := range row {
			if s.sd[j] == 0 {
				out = append(out, 0)
			} else {
				out = append(out, (x-s.mean[j])/s.sd[j])
			}
		}
		return out
	})
	return s
}

func (s scaled) unscale(beta []float64) Logistic {
	model := Logistic{Intercept: beta[0], Weights: make([]float64, len(s.mean))}
	for j := range s.mean {
		if s.sd[j] > 0 {
			model.Weights[j] = beta[j+1] / s.sd[j]
			model.Intercept -= model.Weights[j] * s.mean[j]
		}
	}
	return model
}

// fit maximises the log-likelihood minus ridge/2·Σ weight² by Newton's method, halving a step that does not improve.
func (s scaled) fit(outcomes []bool, ridge float64) ([]float64, bool) {
	beta := make([]float64, len(s.mean)+1)
	value := s.objective(beta, outcomes, ridge)
	for range fitRounds {
		gradient, curvature := s.derivatives(beta, outcomes, ridge)
		step, ok := solve(curvature, gradient)
		if !ok {
			return nil, false
		}
		size, next := 1.0, beta
		for range 30 {
			next = lo.Map(beta, func(b float64, j int) float64 { return b + size*step[j] })
			if v := s.objective(next, outcomes, ridge); v >= value-1e-12*math.Abs(value) {
				value = v
				break
			}
			size /= 2
		}
		beta = next
		if lo.EveryBy(step, func(x float64) bool { return math.Abs(x) < fitPrecision }) {
			return beta, true
		}
	}
	return nil, false
}

func (s scaled) objective(beta []float64, outcomes []bool, ridge float64) float64 {
	var sum float64
	for i, row := range s.rows {
		score := dot(beta, row)
		if !outcomes[i] {
			score = -score
		}
		// ln(sigmoid(score)) without overflow
		sum += math.Min(0, score) - math.Log1p(math.Exp(-math.Abs(score)))
	}
	for _, b := range beta[1:] {
		sum -= ridge / 2 * b * b
	}
	return sum
}

func (s scaled) derivatives(beta []float64, outcomes []bool, ridge float64) (gradient []float64, curvature [][]float64) {
	width := len(beta)
	gradient = make([]float64, width)
	curvature = make([][]float64, width)
	for j := range curvature {
		curvature[j] = make([]float64, width)
	}
	for i, row := range s.rows {
		p := sigmoid(dot(beta, row))
		residual, weight := float64(tally(outcomes[i]))-p, p*(1-p)
		for j, x := range row {
			gradient[j] += x * residual
			for k := 0; k <= j; k++ {
				curvature[j][k] += weight * x * row[k]
			}
		}
	}
	for j := 1; j < width; j++ {
		gradient[j] -= ridge * beta[j]
		curvature[j][j] += ridge
		if s.sd[j-1] == 0 {
			curvature[j][j] = 1 // nothing to learn: keeps the system solvable and the weight at 0
		}
	}
	return gradient, curvature
}

func dot(a, b []float64) float64 {
	var sum float64
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// solve finds x with A·x = b for a positive definite A, of which only the lower triangle is read (Cholesky). It has no
// answer when A is singular to working precision.
func solve(a [][]float64, b []float64) ([]float64, bool) {
	n := len(b)
	l := make([][]float64, n)
	for i := range n {
		l[i] = make([]float64, n)
		for j := 0; j <= i; j++ {
			sum := a[i][j] - dot(l[i][:j], l[j][:j])
			if i > j {
				l[i][j] = sum / l[j][j]
				continue
			}
			if !(sum > 1e-11*a[i][i]) {
				return nil, false
			}
			l[i][i] = math.Sqrt(sum)
		}
	}
	x := make([]float64, n)
	for i := range n {
		x[i] = (b[i] - dot(l[i][:i], x[:i])) / l[i][i]
	}
	for i := n - 1; i >= 0; i-- {
		for k := i + 1; k < n; k++ {
			x[i] -= l[k][i] * x[k]
		}
		x[i] /= l[i][i]
	}
	return x, finite(x...)
}
