package money

import (
	"fmt"
	"strings"
)

// scan takes apart a JSON number: text = digits · 10^exponent. The digits may carry a minus sign.
func scan(text string) (digits string, exponent int, err error) {
	if len(text) > maxText {
		return "", 0, fmt.Errorf("number of %d characters: %w", len(text), ErrSyntax)
	}
	rest := strings.TrimPrefix(text, "-")
	sign := text[:len(text)-len(rest)]
	whole, rest := leadingDigits(rest)
	if whole == "" || (len(whole) > 1 && whole[0] == '0') {
		return "", 0, syntaxError(text)
	}
	fraction := ""
	if strings.HasPrefix(rest, ".") {
		if fraction, rest = leadingDigits(rest[1:]); fraction == "" {
			return "", 0, syntaxError(text)
		}
	}
	power, ok := scanExponent(rest)
	if !ok {
		return "", 0, syntaxError(text)
	}
	if power > maxExponent || power < -maxExponent {
		return "", 0, fmt.Errorf("%q: exponent beyond ±%d: %w", text, maxExponent, ErrRange)
	}
	return sign + whole + fraction, power - len(fraction), nil
}

// scanExponent reads e+7, E-2 or nothing. A huge exponent is cut to a value that is still beyond the limit.
func scanExponent(text string) (power int, ok bool) {
	if text == "" {
		return 0, true
	}
	if text[0] != 'e' && text[0] != 'E' {
		return 0, false
	}
	text = text[1:]
	negative := strings.HasPrefix(text, "-")
	if negative || strings.HasPrefix(text, "+") {
		text = text[1:]
	}
	digits, rest := leadingDigits(text)
	if digits == "" || rest != "" {
		return 0, false
	}
	for _, d := range digits {
		power = min(10*power+int(d-'0'), maxExponent+1)
	}
	if negative {
		return -power, true
	}
	return power, true
}

func leadingDigits(text string) (digits, rest string) {
	n := 0
	for n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	return text[:n], text[n:]
}

func syntaxError(text string) error { return fmt.Errorf("%q: %w", text, ErrSyntax) }
