package knowledge

import "math"

// MinHash describes a banded signature: two questions are compared when all rows of any band agree.
type MinHash struct {
	Bands, Rows int
}

// Meets is the chance that two questions with the given Jaccard similarity are compared: 1 − (1 − s^rows)^bands. Without bands or rows nothing meets.
// Source: Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, section 3.4.2.
func (m MinHash) Meets(similarity float64) float64 {
	if m.Bands < 1 || m.Rows < 1 {
		return 0
	}
	return 1 - math.Pow(1-math.Pow(similarity, float64(m.Rows)), float64(m.Bands))
}

// Threshold is the similarity at which the chance rises steepest, about (1/bands)^(1/rows).
func (m MinHash) Threshold() float64 {
	if m.Bands < 1 || m.Rows < 1 {
		return 1
	}
	return math.Pow(1/float64(m.Bands), 1/float64(m.Rows))
}
