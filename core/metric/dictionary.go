package metric

import (
	"slices"
	"strings"
)

// Definition says what one figure means. Its ID carries a version: a formula never changes under the same ID, so an old
// report keeps its meaning.
type Definition struct {
	// ID is what estimates name, such as csat.mean/v1.
	ID string `json:"id"`
	// Name is the field's usual term for the figure.
	Name string `json:"name"`
	// Words say it in one or two sentences.
	Words string `json:"words"`
	// Unit is what the value counts: "conversations", "per cent", "rating 1-5", "seconds", "money".
	Unit    string `json:"unit"`
	Formula string `json:"formula"`
	// Numerator and Denominator are empty for figures that are not shares or means.
	Numerator   string `json:"numerator,omitempty"`
	Denominator string `json:"denominator,omitempty"`
	// Interval is how the interval is made; empty when there is none.
	Interval string `json:"interval,omitempty"`
	// Source is where formula or interval come from.
	Source string `json:"source,omitempty"`
}

// The cohort of every definition that does not say otherwise: conversations that started in the window, in their
// newest version.

// Definitions lists the dictionary in the order of IDs.
func Definitions() []Definition {
	all := slices.Concat(volumeDefinitions(), csatDefinitions(), escalationDefinitions(), outcomeDefinitions(), roiDefinitions(), gapDefinitions())
	slices.SortFunc(all, func(a, b Definition) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// Define finds one definition.
func Define(id string) (Definition, bool) {
	for _, d := range Definitions() {
		if d.ID == id {
			return d, true
		}
	}
	return Definition{}, false
}

// Sources that several definitions share.
const (
	wilson1927      = "Wilson 1927; Newcombe 1998, Stat Med 17:857"
	newcombe1998    = "Newcombe 1998, Stat Med 17:873"
	standardisation = "Rothman, Greenland, Lash, Modern Epidemiology, direct standardisation"
	medianRanks     = "order statistics, 95 %; none below five"
	skewedTime      = "Student t, below on a logarithmic scale, above moved out by the skewness of a log-normal, 95 %"
	johnson1978     = "Johnson 1978, JASA 73:536; Hall 1992, JRSS B 54:221"
	smallRating     = "Student t from 30 ratings on; below, a fifth of a rating added to each score (Perks 1947)"
)

// share is the definition of a proportion in per cent.
func share(id, name, words, numerator, denominator string) Definition {
	return Definition{
		ID: id, Name: name, Words: words, Unit: "per cent", Formula: "100 · numerator / denominator",
		Numerator: numerator, Denominator: denominator, Interval: "Wilson score, 95 %", Source: wilson1927,
	}
}

// weighted is the definition of a proportion whose kinds of conversation count by their number.
func weighted(id, name, words, numerator, denominator string) Definition {
	d := share(id, name, words, numerator, denominator)
	d.Formula, d.Interval = "Σ share · conversations / Σ conversations, over kinds with a rating", "Wilson for as many ratings as give the weighted share's variance, 95 %"
	return d
}

// tally is the definition of a count.
func tally(id, name, words string) Definition {
	return Definition{ID: id, Name: name, Words: words, Unit: "conversations", Formula: "count"}
}

func meanRating(id, name, words, denominator string) Definition {
	return Definition{
		ID: id, Name: name, Words: words, Unit: "rating 1-5", Formula: "Σ ratings / number of ratings",
		Numerator: "sum of ratings", Denominator: denominator, Interval: smallRating,
	}
}

func volumeDefinitions() []Definition {
	return []Definition{
		tally("conversations.count/v1", "Conversations", "All conversations, whoever handled them. One that is sent again or changed later counts once."),
		tally("conversations.ai_involved/v1", "AI conversations", "Conversations in which an AI or bot wrote after the customer first did, alone or with people. A greeting is not handling."),
		share("involvement.rate/v1", "AI involvement", "How much of the demand the AI takes part in.", "AI conversations", "conversations"),
		{ID: "time.first_response_median/v1", Name: "Median first response", Unit: "seconds",
			Words:   "Half of the customers waited at most so long for the first answer, by the AI or a person. Only conversations whose messages carry times.",
			Formula: "0.5-quantile of log cells, exact to 1 %", Interval: medianRanks, Source: "Masson, Rim, Lee 2019 (DDSketch)"},
		{ID: "time.resolution_median/v1", Name: "Median resolution time", Unit: "seconds",
			Words:   "Half of the conversations took at most so long, where the platform says when they were solved or closed.",
			Formula: "0.5-quantile of log cells, exact to 1 %", Interval: medianRanks, Source: "Masson, Rim, Lee 2019 (DDSketch)"},
		{ID: "time.handle_mean/v1", Name: "Handle time", Unit: "seconds",
			Words:    "Working time of a person on one conversation that only people handled: the platform's figure, else read from the gaps before each human message, at least 15 and at most 300 seconds each. Topics with fewer than 20 lean on the organisation's mean.",
			Formula:  "(n · topic mean + 20 · organisation mean) / (n + 20) below n = 20, else the topic's mean",
			Interval: skewedTime + "; none while a default stands in", Source: johnson1978},
		{ID: "change.difference/v1", Name: "Change", Words: "The figure in this window minus the same figure in the window of the same length before it.",
			Unit: "that of the figure", Formula: "now − before", Interval: "hybrid of both intervals, 95 %", Source: "Zou, Donner 2008; " + newcombe1998},
		{ID: "conversations.sustained_volume/v1", Name: "Sustained volume", Words: "Evidence that volume has risen for some time above what the hour of the week leads one to expect.",
			Unit: "log-likelihood", Formula: "S = max(0, S + y ln θ − μ(θ − 1))", Source: "Lucas 1985"},
	}
}

func csatDefinitions() []Definition {
	return []Definition{
		tally("csat.ratings/v1", "Ratings", "Conversations with a rating. A later rating of the same conversation takes the place of the earlier one."),
		meanRating("csat.mean/v1", "Average CSAT", "Mean of all ratings on the scale 1 to 5, whomever they judge. Good/bad surveys count as 5 and 1 unless the organisation leaves them out.", "ratings"),
		meanRating("csat.mean_ai/v1", "Average CSAT of the AI", "Mean rating of conversations that the AI handled alone, or that the platform says judge the AI.", "ratings judging the AI"),
		meanRating("csat.mean_human/v1", "Average CSAT of people", "Mean rating of conversations that people handled alone, or that the platform says judge a person.", "ratings judging people"),
		meanRating("csat.mean_mixed/v1", "Average CSAT, mixed", "Mean rating of conversations both had a hand in. They are never folded into either side.", "ratings of conversations both handled"),
		{ID: "csat.satisfied_share_shrunk/v1", Name: "CSAT % for ranking", Unit: "per cent", Words: "A topic's CSAT % pulled to that of all topics the more, the fewer ratings it has, so that three happy customers do not lead the list. For ranking, beside the plain CSAT %.",
			Formula: "100 · (satisfied + m · common share) / (ratings + m), m from the spread between topics", Numerator: "ratings of 4 and 5", Denominator: "ratings", Source: "Kleinman 1973, JASA 68:46"},
		share("csat.satisfied_share/v1", "CSAT %", "Share of ratings of 4 and 5, the figure to compare across survey scales.", "ratings of 4 and 5", "ratings"),
		share("csat.satisfied_share_ai/v1", "CSAT % of the AI", "Share of 4 and 5 among ratings that judge the AI.", "ratings of 4 and 5", "ratings judging the AI"),
		share("csat.satisfied_share_human/v1", "CSAT % of people", "Share of 4 and 5 among ratings that judge people.", "ratings of 4 and 5", "ratings judging people"),
		weighted("csat.satisfied_share_weighted/v1", "CSAT %, response-weighted", "CSAT % had every kind of conversation (handler, sentiment, topic) been rated as readily as the others.", "rated 4 and 5, weighted", "conversations in kinds with a rating"),
		share("csat.response_rate/v1", "Response rate", "Share of customers asked for a rating who gave one. Unknown while no source says who was asked.", "ratings of conversations asked for one", "conversations asked for a rating"),
		share("csat.rated_share/v1", "Rated share", "Share of closed conversations with a rating, whether or not the customer was asked. It stands in for the response rate while no source says who was asked.", "ratings", "closed conversations"),
		{ID: "csat.standardised_difference/v1", Name: "AI against people on the same mix", Unit: "rating points",
			Words:   "Mean rating of the AI minus that of people, both put on the same mix of topic and priority. Only kinds of case where both have at least 5 ratings count. Customers may judge an AI more harshly for the same service.",
			Formula: "Σ w (mean AI − mean people), w = share of the target's ratings", Source: standardisation,
			Interval: "difference ± z · standard error, 95 %; a side of a stratum below 30 ratings with the variance after adding a fifth of a rating to each score"},
		{ID: "csat.standardised_mean/v1", Name: "Standardised average CSAT", Unit: "rating 1-5", Words: "Mean rating of one side on the common mix of topic and priority.",
			Formula: "Σ w · mean", Source: standardisation, Interval: "as the difference's, cut to 1-5"},
		{ID: "csat.satisfied_difference/v1", Name: "Difference in CSAT % on the same mix", Unit: "per cent points", Words: "CSAT % of the AI minus that of people within the same topic and priority, pooled.",
			Formula: "Mantel–Haenszel risk difference", Interval: "difference ± z · standard error, variances with divisor n − 1, 95 %", Source: "Greenland, Robins 1985, Biometrics 41:55"},
		{ID: "csat.odds_ratio/v1", Name: "Odds ratio on the same mix", Unit: "ratio", Words: "Odds of a satisfied customer of the AI divided by those of people, within the same topic and priority, pooled.",
			Formula: "Mantel–Haenszel odds ratio, Σ(ad/N) / Σ(bc/N)", Interval: "Robins–Breslow–Greenland, 95 %", Source: "Robins, Breslow, Greenland 1986, Biometrics 42:311"},
		{ID: "csat.bounds/v1", Name: "CSAT % had everybody answered", Unit: "per cent", Words: "What CSAT % would be had all silent customers been unhappy, or all happy.",
			Formula: "satisfied / closed to (satisfied + silent) / closed", Interval: "worst and best case", Source: "Manski 2003"},
		{ID: "csat.mean_bounds/v1", Name: "Average CSAT had everybody answered", Unit: "rating 1-5", Words: "What the mean rating would be had all silent customers given a 1, or all a 5.",
			Formula: "(Σ ratings + silent) / closed to (Σ ratings + 5 · silent) / closed", Interval: "worst and best case", Source: "Manski 2003"},
		{ID: "csat.predicted_share/v1", Name: "Predicted CSAT %", Unit: "per cent", Words: "A model's expectation for conversations nobody rated. Never mixed into real ratings, and absent until the organisation has enough of them.",
			Formula: "mean of calibrated probabilities", Interval: "mean ± z · standard error, of chance and of the model's error on its latest month, 95 %", Source: "logistic regression, isotonic calibration on held-out ratings"},
		share("sentiment.unhappy_share/v1", "Negative sentiment", "Share of conversations whose customer sounded negative or frustrated: as declared, else as computed.", "negative or frustrated", "conversations with a label"),
	}
}

func escalationDefinitions() []Definition {
	return []Definition{
		tally("escalation.count/v1", "Escalations", "Conversations that reached a human: the client said so, a person wrote after the AI had answered, or the platform recorded a hand-off. Asking for a person alone does not count."),
		tally("escalation.reason/v1", "Escalations by reason", "Escalated conversations by the root cause that the evidence speaks for; each has one."),
		share("escalation.rate/v1", "Escalation rate", "Escalated conversations among all.", "escalated conversations", "conversations"),
		share("escalation.ai_rate/v1", "AI escalation rate", "Escalated conversations among those the AI took part in: the figure to judge the AI by.", "escalated AI conversations", "AI conversations"),
		share("containment.rate/v1", "Containment", "AI conversations that did not reach a human. It includes customers who gave up: see the resolution rate.", "AI conversations not escalated", "AI conversations"),
		tally("escalation.unmet_requests/v1", "Unmet requests", "Customers who asked for a person and got none."),
		{ID: "escalation.lift/v1", Name: "Lift", Unit: "ratio", Words: "A topic's AI escalation rate divided by that of all other topics together.",
			Formula: "rate of the topic / rate of the rest", Interval: "Katz log, 95 %; half an event added on an empty cell", Source: "Katz and others 1978, Biometrics 34:469"},
		{ID: "escalation.topic_difference/v1", Name: "Difference to other topics", Unit: "per cent points", Words: "A topic's AI escalation rate minus that of all other topics together.",
			Formula: "rate of the topic − rate of the rest", Interval: "Newcombe, 95 %", Source: newcombe1998},
		{ID: "escalation.time/v1", Name: "Time to escalation", Unit: "seconds", Words: "Mean time from the start to the first strong evidence of an escalation, among escalated conversations whose time is known.",
			Formula: "Σ seconds / escalations", Interval: skewedTime, Source: johnson1978},
		{ID: "escalation.incidence/v1", Name: "Escalated by turn", Unit: "per cent", Words: "Share of AI conversations that have escalated by a customer turn. Ending without one competes, open conversations are censored.",
			Formula: "F += S · escalated / at risk; S *= 1 − ended / at risk", Interval: "Wilson for as many conversations as give the curve's variance, 95 %", Source: "Aalen, Johansen 1978, Scand J Stat 5:141"},
		{ID: "escalation.median_turn/v1", Name: "Median turn of escalation", Unit: "customer turns", Words: "Half of the escalated AI conversations had escalated by this customer turn.",
			Formula: "first turn by which half of the escalations had happened", Interval: medianRanks},
		{ID: "escalation.change/v1", Name: "Change of the escalation rate", Unit: "per cent points", Words: "What of the change is due to traffic moving between topics (mix) and what to the topics themselves (rate). The parts add up.",
			Formula: "mix = Δw (mean rate − mean overall rate), rate = Δr · mean share", Interval: "Newcombe, 95 %", Source: "Kitagawa 1955, JASA 50:1168; " + newcombe1998},
		{ID: "escalation.risk/v1", Name: "Live risk", Unit: "probability", Words: "Chance that a running conversation will reach a human, by what it shows so far. Learnt from the organisation's own conversations where that beats the topics' rates on the latest month; else by default weights, which are a judgement and not calibrated.",
			Formula: "1 / (1 + e^−score)"},
		tally("escalation.avoidable/v1", "Avoidable escalations", "Escalations by what could have kept them from a human: content, deflection, not avoidable, undetermined. Never added up."),
	}
}

func outcomeDefinitions() []Definition {
	return []Definition{
		{ID: "resolution.rate/v1", Name: "Resolution rate", Unit: "per cent", Words: "AI conversations confirmed or assumed resolved among those older than 24 hours. Confirmed: the customer or platform said so. Assumed: the AI answered and the customer asked no more, without signs of trouble.",
			Formula: "100 · (confirmed + assumed) / settled", Numerator: "confirmed and assumed", Denominator: "settled AI conversations", Interval: "Wilson score, 95 %", Source: wilson1927},
		{ID: "resolution.bounds/v1", Name: "Resolved between", Unit: "per cent", Words: "At least the confirmed, at most all that neither escalated nor were abandoned, pending ones included.",
			Formula: "confirmed / all to (confirmed + assumed + ambiguous + pending) / all", Interval: "worst and best case"},
		share("resolution.first_contact/v1", "First-contact resolution", "Resolved at the first contact, where the source says whether they were.", "resolved at first contact", "conversations with an answer"),
		share("resolution.durable_72h/v1", "Durable after 72 hours", "Resolutions whose customer was not back on the topic within 72 hours, among resolutions at least that old.", "resolutions not returned to", "resolutions at least 72 hours old"),
		share("resolution.durable_7d/v1", "Durable after 7 days", "Resolutions whose customer was not back on the topic within 7 days, among resolutions at least that old. Young ones are left out, not counted as durable.", "resolutions not returned to", "resolutions at least 7 days old"),
		tally("outcome.count/v1", "Outcome", "AI conversations by the first rung that holds: escalated, confirmed, abandoned, ambiguous, assumed; pending while younger than 24 hours."),
	}
}

func roiDefinitions() []Definition {
	amount := func(id, name, words, formula string) Definition {
		return Definition{ID: id, Name: name, Words: words, Unit: "money", Formula: formula}
	}
	interval := func(d Definition) Definition {
		d.Interval, d.Source = skewedTime+", carried through the formula; none while a default stands in", johnson1978
		return d
	}
	return []Definition{
		amount("roi.ai_cost/v1", "AI cost", "What the AI cost: as reported, else by the organisation's prices, plus the platform's fee for the window by seconds of the calendar month.", "Σ variable cost + fee"),
		interval(amount("roi.human_cost/v1", "Estimated human cost", "What people would have cost for the conversations credited to the AI.", "Σ over topics: credited · hourly cost · handle seconds / 3600")),
		interval(amount("roi.savings/v1", "Savings", "Estimated human cost minus AI cost.", "human cost − AI cost")),
		interval(Definition{ID: "roi.percentage/v1", Name: "ROI", Words: "Savings per AI cost. Unknown while the AI's cost is unknown or nothing.", Unit: "per cent", Formula: "100 · savings / AI cost"}),
		interval(amount("roi.human_cost_per_contact/v1", "Human cost per contact", "Loaded hourly cost times the topic's handle time.", "hourly · handle seconds / 3600")),
		interval(amount("roi.escalation_drag/v1", "Escalation drag", "What escalated conversations cost people beyond the same topic without the AI. Negative: the AI saved them time.", "(mean handle time after the AI − mean of people alone) · hourly · escalated")),
		tally("roi.credited_standard/v1", "Credited resolutions", "Resolved by the AI alone, confirmed or assumed, customer not back on the topic within 72 hours."),
		tally("roi.credited_conservative/v1", "Credited resolutions, conservative", "As credited, but confirmed ones only."),
		tally("roi.credited_gross/v1", "Credited resolutions, gross", "Every conversation without a person, however it ended: the figure vendors like."),
		tally("roi.unpriced/v1", "Unpriced conversations", "AI conversations whose cost nobody knows; the AI cost is without them."),
		{ID: "roi.break_even/v1", Name: "Break-even", Unit: "conversations a month", Words: "How many conversations a month pay for the platform's monthly fee at the window's shares and costs. Unknown where each costs at least what it saves.",
			Formula: "⌈monthly fee / (credited share · human cost − variable cost)⌉"},
		{ID: "roi.payback/v1", Name: "Payback", Unit: "months", Words: "Months of mean savings, over the months closed so far, that pay for what introducing the AI cost.",
			Formula: "set-up cost / mean monthly savings"},
		amount("roi.ledger/v1", "Ledger", "The sum of the ledger's lines of a period. It equals the figure shown, to the cent.", "Σ lines"),
	}
}

func gapDefinitions() []Definition {
	return []Definition{
		tally("gap.failed/v1", "Failed conversations", "AI conversations that escalated, were rated 1 or 2, left the customer negative or frustrated, made the bot give up, or the customer repeat."),
		tally("gap.occurrences/v1", "Occurrences of a gap", "Distinct conversations in which the AI failed on the question."),
		{ID: "gap.priority/v1", Name: "Priority", Unit: "money", Words: "What a gap has been costing lately: a human contact for each escalation, half of one for each other failure, counting half after 30 days.",
			Formula: "Σ cost · 2^(−age / 30 days)"},
		{ID: "gap.coverage/v1", Name: "Coverage of failed questions", Unit: "per cent", Words: "Chance that the next failed question belongs to a gap already known.",
			Formula: "1 − gaps seen once / failed questions", Source: "Good 1953, Biometrika 40:237"},
		{ID: "gap.total/v1", Name: "Estimated number of gaps", Unit: "gaps", Words: "A lower bound of how many gaps there are, seen or not.",
			Formula: "S + f₁(f₁ − 1) / (2(f₂ + 1))", Source: "Chao 1984, Scand J Stat 11:265"},
		share("gap.answered/v1", "Answer coverage", "AI conversations of a topic that did not fail.", "AI conversations that did not fail", "AI conversations"),
		share("gap.failure_rate/v1", "Failure rate of a question", "Of the AI conversations in which a question came up, how many failed, in the 28 days before or after a fix.", "failed", "AI conversations with the question"),
		{ID: "gap.failure_change/v1", Name: "Effect of a fix", Unit: "per cent points", Words: "Failures per 100 AI conversations asking the question, 28 days after the fix minus 28 days before.",
			Formula: "rate after − rate before", Interval: "Newcombe, 95 %", Source: newcombe1998},
	}
}
