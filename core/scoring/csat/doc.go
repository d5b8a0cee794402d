// Package csat judges customer satisfaction: which party a rating judges, what a platform's rating means on the scale
// of 1 to 5, how satisfied customers were, and whether the AI or people served them better on the same mix of cases.
package csat
