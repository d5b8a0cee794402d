// Package golden runs the golden cases: JSON files that say, for every formula of the core, what must come out of what
// goes in. The files live in testdata, or in the folder named by CSM_GOLDEN_DIR. Each case names an op; ops_*_test.go
// tie each op to the core function that answers it. The format is described in testdata/README.md.
package golden
