package simulate

import "github.com/csm-monitor/csm-monitor/core/conversation"

// Lines that are said whatever the topic is. The first ones of each list are in plain words; those behind the bar are
// paraphrases that a rule by phrases may well miss, and that real people use.
type lines struct {
	plain, paraphrased []string
}

func greetings() []string {
	return []string{"Hello! I am the assistant of Fjell & Trail.", "Welcome to Fjell & Trail, I am the digital assistant."}
}

func thanks() lines {
	return lines{
		plain: []string{
			"Thanks, that works.", "Thank you!", "Perfect, thanks.", "Great, thank you very much.", "That helps, thanks.", "All set, thank you.",
		},
		paraphrased: []string{"Ah, I see it there now.", "Okay, got it.", "Right, found the page."},
	}
}

func gaveUp() lines {
	return lines{
		plain: []string{
			"I'm sorry, I don't have that information.",
			"Unfortunately I can't help with this question.",
			"I am not able to find an answer to that.",
			"I didn't quite understand that. Could you rephrase?",
			"I don't have enough information to answer this.",
		},
		paraphrased: []string{
			"This is not covered by my articles.", "My sources say nothing on that point.",
		},
	}
}

func transfers() []string {
	return []string{
		"I am transferring you to a colleague.", "You will be connected with one of our team.", "I'll hand this over to a specialist.",
	}
}

func personRequests() lines {
	return lines{
		plain: []string{
			"I want to talk to a human.", "Can I speak to an agent please?", "Please connect me to a person.",
			"Let me talk to someone from your team.", "Please transfer me to a representative.",
		},
		paraphrased: []string{"Is anybody from the office around?", "I would like one of your staff on this."},
	}
}

func complaints() lines {
	return lines{
		plain: []string{
			"That is terrible service and I am really angry.", "This is awful, I am very disappointed.",
			"What a horrible experience, I am so annoyed!!", "I hate this, it is the worst support ever.",
		},
		paraphrased: []string{"Well, that is the third time I hear this today."},
	}
}

func unhappyEnds() lines {
	return lines{
		plain: []string{
			"That was not helpful.", "This did not answer my question.", "Useless, thanks for nothing.", "That is a terrible answer.",
		},
		paraphrased: []string{"I will shop elsewhere next time.", "Never mind."},
	}
}

func pending() []string {
	return []string{"One moment please, I am looking it up.", "Let me look that up for you, one moment."}
}

func personReplies() []string {
	return []string{
		"Hi, this is Maria from the team. I have looked into it and set it up for you.",
		"Hello, Jonas here. I have checked with our warehouse, and it is arranged.",
		"Good day, you are speaking with Aylin. I have made the change in our system.",
		"Hi, Tom here. I have sent you the details by e-mail.",
	}
}

func followUps() []string {
	return []string{"And does that apply on weekends too?", "Does the same go for the next order?", "Is that in the app as well?"}
}

func followUpAnswers() []string {
	return []string{"Yes, that applies in the same way.", "Yes, it is the same there."}
}

// declared are reasons in the words of clients' own systems, by reason.
func declared(r conversation.Reason) []string {
	switch r {
	case conversation.KnowledgeGap:
		return []string{"low_confidence", "unable to answer", "missing information in knowledge base"}
	case conversation.RepeatedFailure:
		return []string{"max retries", "stuck in a loop", "multiple attempts"}
	case conversation.NegativeMood:
		return []string{"customer frustrated", "angry customer", "negative sentiment"}
	case conversation.CustomerRequested:
		return []string{"customer requested agent", "asked for a person", "wants human"}
	case conversation.TechnicalFault:
		return []string{"ai timeout", "bot error", "technical error"}
	case conversation.PolicyRequired:
		return []string{"policy", "compliance: verification required"}
	default:
		return nil
	}
}
