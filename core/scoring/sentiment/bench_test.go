package sentiment_test

import (
	"strings"
	"testing"

	"github.com/csm-monitor/csm-monitor/core/scoring/sentiment"
	"github.com/csm-monitor/csm-monitor/core/text"
	"github.com/csm-monitor/csm-monitor/core/text/cue"
)

// typical is a conversation of 6 messages and about 1.5 KB.
var typical = []sentiment.Message{
	{Sender: sentiment.Customer, Text: "Hi there, I ordered a pair of running shoes two weeks ago (order 48213) and the tracking page has been showing the same status since last Tuesday. Could you please tell me where the parcel is and when it will arrive? I need them for a race on Sunday."},
	{Sender: sentiment.AI, Text: "Thank you for reaching out! I can help you with the status of your order. Orders are usually delivered within three to five working days. You can follow the parcel at any time in your account under Orders, where you will also find the number of the shipment and a link to the carrier's page. Is there anything else I can do for you?"},
	{Sender: sentiment.Customer, Text: "I already looked at that page and it doesn't help, it only says that the parcel has left the warehouse. That was nine days ago! Can you check with the carrier, or tell me who I can call about it?"},
	{Sender: sentiment.AI, Text: "I understand that waiting for a parcel is frustrating. The carrier tells us that the shipment was delayed at the sorting centre because of the weather, and that it should be on its way again tomorrow. If it does not arrive by Friday we will send you a new pair at no cost, and you may keep both."},
	{Sender: sentiment.Customer, Text: "OK, that sounds fair. Will I get an e-mail when it moves again, or do I have to look at the page every day?"},
	{Sender: sentiment.AI, Text: "You will get an e-mail as soon as the parcel moves, and another one on the morning of the delivery with a window of two hours. You can choose a neighbour or a shop near you in the same e-mail if you are not at home."},
}

func BenchmarkScore(b *testing.B) {
	n := 0
	for _, m := range typical {
		n += len(m.Text)
	}
	b.SetBytes(int64(n))
	b.ReportAllocs()
	for b.Loop() {
		sentiment.Score(typical)
	}
}

func BenchmarkParts(b *testing.B) {
	customer := typical[0].Text
	b.Run("vader", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			sentiment.Vader(customer)
		}
	})
	b.Run("cues", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			cue.Find(customer)
		}
	})
	b.Run("language", func(b *testing.B) {
		for b.Loop() {
			text.Language(customer)
		}
	})
	b.Run("normal form", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			text.NormalForm(customer)
		}
	})
	b.Run("linear", func(b *testing.B) {
		long := strings.Repeat(customer+" ", 100)
		b.SetBytes(int64(len(long)))
		for b.Loop() {
			sentiment.MessageCompound(long)
		}
	})
}
