package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Placeholders stand in a normal form for what identifies a person or a case and not a question.
const (
	PlaceholderURL   = "<url>"
	PlaceholderEmail = "<email>"
	PlaceholderNum   = "<num>"
)

// NormalForm reduces a question to its content words, in order: compatibility-folded (NFKC) and lower case, curly
// apostrophes straightened, web addresses, e-mail addresses and numbers replaced by placeholders, words split at
// anything but letters, digits and inner apostrophes, and the words of politeness and grammar dropped. Negations and
// where, when, why, how stay: "can't log in" is not "log in". A word that mixes letters and digits ("4runner") is a
// word; digits joined by inner points or commas ("1,250.00") are one number. The normal form of a normal form is itself.
func NormalForm(s string) []string {
	r := Read(s)
	return r.Forms([]string{}, Stop)
}

// Words is NormalForm with the words of politeness and grammar left in.
func Words(s string) []string {
	r := Read(s)
	return r.Forms([]string{}, 0)
}

// folded is text after lowerFold.
type folded string

// lowerFold folds twice, because lower case can open a compatibility form that capitals hid.
func lowerFold(s string) folded {
	return folded(NFKC(strings.ToLower(NFKC(s))))
}

func (f folded) tokens() []string {
	rest, out := string(f), []string{}
	afterWord := false // whether the character before rest belongs to a word, so that rest does not begin one
	for rest != "" {
		token, n := "", 0
		if !afterWord {
			token, n = placeholder(rest)
		}
		if n == 0 {
			token, n = word(rest)
		}
		if n == 0 {
			_, n = utf8.DecodeRuneInString(rest)
			afterWord = false
			rest = rest[n:]
			continue
		}
		afterWord = true
		rest = rest[n:]
		out = append(out, token)
	}
	return out
}

// placeholder recognises an address or an already placed placeholder at the start of s; n is the bytes it took, 0 if none.
func placeholder(s string) (token string, n int) {
	switch s[0] {
	case '<':
		for _, p := range [...]string{PlaceholderURL, PlaceholderEmail, PlaceholderNum} {
			if strings.HasPrefix(s, p) {
				return p, len(p)
			}
		}
		return "", 0
	case 'h', 'w':
		for _, start := range [...]string{"http://", "https://", "www."} {
			if strings.HasPrefix(s, start) && len(s) > len(start) && !startsWithSpace(s[len(start):]) {
				return PlaceholderURL, untilSpace(s)
			}
		}
	}
	if n := email(s); n > 0 {
		return PlaceholderEmail, n
	}
	return "", 0
}

// maxEmail bounds the search for an address in bytes (the longest the mail protocols allow), so that a line of points
// and letters is read in time proportional to its length.
const maxEmail = 320

// email is the length of the e-mail address s starts with, or 0. The domain must contain a point between two labels;
// points that end a sentence are not part of it.
func email(s string) int {
	s = s[:min(len(s), maxEmail)]
	at := strings.IndexFunc(s, func(r rune) bool { return !isWordRune(r) && !strings.ContainsRune("._%+-", r) })
	if at <= 0 || s[at] != '@' {
		return 0
	}
	domain := s[at+1:]
	end := strings.IndexFunc(domain, func(r rune) bool { return !isWordRune(r) && r != '.' && r != '-' })
	if end >= 0 {
		domain = domain[:end]
	}
	domain = strings.TrimRight(domain, ".-")
	if dot := strings.IndexByte(domain, '.'); dot <= 0 {
		return 0
	}
	return at + 1 + len(domain)
}

// word reads letters, digits and inner apostrophes from the start of s; all digits make a number. n is the bytes read.
func word(s string) (token string, n int) {
	digits, joined, apostrophe := true, false, false
	for n < len(s) {
		r, size := utf8.DecodeRuneInString(s[n:])
		switch {
		case unicode.IsDigit(r):
		case isWordRune(r) && !joined:
			digits = false
		case n > 0 && !joined && isApostrophe(r) && startsWithWord(s[n+size:]):
			digits = false
			apostrophe = apostrophe || r != '\''
		case n > 0 && digits && (r == '.' || r == ',') && startsWithDigit(s[n+size:]):
			joined = true
		default:
			return spelled(s[:n], digits, apostrophe), n
		}
		n += size
	}
	return spelled(s[:n], digits, apostrophe), n
}

func spelled(s string, digits, apostrophe bool) string {
	switch {
	case digits:
		return PlaceholderNum
	case apostrophe:
		return strings.Map(func(r rune) rune {
			if isApostrophe(r) {
				return '\''
			}
			return r
		}, s)
	}
	return s
}

func isWordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z'
	}
	return r != utf8.RuneError && !isApostrophe(r) && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r))
}

// isApostrophe knows the typewriter's mark, the two curly quotes phones put in its place, and the modifier letter.
func isApostrophe(r rune) bool {
	return r == '\'' || r == '’' || r == '‘' || r == 'ʼ'
}

func startsWithWord(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return isWordRune(r)
}

func startsWithDigit(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsDigit(r)
}

func startsWithSpace(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsSpace(r)
}

func untilSpace(s string) int {
	if i := strings.IndexFunc(s, unicode.IsSpace); i >= 0 {
		return i
	}
	return len(s)
}
