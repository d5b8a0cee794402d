package sentiment

// A Label says how a customer feels; the empty Label says that nothing is known.
type Label string

// The labels, from best to worst.
const (
	Positive   Label = "positive"
	Neutral    Label = "neutral"
	Negative   Label = "negative"
	Frustrated Label = "frustrated"
)

// threshold is the compound from which a text counts as positive, and below whose negative as negative (Hutto &
// Gilbert 2014).
const threshold = 0.05

// The frustration points from which a conversation is frustrated: by themselves, and beside a negative compound.
const (
	frustratedAlone    = 4
	frustratedNegative = 2
)

// recency is the weight of a customer message relative to the one after it.
const recency = 0.6

// LabelOf is the label of a compound: positive from 0.05, negative to −0.05, else neutral.
func LabelOf(compound float64) Label {
	switch {
	case compound >= threshold:
		return Positive
	case compound <= -threshold:
		return Negative
	}
	return Neutral
}

// ConversationCompound is the mean of the compounds of the customer's messages in order, each weighing 0.6 of the one
// after it, so that how a conversation ends counts most; null when there are none. It is not rounded.
func ConversationCompound(compounds []float64) *float64 {
	if len(compounds) == 0 {
		return nil
	}
	sum, weights, weight := 0.0, 0.0, 1.0
	for i := len(compounds) - 1; i >= 0; i-- {
		sum += weight * compounds[i]
		weights += weight
		weight *= recency
	}
	mean := sum / weights
	return &mean
}

// ConversationLabel is the label of a conversation from its frustration points, its compound and the compound of the
// customer's last message. Four points make it frustrated, and two beside a negative compound; else the compound
// decides. Without compounds (no customer text) there is no label.
func ConversationLabel(frustration int, compound, last *float64) Label {
	if compound == nil || last == nil {
		return ""
	}
	if frustration >= frustratedAlone || frustration >= frustratedNegative && min(*compound, *last) <= -threshold {
		return Frustrated
	}
	return LabelOf(*compound)
}
