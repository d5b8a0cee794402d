package text

import (
	"unicode"
	"unicode/utf8"
)

// general reads a chunk by the general rules and returns its end.
func (sc *scanner) general(c chunkState) int {
	sc.words, sc.lower, sc.newClause = sc.words[:c.firstWord], sc.lower[:c.firstLow], c.newClause
	end := c.begin
	for end < len(sc.text) && classes[sc.text[end]] != space {
		end++
	}
	sc.spoken(c.begin, end)
	sc.contents(c.begin, end, len(sc.words))
	sc.words = append(sc.words, Word{Start: uint32(c.begin), End: uint32(end), traits: Foreign | sample})
	return end
}

// spoken finds the words of phrases in a chunk by the general rule.
func (sc *scanner) spoken(i, end int) {
	s := sc.text[:end]
	for i < end {
		r, size := utf8.DecodeRuneInString(s[i:])
		if !isWordRune(r) {
			sc.newClause = sc.newClause || r == '.' || r == '?' || r == '!' || r == ';'
			sc.strange = sc.strange || unicode.IsSpace(r)
			i += size
			continue
		}
		start, low := i, len(sc.lower)
		for i < end && (isWordRune(r) || isApostrophe(r) && startsWithWord(s[i+size:])) {
			sc.lower = appendFolded(sc.lower, r)
			i += size
			r, size = utf8.DecodeRuneInString(s[i:])
		}
		traits := Spoken
		if sc.newClause {
			traits |= NewClause
			sc.newClause = false
		}
		sc.add(start, i, low, traits)
	}
}

// appendFolded appends r as Fold would write it, with every apostrophe as '.
func appendFolded(to []byte, r rune) []byte {
	if isApostrophe(r) {
		return append(to, '\'')
	}
	return utf8.AppendRune(to, foldRune(r))
}

// contents finds the content words of a chunk by the general rule.
func (sc *scanner) contents(start, end, firstWord int) {
	sc.clear(firstWord, Content|Stop|Number)
	for _, token := range lowerFold(sc.text[start:end]).tokens() {
		traits := Content
		if IsStop(token) {
			traits |= Stop
		}
		low := len(sc.lower)
		sc.lower = append(sc.lower, token...)
		sc.add(start, end, low, traits)
	}
}
