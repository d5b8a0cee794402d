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

// vocabulary keeps the tokens of words that were met lately: making one costs more than all else a word needs.
type vocabulary struct {
	mu    sync.Mutex
	words map[tenant.ID]map[string]*wordSeen
	size  int
	// marked numbers the conversations whose words were asked for.
	marked int64
}

// wordSeen is a word's token, and the conversation it was met in last.
type wordSeen struct{ token, in int64 }

// maxVocabulary bounds how many words are kept, in all organisations together; maxKeptWord is the longest that is.
const (
	maxVocabulary = 32_768
	maxKeptWord   = 32
)

// tokens appends the distinct tokens of what a conversation says.
func (v *vocabulary) tokens(out []int64, sp *space, c *conversation.Conversation) []int64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.marked++
	known := v.of(sp.org)
	for i := range c.Messages {
		for word := range conversation.EachSearchWord(c.Messages[i].Content) {
			seen := known[word]
			if seen == nil {
				seen = &wordSeen{token: sp.wordToken(word)}
				if len(word) <= maxKeptWord {
					if v.size >= maxVocabulary {
						v.words, v.size = nil, 0
						known = v.of(sp.org)
					}
					known[strings.Clone(word)] = seen
					v.size++
				}
			}
			if seen.in != v.marked {
				seen.in = v.marked
				out = append(out, seen.token)
			}
		}
	}
	return out
}

func (v *vocabulary) of(org tenant.ID) map[string]*wordSeen {
	if v.words == nil {
		v.words = map[tenant.ID]map[string]*wordSeen{}
	}
	if v.words[org] == nil {
		v.words[org] = map[string]*wordSeen{}
	}
	return v.words[org]
}
