package golden

import (
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/scoring/sentiment"
)

type sentimentTexts struct {
	Texts []string `json:"texts"`
}

type sentimentCompounds struct {
	Compounds []float64 `json:"compounds"`
}

type sentimentLabels struct {
	Labels []*string `json:"labels"`
}

var sentimentOps = map[string]op{
	"sentiment.normalise": call(func(in struct {
		Sums []float64 `json:"sums"`
	}) (sentimentCompounds, error) {
		return sentimentCompounds{lo.Map(in.Sums, func(s float64, _ int) float64 { return sentiment.Normalise(s) })}, nil
	}),
	"sentiment.vader": call(func(in sentimentTexts) (sentimentCompounds, error) {
		return sentimentCompounds{lo.Map(in.Texts, func(s string, _ int) float64 { return sentiment.Vader(s) })}, nil
	}),
	"sentiment.message_label": call(func(in sentimentTexts) (sentimentLabels, error) {
		return sentimentLabels{lo.Map(in.Texts, func(s string, _ int) *string { return labelOrNull(sentiment.MessageLabel(s)) })}, nil
	}),
	"sentiment.negated_thanks": call(func(in struct {
		Rows []struct {
			Text     string  `json:"text"`
			Compound float64 `json:"compound"`
		} `json:"rows"`
	}) (sentimentCompounds, error) {
		out := sentimentCompounds{Compounds: []float64{}}
		for _, row := range in.Rows {
			out.Compounds = append(out.Compounds, sentiment.NegatedThanks(row.Text, row.Compound))
		}
		return out, nil
	}),
	"sentiment.frustration":           call(frustration),
	"sentiment.conversation_compound": call(conversationCompound),
	"sentiment.conversation_label": call(func(in struct {
		Rows []struct {
			Frustration int      `json:"frustration"`
			Compound    *float64 `json:"compound"`
			Last        *float64 `json:"last"`
		} `json:"rows"`
	}) (sentimentLabels, error) {
		out := sentimentLabels{Labels: []*string{}}
		for _, row := range in.Rows {
			out.Labels = append(out.Labels, labelOrNull(sentiment.ConversationLabel(row.Frustration, row.Compound, row.Last)))
		}
		return out, nil
	}),
}

func labelOrNull(l sentiment.Label) *string { return lo.EmptyableToPtr(string(l)) }

type frustrationPoints struct {
	Repetition    int `json:"repetition"`
	Caps          int `json:"caps"`
	Punctuation   int `json:"punctuation"`
	HumanRequest  int `json:"human_request"`
	NegatedThanks int `json:"negated_thanks"`
	BotLoop       int `json:"bot_loop"`
	Total         int `json:"total"`
}

func frustration(in struct {
	Messages []struct {
		SenderType string `json:"sender_type"`
		Content    string `json:"content"`
	} `json:"messages"`
}) (frustrationPoints, error) {
	messages := make([]sentiment.Message, 0, len(in.Messages))
	for _, m := range in.Messages {
		messages = append(messages, sentiment.Message{Sender: sentiment.Sender(m.SenderType), Text: m.Content})
	}
	p, _ := sentiment.Frustration(messages)
	return frustrationPoints{p.Repetition, p.Capitals, p.Punctuation, p.HumanRequest, p.NegatedThanks, p.BotLoop, p.Total()}, nil
}

func conversationCompound(in struct {
	Compounds []float64 `json:"compounds"`
}) (struct {
	Compound *float64 `json:"compound"`
}, error) {
	var out struct {
		Compound *float64 `json:"compound"`
	}
	out.Compound = sentiment.ConversationCompound(in.Compounds)
	return out, nil
}
