package outcome

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/csm-monitor/csm-monitor/core/text"
)

func TestReadAnswer(t *testing.T) {
	refused := []string{
		"I'm sorry, but your booking request failed.",
		"I’m sorry, but your booking request failed.",
		"Unfortunately there are no flights that match your search. Would you like to change any of your criteria?",
		"Sorry, you are not authorized to unlock the door.",
		"There is no room available for the dates you asked for.",
		"The trip was unable to be updated at this time.",
		"We couldn't find a matching order.",
		"That size is out of stock.",
		"Your return was booked. Unfortunately the refund could not be processed.",
		"Leider ist kein Zimmer verfügbar.",
		"Lo siento, no hay habitaciones disponibles.",
		"Malheureusement, aucune chambre n'est disponible.",
		"Purtroppo non ci sono camere disponibili.",
		"Helaas is er geen kamer beschikbaar.",
		"Infelizmente não há quartos disponíveis.",
	}
	for _, s := range refused {
		if a := ReadAnswer(s); a.Refused == "" || a.Granted != "" {
			t.Errorf("not read as a refusal: %q: %+v", s, a)
		}
	}
	granted := []string{
		"Great, your party has been successfully booked!",
		"Right, your flight is now reserved!",
		"I've cancelled the order for you.",
		"Ride booked",
		"5 pm is not available. I booked 6 pm for you instead.",
		"Ihre Bestellung wurde storniert.",
		"Su reserva ha sido confirmada.",
		"Votre commande a été annulée.",
		"La prenotazione è stata confermata.",
		"Uw bestelling is geannuleerd.",
		"O seu pedido foi cancelado.",
	}
	for _, s := range granted {
		if a := ReadAnswer(s); a.Granted == "" || a.Refused != "" {
			t.Errorf("not read as done: %q: %+v", s, a)
		}
	}
	neither := []string{
		"", "   ", "?", "Hello, how can I help?", "May I have your name, please?",
		"I'm sorry to hear that you can't log in.",
		"Sorry for the delay. Let me look that up.",
		"I'm sorry, I don't quite understand what you mean.",
		"No problem! Is there anything else I can do for you?",
		"If the payment failed, please try another card.",
		"Once the refund has been processed, you get an e-mail.",
		"Should I book it for you now?",
		"Is the item unavailable in your country?",
		"Your order will be confirmed tomorrow.",
		"A confirmed booking can be changed in the app.",
		"We have a non-smoking room available.",
		"There is a room available.",
	}
	for _, s := range neither {
		if a := ReadAnswer(s); a != (Answer{}) {
			t.Errorf("read as news: %q: %+v", s, a)
		}
	}
}

func TestResigned(t *testing.T) {
	for s, want := range map[string]bool{
		"Never mind.": true, "Alright, nevermind then": true, "Okay. Thanks anyway, bye.": true,
		"I don't need a ride anymore": true, "Forget it": true, "oh just forget it": true, "I'll look elsewhere.": true,
		"Schon gut, danke trotzdem": true, "tant pis": true,
		"": false, "Thank you": false, "I always forget it": false, "Don't forget it please": false,
		"That doesn't seem too bad": false, "I changed my mind, I want the other one": false, "anymore": false,
	} {
		if got := Resigned(s); (got != "") != want {
			t.Errorf("%q: %q", s, got)
		}
	}
}

func TestImpatientAndDenies(t *testing.T) {
	if Impatient("Hurry up, I already told you my name!") == "" || Impatient("Thank you, take your time") != "" {
		t.Error("impatience")
	}
	for s, want := range map[string]bool{"No.": true, "no thanks": true, "Nope": true, "I said no": false, "": false, "Not that one": true, "north": false} {
		if Denies(s) != want {
			t.Errorf("%q", s)
		}
	}
}

// TestAnswerIsOneOrTheOther: whatever is written, an answer is no refusal and success at once, its evidence is short and
// whole characters, and spacing changes nothing.
func TestAnswerIsOneOrTheOther(t *testing.T) {
	words := rapid.SampledFrom([]string{"sorry", "unfortunately", "no", "not", "available", "booked", "has", "been", "if", "?", ".", "leider", "nicht", "é", "’", "failed", "successfully", "\n", "you"})
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOfN(words, 0, 40).Draw(t, "words"), " ")
		a := ReadAnswer(s)
		if a.Refused != "" && a.Granted != "" {
			t.Fatalf("%q: %+v", s, a)
		}
		for _, e := range []string{a.Refused, a.Granted, Resigned(s), Impatient(s)} {
			if !utf8.ValidString(e) || len(e) > wordsShown+len("…") {
				t.Fatalf("%q: evidence %q", s, e)
			}
		}
		b := ReadAnswer("  " + s + "\t")
		if (a.Refused == "") != (b.Refused == "") || (a.Granted == "") != (b.Granted == "") {
			t.Fatalf("%q: spacing changes the reading", s)
		}
	})
}

func FuzzReadAnswer(f *testing.F) {
	f.Add("I'm sorry, but your request failed. Anything else?")
	f.Add("\xff\xfe sorry… no")
	f.Fuzz(func(t *testing.T, s string) {
		a := ReadAnswer(s)
		if len(a.Refused) > wordsShown+len("…") || len(a.Granted) > wordsShown+len("…") {
			t.Errorf("long evidence for %q", s)
		}
		Resigned(s)
		Denies(s)
	})
}

func TestBrokenWordFiles(t *testing.T) {
	for _, content := range []string{"sorrow: alas", "regret sorry", "regret: sorry, , alas", "resigned: ... anymore", "resigned: don't need ...", "regret:"} {
		if err := newDraft().read(content, 1); err == nil {
			t.Errorf("%q was accepted", content)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a broken file was embedded without a word")
		}
	}()
	readLexicon(fstest.MapFS{"words/xx.txt": {Data: []byte("nonsense: x")}})
}

func TestLongMessagesAreReadInTime(t *testing.T) {
	long := strings.Repeat("don't need ", 20_000) + "anymore"
	if Resigned(long) == "" {
		t.Error("the end of a long message was not read")
	}
}

// TestEveryEntryCanBeFound: an entry is written as messages are read, in lower case and without marks that split words.
func TestEveryEntryCanBeFound(t *testing.T) {
	names, err := fs.Glob(files, "words/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	d := newDraft()
	for _, name := range names {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.read(string(content), 1); err != nil {
			t.Fatal(err)
		}
	}
	for _, w := range d.words {
		if read := text.Words(w); len(read) != 1 || read[0] != w {
			t.Errorf("%q in an entry is read as %q", w, read)
		}
	}
}
