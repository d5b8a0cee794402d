// Package knowledge finds what customers ask and the AI cannot answer. It says which conversations failed and why
// (Failures), which sentence was the question (Extract), which questions are the same one in other words (Index), how
// often each is asked, in how many conversations, and whether it came back after it was resolved (Summarise, StateAfter),
// what it costs (Decayed), how much of what is asked in vain is known at all (CoverageOf) and whether a fix helped
// (EffectOf).
//
// Questions are compared by their words alone, with weights learnt from the organisation's own questions: nothing is
// shipped that was learnt from anybody else's, every decision can be redone by hand, and the same questions in the same
// order always give the same gaps. Index decides at once, question by question; Index.Consolidate looks at all of them
// together, at night, and keeps the ids. Dense does the plain form of it on the vectors of an embedding model.
package knowledge
