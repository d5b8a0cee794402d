package sentiment

import (
	"iter"
	"math/bits"
	"slices"

	"github.com/csm-monitor/csm-monitor/core/text"
)

// A gist is the content words of a message, kept to compare it with others.
type gist struct {
	read  *text.Reading
	words int // with repetition
	// marks has a bit for each distinct word; several words may share one.
	marks [4]uint64
}

func gistOf(r *text.Reading) gist {
	g := gist{read: r}
	for _, w := range r.Words {
		if w.Is(text.Content) && !w.Is(text.Stop) {
			d := r.Digest(w)
			g.words++
			g.marks[d>>62] |= 1 << (d >> 56 % 64)
		}
	}
	return g
}

// similar reports whether the token Jaccard of two messages is at least the similarity asked for. Most are too
// different for it by their marks alone.
func (g gist) similar(other gist, similarity float64) bool {
	union := 0 // at most as many as the distinct words of either
	for i := range g.marks {
		union += bits.OnesCount64(g.marks[i] | other.marks[i])
	}
	shared := g.words + other.words - union // at least as many as the distinct words of both
	if union == 0 || float64(shared)/float64(union) < similarity {
		return false
	}
	return g.tokens().jaccard(other.tokens()) >= similarity
}

func (g gist) tokens() tokens { return distinct(g.read.Forms(make([]string, 0, g.words), text.Stop)) }

// tokens are the distinct content words of a message in the order of the alphabet.
type tokens []string

// distinct reuses the list of words.
func distinct(words []string) tokens {
	slices.Sort(words)
	return slices.Compact(words)
}

func (t tokens) jaccard(other tokens) float64 {
	shared := 0
	for range t.shared(other) {
		shared++
	}
	return float64(shared) / float64(len(t)+len(other)-shared)
}

// shared yields the words of both.
func (t tokens) shared(other tokens) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i, j := 0, 0; i < len(t) && j < len(other); {
			switch {
			case t[i] < other[j]:
				i++
			case t[i] > other[j]:
				j++
			case !yield(t[i]):
				return
			default:
				i++
				j++
			}
		}
	}
}
