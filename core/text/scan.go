package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Read reads a message. Most of most messages is in ASCII; what stands between two spaces and has other characters
// than that and curly apostrophes is read by the general rules of NormalForm and of phrases, and left to Language and
// the dictionaries to read for themselves. The time is linear in the length of the message.
func Read(message string) Reading {
	var rd Reader
	return rd.Read(message)
}

// A Reader reads messages one after another, which takes less memory than reading each alone. Its zero value is ready.
type Reader struct {
	words []Word          // of the messages read, and room for more
	lower strings.Builder // those of the words of the messages read that are not written so, in lower case
	room  []byte          // for those of one message
}

// Grow makes room for the words of messages of so many bytes in all.
func (rd *Reader) Grow(size int) {
	rd.grow(wordsIn(size))
	rd.lower.Grow(size / 8) // most words are written as they are in lower case
}

// grow makes room for n more words. It grows to twice what it was, so that a Reader that is used again soon has enough.
func (rd *Reader) grow(n int) {
	if cap(rd.words)-len(rd.words) < n {
		rd.words = make([]Word, 0, max(n, 2*cap(rd.words)))
	}
}

// Reset makes a Reader ready for the messages of another conversation. The words of those it has read are lost.
func (rd *Reader) Reset() {
	if cap(rd.words) > mostKept {
		*rd = Reader{}
		return
	}
	rd.words = rd.words[:0]
	rd.lower.Reset()
}

// mostKept is the number of words up to which the room for them is kept for the next conversation.
const mostKept = 1 << 15

// wordsIn is room for the words of most texts of so many bytes.
func wordsIn(size int) int { return size/5 + 8 }

// Read reads the next message.
func (rd *Reader) Read(message string) Reading {
	s := NFKC(message)
	rd.grow(wordsIn(len(s)) / 2)
	first, low := len(rd.words), rd.lower.Len()
	sc := scanner{text: s, lower: rd.room[:0], words: rd.words}
	sc.read()
	rd.words, rd.room = sc.words, sc.lower
	rd.lower.Write(sc.lower)
	return Reading{
		Original: message, Text: s, Words: sc.words[first:len(sc.words):len(sc.words)], lower: rd.lower.String()[low:],
		divisible: !sc.strange && s == message,
	}
}

// A scanner reads a text chunk by chunk: what stands between ASCII white space.
type scanner struct {
	text      string
	lower     []byte
	words     []Word
	newClause bool // a sentence ended since the last word
	strange   bool // white space other than that of ASCII was seen
}

func (sc *scanner) read() {
	s := sc.text
	opens := true // a sentence
	for i := 0; i < len(s); {
		if classes[s[i]] == space {
			opens = opens || s[i] == '\n' || s[i] == '\r' || i > 0 && endMark(s[i-1])
			i++
			continue
		}
		first := len(sc.words)
		i = sc.chunk(i)
		if opens {
			sc.words[first].traits |= opening
			opens = false
		}
	}
}

// The classes of bytes. Letters and digits are bits, to be collected over a word.
const (
	plain   uint8 = 0 // a mark that means nothing
	small   uint8 = 1
	capital uint8 = 2
	digit   uint8 = 4
	wordly        = small | capital | digit
	space   uint8 = 8
	sign    uint8 = 16 // a mark that may mean something
	other   uint8 = 32 // not ASCII, or a control character
)

var classes = func() (c [256]uint8) {
	for b := range 256 {
		switch r := rune(b); {
		case r >= utf8.RuneSelf || unicode.IsControl(r) && !unicode.IsSpace(r):
			c[b] = other
		case unicode.IsSpace(r):
			c[b] = space
		case unicode.IsLower(r):
			c[b] = small
		case unicode.IsUpper(r):
			c[b] = capital
		case unicode.IsDigit(r):
			c[b] = digit
		case strings.ContainsRune(`'.?!;,@<:`, r):
			c[b] = sign
		}
	}
	return c
}()

// chunkState is what is found out about one chunk on the way through it.
type chunkState struct {
	begin, firstWord, firstLow int
	newClause                  bool
	cases                      uint8 // classes of its letters and digits
	// formed says that it may hold an address, a placeholder or a number with points; mixed that a language sees other
	// words than phrases do.
	formed, mixed bool
}

// chunk reads the chunk that begins at i and returns its end.
func (sc *scanner) chunk(i int) int {
	s := sc.text
	c := chunkState{begin: i, firstWord: len(sc.words), firstLow: len(sc.lower), newClause: sc.newClause}
	for i < len(s) {
		switch class := classes[s[i]]; class {
		case small, capital, digit:
			i = sc.word(i, &c)
			continue
		case space:
			sc.finish(i, &c)
			return i
		case other:
			if !curly(s, i) {
				return sc.general(c)
			}
			i += len("’") - 1
			sc.sign(i, &c)
		case sign:
			sc.sign(i, &c)
		}
		i++
	}
	sc.finish(i, &c)
	return i
}

// finish sums up the chunk that ends at end.
func (sc *scanner) finish(end int, c *chunkState) {
	sc.token(end, c)
	if c.formed {
		sc.contents(c.begin, end, c.firstWord)
	}
	if c.mixed {
		sc.sample(c.begin, end, c.firstWord)
	}
}

