// Package text prepares written language for everything that compares it: one normalisation (NFKC), one folding for
// search, gaps and cues (Fold), words and sentences, and a guess at the language. All functions are pure and take time
// linear in the length of the text.
package text
