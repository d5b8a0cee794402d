package cue_test

import (
	"testing"

	"github.com/csm-monitor/csm-monitor/core/text/cue"
)

func TestHumanRequest(t *testing.T) {
	check(t, cue.HumanRequest, map[string]string{
		"I want to speak to a human":                        "speak to a human",
		"let me TALK to someone!!":                          "TALK to someone",
		"Can you transfer me to your supervisor?":           "transfer me to your supervisor",
		"get me a manager now":                              "get me a manager",
		"put me through to an operator":                     "put me through to an operator",
		"please connect me with a representative":           "connect me with a representative",
		"talk   to \n a\tperson":                            "talk   to \n a\tperson",
		"I need a real person":                              "real person",
		"live agent":                                        "live agent",
		"is there human support":                            "human support",
		"agent":                                             "agent",
		"Agent!!!":                                          "Agent",
		"human please":                                      "human please",
		"ok, representative please.":                        "ok, representative please",
		"Are you a human? Then let me talk to a supervisor": "talk to a supervisor",
		"I don't want to talk to a bot, get me a human":     "get me a human",
		"is there anyone I can talk to":                     "anyone I can talk",
		"I’d like to chat with a rep":                       "chat with a rep",
		"Ich möchte mit einem Mitarbeiter sprechen":         "Mitarbeiter sprechen",
		"je veux parler à un conseiller":                    "parler à un conseiller",
		"quiero hablar con una persona":                     "hablar con una persona",
		"quero falar com um atendente":                      "falar com um atendente",
		"vorrei parlare con un operatore":                   "parlare con un operatore",
		"ik wil een medewerker spreken":                     "wil een medewerker",
		"are you a human":                                   "",
		"Are you a real person?":                            "",
		"am I talking to a human?":                          "",
		"is this a real person":                             "",
		"I don't want to talk to an agent":                  "",
		"I don’t want to speak with someone, just fix it":   "",
		"I do not want to talk to a person":                 "",
		"I'd rather not talk to a person":                   "",
		"my travel agent booked it":                         "",
		"talk to you tomorrow. A person I know called":      "",
		"put in the return form that the other person sent": "",
		"where is my order":                                 "",
		"":                                                  "",
	})
}

func TestNegatedThanks(t *testing.T) {
	check(t, cue.NegatedThanks, map[string]string{
		"Thanks for nothing":                   "Thanks for nothing",
		"thank you for nothing!":               "thank you for nothing",
		"no thanks to you":                     "no thanks to you",
		"That was not very helpful":            "not very helpful",
		"not at all helpful":                   "not at all helpful",
		"that's not helpful":                   "not helpful",
		"that didn't help":                     "didn't help",
		"it doesn’t work":                      "doesn’t work",
		"you didn't answer my question":        "didn't answer",
		"that did not solve it":                "did not solve",
		"still not working":                    "still not",
		"it still doesn't load":                "still doesn't",
		"I still can't log in":                 "still can't",
		"useless":                              "useless",
		"what a waste of time":                 "waste of time",
		"das hilft mir nicht":                  "hilft mir nicht",
		"immer noch nicht":                     "immer noch nicht",
		"ça ne marche pas":                     "ne marche pas",
		"no me ayuda":                          "no me ayuda",
		"não resolveu":                         "não resolveu",
		"non mi ha aiutato":                    "non mi ha aiutato",
		"dat werkt niet":                       "werkt niet",
		"great, thanks!":                       "",
		"if that doesn't work try 8":           "",
		"no thanks":                            "",
		"no thank you, that's all":             "",
		"I can't log in":                       "",
		"is the item still available":          "",
		"does it work? I did not order before": "",
		"non ha un prezzo":                     "",
	})
}

func TestThanks(t *testing.T) {
	check(t, cue.Thanks, map[string]string{
		"thank you, that solved it":                 "thank you",
		"that worked":                               "that worked",
		"great, thx":                                "thx",
		"Perfect!":                                  "Perfect",
		"Danke, das hat funktioniert":               "Danke",
		"merci beaucoup":                            "merci",
		"thanks for nothing":                        "",
		"thanks but it still doesn't work":          "",
		"can you check my order? thanks in advance": "",
		"no thanks":                                 "",
		"where is my order":                         "",
	})
}

func TestBotGaveUp(t *testing.T) {
	check(t, cue.BotGaveUp, map[string]string{
		"Sorry, I don't have that information.":              "don't have that information",
		"I don’t have enough information to say":             "don’t have enough information",
		"I'm unable to help with that":                       "unable to help",
		"I can't answer this question":                       "can't answer",
		"Unfortunately I cannot assist with refunds":         "cannot assist",
		"We couldn't find your account":                      "couldn't find",
		"Sorry, I didn't quite understand.":                  "didn't quite understand",
		"I didn't understand that":                           "didn't understand",
		"Das kann ich leider nicht beantworten":              "kann ich leider nicht beantworten",
		"Je n'ai pas bien compris":                           "n'ai pas bien compris",
		"Lo siento, no entiendo":                             "no entiendo",
		"I can help with that!":                              "",
		"If you can't find the e-mail, look into spam":       "",
		"You don't have any information to enter, just sign": "",
		"You can track orders in your account.":              "",
	})
}

func TestTransferAnnounced(t *testing.T) {
	check(t, cue.TransferAnnounced, map[string]string{
		"I'm transferring you to a colleague":             "transferring you",
		"Let me connect you with an agent":                "connect you with an agent",
		"I'll hand this over to billing":                  "hand this over",
		"You will be transferred shortly":                 "be transferred",
		"A human agent will be with you soon":             "A human agent will be",
		"Ich verbinde Sie mit einem Kollegen":             "verbinde Sie",
		"Would you like me to connect you with an agent?": "",
		"I can't transfer you to a person":                "",
		"You can transfer money in the app":               "",
	})
}

func check(t *testing.T, find func(string) (string, bool), cases map[string]string) {
	t.Helper()
	for message, want := range cases {
		words, found := find(message)
		if words != want || found != (want != "") {
			t.Errorf("%q: found %q, want %q", message, words, want)
		}
	}
}
