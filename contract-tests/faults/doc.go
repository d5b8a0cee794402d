// Package faults holds the drills: the real server is killed in the middle of its work, and what it answered for must
// still be there, once.
package faults
