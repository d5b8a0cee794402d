package escalation

import (
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/text/cue"
)

// ReadTurn keeps of a message's cues those its sender can mean: customers ask for people, bots give up and hand over.
func ReadTurn(sender conversation.Sender, at time.Time, found cue.Found) Turn {
	t := Turn{Sender: sender, At: at}
	switch {
	case sender == conversation.Customer:
		t.HumanRequest = found.HumanRequest
	case sender.Automated():
		t.GaveUp, t.Transfer = found.BotGaveUp, found.TransferAnnounced
	}
	return t
}
