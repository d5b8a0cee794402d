package text

import (
	"embed"
	"math/bits"
	"unicode"
	"unicode/utf8"
)

//go:embed languages/*.txt
var languageFiles embed.FS

// languageCodes are the languages of Latin script that are told apart by their common words (ISO 639-1).
var languageCodes = [...]string{"da", "de", "en", "es", "fr", "it", "nl", "no", "pl", "pt", "sv", "tr"}

// What it takes to be sure of a language of Latin script: so many common words of its own, so much more than any
// other language, so many of all words.
const (
	reliableWords = 1.25
	reliableRatio = 1.5
	reliableShare = 0.1
)

// languageSample bounds the bytes that Language reads of each text; more would not make it surer.
const languageSample = 2000

// Language guesses the language of texts taken together, as an ISO 639-1 code: by script, and within the Latin script
// by common words. Reliable is false for texts too short or too mixed to be sure; code is then the best guess, or
// empty when nothing speaks for any language. Of a script that several languages use, other than Latin, the code is
// that of the most common one: "ru" then says no more than Cyrillic.
func Language(texts ...string) (code string, reliable bool) {
	var e LanguageEvidence
	for _, s := range texts {
		r := Read(s)
		e.Add(&r)
	}
	return e.Verdict()
}

// LanguageEvidence gathers what speaks for each language in texts one after another. The zero value has read nothing.
type LanguageEvidence struct {
	words   int
	hits    int
	scores  [len(languageCodes)]float64
	letters int
	scripts [len(scripts)]int
}

// Add reads one more text.
func (e *LanguageEvidence) Add(r *Reading) {
	if len(r.Text) > languageSample {
		e.read(r.Text[:languageSample])
		return
	}
	for _, w := range r.Words {
		switch {
		case w.Is(tongue):
			e.letters += int(w.lowEnd - w.low)
			e.count(w.commonIn)
		case w.Is(sample):
			e.read(r.Of(w))
		}
	}
}

// scripts are those other than Latin, with the language most written in each and the letters it takes to be sure.
var scripts = [...]struct {
	code  string
	table *unicode.RangeTable
	sure  int
}{
	{"ja", unicode.Hiragana, 2}, {"ja", unicode.Katakana, 2}, {"zh", unicode.Han, 2}, {"ko", unicode.Hangul, 2},
	{"ru", unicode.Cyrillic, 4}, {"ar", unicode.Arabic, 4}, {"he", unicode.Hebrew, 4}, {"el", unicode.Greek, 4},
	{"hi", unicode.Devanagari, 4}, {"bn", unicode.Bengali, 4}, {"ta", unicode.Tamil, 4}, {"th", unicode.Thai, 4},
	{"ka", unicode.Georgian, 4}, {"hy", unicode.Armenian, 4},
}

func (e *LanguageEvidence) read(s string) {
	var room [32]byte
	word := room[:0]
	for i := 0; i < len(s); {
		r, size := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s[i:])
		}
		i += size
		switch {
		case 'a' <= r && r <= 'z':
		case 'A' <= r && r <= 'Z':
			r += 'a' - 'A'
		case isApostrophe(r) && len(word) > 0:
			r = '\''
		case r >= utf8.RuneSelf && unicode.IsLetter(r):
			e.countScript(r)
			r = unicode.ToLower(r)
		default:
			e.countWord(word)
			word = word[:0]
			continue
		}
		e.letters++
		if len(word) < len(room)-utf8.UTFMax {
			word = utf8.AppendRune(word, r)
		}
	}
	e.countWord(word)
}

func (e *LanguageEvidence) countScript(r rune) {
	if r < 0x370 { // Latin
		return
	}
	for i := range scripts {
		if unicode.Is(scripts[i].table, r) {
			e.scripts[i]++
			return
		}
	}
}

func (e *LanguageEvidence) countWord(word []byte) {
	if len(word) > 0 {
		e.count(knownOf(digest(word), word).commonIn)
	}
}

// shares are what each of so many languages gets of a word that is common in all of them.
var shares = func() (s [len(languageCodes) + 1]float64) {
	for n := range len(languageCodes) {
		s[n+1] = 1 / float64(n+1)
	}
	return s
}()

// count counts a word that is common in these languages.
func (e *LanguageEvidence) count(languages uint16) {
	e.words++
	if languages == 0 {
		return
	}
	e.hits++
	share := shares[bits.OnesCount16(languages)]
	for rest := languages; rest != 0; rest &= rest - 1 {
		e.scores[bits.TrailingZeros16(rest)] += share
	}
}

// Verdict is what Language says of the texts together.
func (e *LanguageEvidence) Verdict() (code string, reliable bool) {
	if code, reliable := e.byScript(); code != "" {
		return code, reliable
	}
	best, second := 0, 0.0
	for i, score := range e.scores {
		if i != best && score > e.scores[best] {
			best, second = i, e.scores[best]
		} else if i != best {
			second = max(second, score)
		}
	}
	top := e.scores[best]
	if top == 0 {
		return "", false
	}
	reliable = top >= reliableWords && top >= reliableRatio*second && float64(e.hits) >= reliableShare*float64(e.words)
	return languageCodes[best], reliable
}

// byScript answers when most letters are of a script other than Latin. Japanese mixes three; any kana makes it so.
func (e *LanguageEvidence) byScript() (code string, reliable bool) {
	total, best := 0, 0
	for i, n := range e.scripts {
		total += n
		if n > e.scripts[best] {
			best = i
		}
	}
	if total == 0 || total*2 <= e.letters {
		return "", false
	}
	if scripts[best].code == "zh" && e.scripts[0]+e.scripts[1] > 0 {
		best = 0
	}
	return scripts[best].code, total >= scripts[best].sure
}
