// Package cue finds the phrases that tell how a support conversation goes: the customer asks for a person, says thanks
// or the opposite of it, the bot gives up or announces a transfer. The phrases are data, one file for each language in
// the folder data, and all languages are looked for at once, as people mix them. A phrase is found by its words, not
// its letters, so that spacing, capitals, punctuation and the form of an apostrophe do not matter; a sentence's end
// stands between words. The time is linear in the length of the text.
package cue

import (
	"slices"

	"github.com/csm-monitor/csm-monitor/core/text"
)

// Found holds the words that matched, for each kind of cue, as they stand in the text's normal form NFKC; empty when
// the text has no such phrase. Which kinds mean something depends on who wrote the text.
type Found struct {
	// HumanRequest: the customer asks for a person ("let me talk to someone"). Questions whether the other side is
	// one ("are you a human") and refusals ("I don't want to talk to an agent") are not requests.
	HumanRequest string
	// NegatedThanks: the customer says the answer was no help ("thanks for nothing", "still not", "useless").
	NegatedThanks string
	// Thanks: the customer says thanks or that it works now. Empty when NegatedThanks is not, and for thanks in
	// advance and "no thanks".
	Thanks string
	// BotGaveUp: the automated side says that it does not know, understand or manage.
	BotGaveUp string
	// TransferAnnounced: the automated side says that it hands over; an offer or a refusal to do so is not that.
	TransferAnnounced string
}

// Find returns all cues of one message, whoever wrote it.
func Find(message string) Found {
	r := text.Read(message)
	found, bot := OfCustomer(&r), OfBot(&r)
	found.BotGaveUp, found.TransferAnnounced = bot.BotGaveUp, bot.TransferAnnounced
	return found
}

// OfCustomer returns the cues that mean something when a customer wrote the message.
func OfCustomer(r *text.Reading) Found {
	words := book.find(r, fromCustomer)
	if words[negatedThanks] != "" {
		words[thanks] = ""
	}
	return Found{HumanRequest: words[humanRequest], NegatedThanks: words[negatedThanks], Thanks: words[thanks]}
}

// OfBot returns the cues that mean something when the automated side wrote the message.
func OfBot(r *text.Reading) Found {
	words := book.find(r, fromBot)
	return Found{BotGaveUp: words[botGaveUp], TransferAnnounced: words[transferAnnounced]}
}

// HumanRequest returns the words by which a customer asks for a person, and whether there are any.
func HumanRequest(message string) (words string, found bool) {
	words = Find(message).HumanRequest
	return words, words != ""
}

// NegatedThanks returns the words by which a customer says that the answer was no help, and whether there are any.
func NegatedThanks(message string) (words string, found bool) {
	words = Find(message).NegatedThanks
	return words, words != ""
}

// Thanks returns the words by which a customer confirms that it is solved, and whether there are any.
func Thanks(message string) (words string, found bool) {
	words = Find(message).Thanks
	return words, words != ""
}

// BotGaveUp returns the words by which an automated message gives up, and whether there are any.
func BotGaveUp(message string) (words string, found bool) {
	words = Find(message).BotGaveUp
	return words, words != ""
}

// TransferAnnounced returns the words by which an automated message hands over, and whether there are any.
func TransferAnnounced(message string) (words string, found bool) {
	words = Find(message).TransferAnnounced
	return words, words != ""
}

// A match is a phrase found at the tokens from first up to but not including end.
type match struct {
	kind       kind
	first, end int
}

func (b *phrases) find(r *text.Reading, from side) (words [kinds]string) {
	var room [64]token
	tokens := b.tokens(room[:0], r)
	var matchRoom [16]match
	matches := b.matches(matchRoom[:0], &reader{r.Text, tokens}, from)
	for _, m := range matches {
		if m.kind < kinds && words[m.kind] == "" && !excepted(m, matches) {
			words[m.kind] = r.Text[tokens[m.first].start:tokens[m.end-1].end]
		}
	}
	return words
}

func (b *phrases) matches(into []match, r *reader, from side) []match {
	opens, openers := b.opens[from], b.openers[from]
	for i, t := range r.tokens {
		if !opens[t.id] {
			continue
		}
		next := uint16(0)
		if i+1 < len(r.tokens) {
			next = r.tokens[i+1].id
		}
		for k := range openers[t.id] {
			p := &openers[t.id][k]
			if !p.next.has(next) {
				continue
			}
			if end := r.match(i, i, p.steps); end > i {
				into = append(into, match{p.kind, i, end})
			}
		}
	}
	return into
}

// excepted reports whether a phrase that only looks like m's kind covers part of it. Matches are in the order of their
// first tokens and no phrase is longer than maxPhrase, so only neighbours need a look.
func excepted(m match, matches []match) bool {
	from, _ := slices.BinarySearchFunc(matches, m.first-maxPhrase, func(o match, first int) int { return o.first - first })
	for _, o := range matches[from:] {
		if o.first >= m.end {
			return false
		}
		if o.kind == m.kind|exception && o.end > m.first {
			return true
		}
	}
	return false
}
