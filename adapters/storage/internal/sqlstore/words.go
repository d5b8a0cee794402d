package sqlstore

import (
	"encoding/binary"
	"strings"
	"sync"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// tokenBits is how long the token of a word is.
const tokenBits = 40

// wordToken is a word as the index knows it.
func (sp *space) wordToken(word string) int64 {
	t := sp.sealer.Token("word", word)
	return int64(binary.BigEndian.Uint64(t[:8]) >> (64 - tokenBits))
}

// vocabulary keeps the tokens of words that one organisation used lately: making a token costs more than all else a word
// needs.
type vocabulary struct {
	mu    sync.Mutex
	org   tenant.ID
	words map[string]int // place in seen
	seen  []wordSeen
	// marked numbers the conversations whose words were asked for.
	marked int64
}

// wordSeen is a word's token, and the conversation it was met in last.
type wordSeen struct{ token, in int64 }

// maxVocabulary bounds how many words are kept; maxKeptWord is the longest that is.
const (
	maxVocabulary = 16_384
	maxKeptWord   = 32
)

// tokens appends the distinct tokens of what a conversation says. One that two words share may come twice.
func (v *vocabulary) tokens(out []int64, sp *space, c *conversation.Conversation) []int64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.marked++
	if v.words == nil {
		v.words = map[string]int{}
	}
	if v.org != sp.org || len(v.seen) >= maxVocabulary {
		clear(v.words)
		v.org, v.seen = sp.org, v.seen[:0]
	}
	for i := range c.Messages {
		for word := range conversation.EachSearchWord(c.Messages[i].Content) {
			n, ok := v.words[word]
			switch {
			case ok && v.seen[n].in == v.marked:
			case ok:
				v.seen[n].in = v.marked
				out = append(out, v.seen[n].token)
			default:
				token := sp.wordToken(word)
				out = append(out, token)
				if len(word) <= maxKeptWord && len(v.seen) < maxVocabulary {
					v.words[strings.Clone(word)] = len(v.seen)
					v.seen = append(v.seen, wordSeen{token, v.marked})
				}
			}
		}
	}
	return out
}
