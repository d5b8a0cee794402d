package text_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/csm-monitor/csm-monitor/core/text"
)

func TestFoldMakesSpellingsOfOneWordEqual(t *testing.T) {
	for _, same := range [][]string{
		{"where is my order", "WHERE IS MY ORDER", "Ｗhere is my ＯＲＤＥＲ"},
		{"straße", "STRAẞE", "Straße"},
		{"σίσυφος", "ΣΊΣΥΦΟΣ"},
		{"café", "cafe\u0301", "CAFÉ"},
		{"fish", "ﬁſh"},
		{"k", "\u212a"},
	} {
		for _, s := range same[1:] {
			if a, b := text.Fold(same[0]), text.Fold(s); a != b {
				t.Errorf("Fold(%q) = %q, Fold(%q) = %q", same[0], a, s, b)
			}
		}
	}
	if text.Fold("resume") == text.Fold("résumé") {
		t.Error("accents must stay")
	}
}

func TestFoldOfEveryCharacterIsFinal(t *testing.T) {
	for r := rune(0); r < 0x20000; r++ { // above are ideographs
		for _, s := range []string{"a" + string(r) + "\u0301", string(r) + "\u0345"} {
			once := text.Fold(s)
			if twice := text.Fold(once); twice != once {
				t.Errorf("Fold(%+q) = %+q, again = %+q", s, once, twice)
			}
		}
	}
}

func TestSentences(t *testing.T) {
	for s, want := range map[string][]string{
		"":                      {},
		" \n ":                  {},
		"One. Two! Three? four": {"One.", "Two!", "Three?", "four"},
		"Really?! Yes":          {"Really?!", "Yes"},
		"v1.2 is out":           {"v1.2 is out"},
		"a\nb\r\nc":             {"a", "b", "c"},
		"wait... what":          {"wait...", "what"},
		"End.":                  {"End."},
		"Schön. Ja":             {"Schön.", "Ja"},
		"a.\u00a0b":             {"a.", "b"},
	} {
		if diff := cmp.Diff(want, text.Sentences(s)); diff != "" {
			t.Errorf("Sentences(%q):\n%s", s, diff)
		}
	}
}

func TestLanguage(t *testing.T) {
	type answer struct {
		Code     string
		Reliable bool
	}
	for s, want := range map[string]answer{
		"Hello, where is my order? I have been waiting for a week":   {"en", true},
		"my card was charged twice":                                  {"en", true},
		"Guten Tag, ich warte seit zwei Wochen auf meine Bestellung": {"de", true},
		"die Rechnung ist falsch":                                    {"de", true},
		"Bonjour, je n'ai pas encore reçu ma commande":               {"fr", true},
		"Hola, ¿dónde está mi pedido? No lo he recibido":             {"es", true},
		"Olá, ainda não recebi o meu pedido, vocês podem ajudar?":    {"pt", true},
		"Buongiorno, non ho ancora ricevuto il mio ordine":           {"it", true},
		"Hallo, ik heb mijn bestelling nog niet ontvangen":           {"nl", true},
		"Hej, jag har inte fått min beställning ännu":                {"sv", true},
		"Dzień dobry, gdzie jest moje zamówienie?":                   {"pl", true},
		"Merhaba, siparişim nerede? Çok uzun zaman oldu ama gelmedi": {"tr", true},
		"Здравствуйте, где мой заказ?":                               {"ru", true},
		"注文はどこですか":                                                   {"ja", true},
		"我的订单在哪里":                                                    {"zh", true},
		"주문이 어디에 있나요":                                                {"ko", true},
		"أين طلبي؟":                                                  {"ar", true},
		"":                                                           {"", false},
		"12345 !!!":                                                  {"", false},
		"XK-300 firmware":                                            {"", false},
		"ok":                                                         {"en", false},
	} {
		code, reliable := text.Language(s)
		if diff := cmp.Diff(want, answer{code, reliable}); diff != "" {
			t.Errorf("Language(%q):\n%s", s, diff)
		}
	}
}

func TestLanguageTakesTextsTogether(t *testing.T) {
	if _, reliable := text.Language("ich"); reliable {
		t.Fatal("one word is not reliable")
	}
	if code, reliable := text.Language("ich", "warte", "noch auf", "ein Paket"); code != "de" || !reliable {
		t.Fatalf("got %s, %v", code, reliable)
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"Straße ﬁ", "İI ıi", "ΣΊΣΥΦΟΣ", "\u0345\u03b9", "ẞ", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := text.Fold(s)
		if twice := text.Fold(once); twice != once {
			t.Fatalf("Fold(%+q) = %+q, again = %+q", s, once, twice)
		}
		for _, sentence := range text.Sentences(s) {
			if !strings.Contains(s, sentence) || strings.TrimSpace(sentence) != sentence || sentence == "" {
				t.Fatalf("sentence %q of %q", sentence, s)
			}
		}
		text.Language(s)
	})
}
