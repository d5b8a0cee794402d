package metric

import (
	"math"
	"math/big"

	"github.com/csm-monitor/csm-monitor/core/conversation"
)

// Delta is what replacing the version before of a conversation by the version after moves in the cells:
// Contribution(after) − Contribution(before). Nil is no version, so that a first arrival and a deletion are deltas too.
// When the two versions count in different cells, that of the first comes first; a cell that does not move is left out.
func Delta(before, after *conversation.Conversation) ([]Cell, error) {
	var from, to Cell
	if before != nil {
		from = Contribution(before)
	}
	if after != nil {
		to = Contribution(after)
	}
	if before != nil && after != nil && from.Key == to.Key {
		moved, err := to.Values.Minus(from.Values)
		if err != nil || len(moved) == 0 {
			return nil, err
		}
		return []Cell{{from.Key, moved}}, nil
	}
	var out []Cell
	if before != nil {
		back, err := Vector(nil).Minus(from.Values)
		if err != nil {
			return nil, err
		}
		out = append(out, Cell{from.Key, back})
	}
	if after != nil {
		out = append(out, to)
	}
	return out, nil
}

// Spread is the mean and the sample variance of n values from Σ and Σ². The subtraction is done in integers, so that
// nothing cancels. The mean is nil without values, the variance with fewer than two.
func Spread(n, sum int64, squares *big.Int) (mean, variance *float64) {
	if n < 1 {
		return nil, nil
	}
	count, total := big.NewInt(n), big.NewInt(sum)
	m, _ := new(big.Rat).SetFrac(total, count).Float64()
	if n < 2 {
		return &m, nil
	}
	// (Σ² − (Σ)²/n) / (n − 1) = (n·Σ² − (Σ)²) / (n·(n − 1))
	top := new(big.Int).Mul(count, squares)
	top.Sub(top, new(big.Int).Mul(total, total))
	v, _ := new(big.Rat).SetFrac(top, new(big.Int).Mul(count, big.NewInt(n-1))).Float64()
	return &m, &v
}

// RatingMoments is n, Σ and Σ² of a histogram of the ratings 1 to 5.
func RatingMoments(histogram [5]int64) (n, sum int64, squares *big.Int) {
	squares = new(big.Int)
	for i, count := range histogram {
		star := int64(i + 1)
		n += count
		sum += star * count
		squares.Add(squares, new(big.Int).Mul(big.NewInt(count), big.NewInt(star*star)))
	}
	return n, sum, squares
}

// DistinctError is the relative standard error of a HyperLogLog count with 2^p registers: 1.04/√(2^p) (Flajolet et al.
// 2007). No figure here uses such a count, because it cannot subtract: a deleted conversation could not be taken out
// again. It says what a distinct count within fixed memory would cost in accuracy.
func DistinctError(p int) float64 { return 1.04 / math.Sqrt(math.Pow(2, float64(p))) }
