package sentiment_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/csm-monitor/csm-monitor/core/scoring/sentiment"
)

func TestFrustrationCountsEachSignUpToItsCap(t *testing.T) {
	for turns, want := range map[string]sentiment.Points{
		"C: where is my parcel 123 | C: where is my parcel 456 | C: where is my parcel | C: my parcel, where": {Repetition: 4},
		"C: refund | C: refund | C: REFUND":                                             {},
		"C: where is it | A: where is it | A: it is there":                              {},
		"C: I NEED THIS TODAY PLEASE | C: CAN ANYONE READ THIS | C: SURELY NOT SO HARD": {Capitals: 2},
		"C: OK THANKS":                                                                   {},
		"C: TRANSACTIONNUMBER please":                                                    {},
		"C: the IBAN is DE89370400440532013000 right":                                    {},
		"C: really?! | C: what?? ever!! | C: no!!!":                                      {Punctuation: 2},
		"C: really? yes! no?":                                                            {},
		"C: agent | A: hm | C: give me a person":                                         {HumanRequest: 3},
		"C: agent | C: a human please | C: real person":                                  {HumanRequest: 3},
		"C: useless, a waste of time":                                                    {NegatedThanks: 2},
		"C: useless | C: it doesn't work | C: still not":                                 {NegatedThanks: 4},
		"A: Check your spam folder. | C: no | A: Please check your spam folder! | C: no": {BotLoop: 1},
		"A: Check your spam folder. | C: no | A: Check your spam folder.":                {},
		"A: Hello! | A: Hi there! | C: order 5":                                          {},
		"":                                                                               {},
	} {
		got, cues := sentiment.Frustration(conversation(t, turns))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s%v", turns, diff, cues)
		}
	}
}

func TestCuesNameTheWordsThatFired(t *testing.T) {
	got := sentiment.Score(conversation(t, "C: where is my order | A: In your account. | C: WHERE IS MY ORDER?? | "+
		"A: In your account. | C: thanks for nothing. Let me talk to a human")).Cues
	want := []sentiment.Cue{
		{Kind: sentiment.KindRepetition, MessageIndex: 2, Words: "order where"},
		{Kind: sentiment.KindCapitals, MessageIndex: 2, Words: "WHERE IS MY ORDER"},
		{Kind: sentiment.KindPunctuation, MessageIndex: 2, Words: "??"},
		{Kind: sentiment.KindBotLoop, MessageIndex: 3, Words: "In your account."},
		{Kind: sentiment.KindHumanRequest, MessageIndex: 4, Words: "talk to a human"},
		{Kind: sentiment.KindNegatedThanks, MessageIndex: 4, Words: "thanks for nothing"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestScoreWithoutCustomerTextKnowsNothing(t *testing.T) {
	for _, turns := range []string{"", "A: Hello, how can I help?"} {
		got := sentiment.Score(conversation(t, turns))
		if diff := cmp.Diff(sentiment.Finding{LanguageSupported: true}, got); diff != "" {
			t.Errorf("%q:\n%s", turns, diff)
		}
	}
	blank := sentiment.Score([]sentiment.Message{{Sender: sentiment.Customer, Text: " \n\u00a0"}})
	if blank.Label != "" || blank.Compound != nil || blank.Last != nil {
		t.Errorf("a blank message says nothing, got %+v", blank)
	}
}

func TestOtherLanguagesAreLabelledFromCuesOnly(t *testing.T) {
	for turns, want := range map[string]sentiment.Label{
		"C: Guten Tag, ich warte seit zwei Wochen auf meine Bestellung":                                                      "",
		"C: die Rechnung ist falsch und die Karte ist weg":                                                                   "",
		"C: Ich kann mich nicht anmelden, das hilft mir nicht | C: das ist nutzlos, ich will mit einem Mitarbeiter sprechen": sentiment.Frustrated,
		"C: Bonjour, où est ma commande ? | A: Elle arrive demain. | C: merci beaucoup, c'est parfait":                       sentiment.Positive,
		"C: Hola, ¿dónde está mi pedido? | C: no me ayuda, es inútil":                                                        sentiment.Frustrated,
		"C: 注文はどこですか": "",
	} {
		got := sentiment.Score(conversation(t, turns))
		if got.Label != want || got.LanguageSupported || got.Compound != nil || got.Last != nil {
			t.Errorf("%s: want label %q without compound, got %+v", turns, want, got)
		}
	}
}

func TestAShortTextIsReadAsEnglish(t *testing.T) {
	got := sentiment.Score(conversation(t, "C: awful"))
	if !got.LanguageSupported || got.Label != sentiment.Negative {
		t.Errorf("got %+v", got)
	}
}

func TestABeginningIsScoredAsItStoodThen(t *testing.T) {
	messages := conversation(t, "C: this is terrible | A: I'm sorry. Fixed. | C: great, thank you, I love it")
	if got := sentiment.Score(messages[:2]).Label; got != sentiment.Negative {
		t.Errorf("at hand-off: %s", got)
	}
	if got := sentiment.Score(messages).Label; got != sentiment.Positive {
		t.Errorf("in the end: %s", got)
	}
}

func TestEvidenceIsShort(t *testing.T) {
	for _, c := range sentiment.Score(conversation(t, "C: "+strings.Repeat("ÄÖÜ GROẞ ", 500))).Cues {
		if len(c.Words) > 90 || !strings.HasSuffix(c.Words, "…") {
			t.Errorf("%s: %q", c.Kind, c.Words)
		}
	}
}

func TestALongConversationTakesTimeInProportion(t *testing.T) {
	// A quadratic step anywhere would make this take minutes.
	long := strings.Repeat("good bad but GOOD!! no not very kind of talk to <@ can't so the order is 'x' é ", 12_000)
	sentiment.Score([]sentiment.Message{{Sender: sentiment.Customer, Text: long}, {Sender: sentiment.AI, Text: long}})

	var many []sentiment.Message
	for i := range 20_000 {
		words := strings.Repeat("x", i%50) + " " + strings.Repeat("y", i%49) + " order"
		many = append(many, sentiment.Message{Sender: sentiment.Customer, Text: words}, sentiment.Message{Sender: sentiment.AI, Text: words + " z" + words})
	}
	sentiment.Score(many)
}
