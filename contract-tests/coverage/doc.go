// Package coverage counts how often the intervals of the figures hold the truth, over simulated organisations whose
// truth is known. Every definition with a sampling interval must have a row. The table is in core/stat/COVERAGE.md.
package coverage
