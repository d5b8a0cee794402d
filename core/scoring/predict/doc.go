// Package predict estimates what nobody said: how likely a customer who gave no rating was satisfied, and how likely a
// running conversation is to reach a person.
//
// Two kinds of answers are kept apart. A default score rests on weights that are a judgement; it ranks conversations
// and is no probability. A model is learned from one organisation's own past, calibrated on ratings it was not fitted
// on, judged on the latest month, and there is none unless it beats the plain guess there. No weights are shipped that
// were learned anywhere else, and a prediction is never a rating.
package predict