// word reads the word that begins at i and returns its end.
func (sc *scanner) word(i int, c *chunkState) int {
	s := sc.text
	start, class, quoted, digest := i, uint8(0), false, firstDigit
	curls := 0 // bytes of curly apostrophes beyond those of straight ones
	for i < len(s) {
		b := s[i]
		c := classes[b]
		if c&wordly != 0 {
			class |= c
			digest = digest.then(b | c&capital*caseBit)
			i++
			continue
		}
		if c&(sign|other) == 0 {
			break
		}
		size := innerApostrophe(s, i)
		if size == 0 {
			break
		}
		quoted = true
		curls += size - 1
		digest = digest.then('\'')
		i += size
	}
	w := Word{
		Start: uint32(start), End: uint32(i), low: uint32(start), lowEnd: uint32(i), digest: digest.of(i - start - curls),
		traits: Spoken | Content | asWritten,
	}
	if class&capital != 0 || curls > 0 {
		w.low = uint32(len(sc.lower))
		sc.lower = appendLower(sc.lower, s[start:i])
		w.lowEnd = uint32(len(sc.lower))
		w.traits &^= asWritten
	}
	if sc.newClause {
		w.traits |= NewClause
		sc.newClause = false
	}
	switch {
	case class&digit == 0:
		w.traits |= tongue
		known := sc.known(&w)
		w.commonIn = known.commonIn
		if known.stop {
			w.traits |= Stop
		}
		if known.web && i < len(s) && s[i] == '.' {
			c.formed = true
		}
	case class == digit:
		if !quoted {
			w.traits |= Number
		}
	default:
		c.mixed = true
	}
	c.cases |= class
	sc.words = append(sc.words, w)
	return i
}

// known is what is known of a word.
func (sc *scanner) known(w *Word) *about {
	if w.Is(asWritten) {
		return knownOf(w.digest, sc.text[w.low:w.lowEnd])
	}
	return knownOf(w.digest, sc.lower[w.low:w.lowEnd])
}

// caseBit makes of the class of a capital the bit by which it differs from its small letter.
const caseBit = ('a' - 'A') / capital

// appendLower appends s with small letters for the capitals of ASCII and straight apostrophes for curly ones.
func appendLower(to []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		b := s[i]
		if classes[b] == other && curly(s, i) {
			b = '\''
			i += len("’") - 1
		}
		to = append(to, b|classes[b]&capital*caseBit)
	}
	return to
}

// sign notes what the mark at i may mean.
func (sc *scanner) sign(i int, c *chunkState) {
	s := sc.text
	switch s[i] {
	case '.', ',':
		sc.newClause = sc.newClause || s[i] == '.'
		c.formed = c.formed || i > c.begin && i+1 < len(s) && classes[s[i-1]] == digit && classes[s[i+1]] == digit
	case '?', '!', ';':
		sc.newClause = true
	case '@', '<':
		c.formed = true
	case ':':
		c.formed = c.formed || i+1 < len(s) && s[i+1] == '/'
	default: // an apostrophe at no word's inside
		if n := len(sc.words); n > c.firstWord { // may belong to a word before it for a language
			c.mixed = true
		}
	}
}

// curly reports whether a curly apostrophe stands at i.
func curly(s string, i int) bool { return strings.HasPrefix(s[i:], "’") }

// innerApostrophe is the length of the apostrophe at i when a letter or digit of ASCII follows it, else 0. (If one of
// another script does, the chunk is read by the general rules.)
func innerApostrophe(s string, i int) int {
	n := 0
	switch {
	case s[i] == '\'':
		n = 1
	case classes[s[i]] == other && curly(s, i):
		n = len("’")
	default:
		return 0
	}
	if i+n < len(s) && classes[s[i+n]]&wordly != 0 {
		return n
	}
	return 0
}

// add appends a word whose lower case has just been appended, from low on.
func (sc *scanner) add(start, end, low int, traits Trait) {
	sc.words = append(sc.words, Word{
		Start: uint32(start), End: uint32(end), low: uint32(low), lowEnd: uint32(len(sc.lower)),
		digest: digest(sc.lower[low:]), traits: traits,
	})
}

// sample leaves the chunk for Language to read.
func (sc *scanner) sample(start, end, firstWord int) {
	sc.clear(firstWord, tongue)
	sc.words = append(sc.words, Word{Start: uint32(start), End: uint32(end), traits: sample})
}

func (sc *scanner) clear(firstWord int, traits Trait) {
	for i := range sc.words[firstWord:] {
		sc.words[firstWord+i].traits &^= traits
	}
}

// token finds the one token of the chunk that ends at end.
func (sc *scanner) token(end int, c *chunkState) {
	traits := Token
	if c.cases&capital != 0 && c.cases&small == 0 {
		traits |= Capitals
	}
	start, stop, words := c.begin, end, sc.words[c.firstWord:]
	if len(words) > 0 { // which the marks stand around
		bareStart, bareStop := int(words[0].Start), int(words[len(words)-1].End)
		if bareStop-bareStart > 2 { // characters too, as the first and the last are of ASCII
			start, stop = bareStart, bareStop
		}
		if first := &words[0]; int(first.Start) == start && int(first.End) == stop {
			first.traits |= traits
			return
		}
	}
	low := len(sc.lower)
	sc.lower = appendLower(sc.lower, sc.text[start:stop])
	sc.add(start, stop, low, traits)
}
