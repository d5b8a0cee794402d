// Package architecture holds the import rules and other promises about the shape of the code, as tests that read the
// source.
package architecture
