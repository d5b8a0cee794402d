package knowledge

import (
	"math"
	"time"
)

// DefaultHalfLife is how long it takes until an occurrence counts half.
const DefaultHalfLife = 30 * 24 * time.Hour

// Decayed is what is left of a cost after an age: cost · 2^(−age/halfLife). Ages below 0, from clocks that disagree,
// count as 0, so that no occurrence weighs more than its cost. A half-life of 0 or less forgets at once.
func Decayed(cost, age, halfLife float64) float64 {
	if age <= 0 {
		return cost
	}
	if halfLife <= 0 {
		return 0
	}
	return cost * math.Exp2(-age/halfLife)
}
