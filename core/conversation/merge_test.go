package conversation_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/csm-monitor/csm-monitor/core/conversation"
)

// arrival aside, two conversations are the same; an empty list and none are too.
var sameBut = cmp.Options{cmpopts.EquateEmpty(), cmpopts.IgnoreFields(conversation.Conversation{}, "UpdatedAt")}

func shuffled[T any](t *rapid.T, name string, list []T) []T {
	return rapid.Permutation(list).Draw(t, name)
}

func TestMergeDoesNotDependOnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		patches := few{t}.patches(2, 6)
		want := merged(patches...)
		got := merged(shuffled(t, "order", patches)...)
		if d := cmp.Diff(want, got, sameBut); d != "" {
			t.Fatalf("another order, another conversation (-want +got):\n%s", d)
		}
		if !want.SameVersion(&got) {
			t.Fatal("SameVersion tells two equal conversations apart")
		}
	})
}

func TestMergeOfRepeatsChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		patches := few{t}.patches(1, 5)
		want := merged(patches...)
		repeats := slices.Concat(patches, shuffled(t, "again", patches))
		got := merged(shuffled(t, "order", repeats)...)
		if d := cmp.Diff(want, got, sameBut); d != "" {
			t.Fatalf("repeats changed the conversation (-want +got):\n%s", d)
		}
		once := conversation.Merge(&want, &patches[0])
		if !once.SameVersion(&want) || !once.SameAs(&want) || !once.UpdatedAt.Equal(want.UpdatedAt) {
			t.Fatal("a patch that was merged before made a new version")
		}
	})
}

// Messages alone, without the help of facts, with as many identical lines as can be.
func TestIdenticalLinesStayAsManyAsOneBodyHas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := 0
		var patches []conversation.Patch
		for range rapid.IntRange(1, 5).Draw(t, "bodies") {
			n := rapid.IntRange(0, 4).Draw(t, "lines")
			most = max(most, n)
			lines := make([]conversation.Message, n)
			for i := range lines {
				lines[i] = conversation.Message{Sender: conversation.Customer, Content: "yes"}
			}
			stamp := conversation.Stamp{Trust: conversation.Signed, At: few{t}.minute("event")}
			patches = append(patches, conversation.NewPatch(key, conversation.Facts{}, lines, stamp, noon))
		}
		if c := merged(patches...); len(c.Messages) != most {
			t.Fatalf("wanted %d lines, got %d", most, len(c.Messages))
		}
	})
}

func TestLowerTrustNeverReplacesHigher(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := few{t}
		first := f.patch()
		first.Stamp.Trust = conversation.Signed
		topic := "signed"
		first.Facts.Topic = conversation.State(&topic, conversation.Stamp{Trust: conversation.Signed, At: noon})
		late := conversation.Stamp{Trust: conversation.Unverified, At: noon.Add(time.Hour)}
		forged := "forged"
		other := conversation.NewPatch(key, conversation.Facts{Topic: conversation.State(&forged, late)}, nil, late, noon)
		c := merged(shuffled(t, "order", []conversation.Patch{first, other})...)
		if c.Facts.Topic.Value != "signed" || c.Trust != conversation.Signed {
			t.Fatalf("topic %q, trust %d", c.Facts.Topic.Value, c.Trust)
		}
	})
}

func TestMergedMessagesAreInOrderAndOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := merged(few{t}.patches(1, 6)...)
		ids := map[string]bool{}
		for i, m := range c.Messages {
			if i > 0 && m.Order.Before(c.Messages[i-1].Order) {
				t.Fatalf("message %d comes before the one before it", i)
			}
			if m.ID != "" && ids[m.ID] {
				t.Fatalf("the id %s is there twice", m.ID)
			}
			ids[m.ID] = true
		}
		if n := len(c.Messages); n > 0 && (!c.StartedAt.Equal(c.Messages[0].Order) || !c.EndedAt.Equal(c.Messages[n-1].Order)) {
			t.Fatalf("the conversation lasts from %s to %s", c.StartedAt, c.EndedAt)
		}
	})
}

// Merge must leave both of its inputs as they were: stores hand it their own.
func TestMergeIsPure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := few{t}
		base, more := merged(f.patches(1, 3)...), f.patch()
		messages, added := slices.Clone(base.Messages), slices.Clone(more.Messages)
		conversation.Merge(&base, &more)
		if d := cmp.Diff(messages, base.Messages); d != "" {
			t.Fatalf("the stored version changed:\n%s", d)
		}
		if d := cmp.Diff(added, more.Messages); d != "" {
			t.Fatalf("the patch changed:\n%s", d)
		}
	})
}

func TestStartedAt(t *testing.T) {
	stamp := conversation.Stamp{Trust: conversation.Signed, At: noon}
	created := noon.Add(-time.Hour)
	say := func(at time.Time) []conversation.Message {
		return []conversation.Message{{Sender: conversation.Customer, Content: "hello", At: at}}
	}
	bare := conversation.NewPatch(key, conversation.Facts{}, nil, stamp, noon.Add(5*time.Minute))
	opened := conversation.NewPatch(key, conversation.Facts{CreatedAt: conversation.State(&created, stamp)}, nil, stamp, noon)
	spoke := conversation.NewPatch(key, conversation.Facts{}, say(noon.Add(time.Minute)), stamp, noon)
	for name, c := range map[string]struct {
		patches []conversation.Patch
		want    time.Time
	}{
		"the receipt, when nothing else is known":  {[]conversation.Patch{bare}, noon.Add(5 * time.Minute)},
		"the creation the platform states":         {[]conversation.Patch{bare, opened}, created},
		"the first message before all else":        {[]conversation.Patch{bare, spoke, opened}, noon.Add(time.Minute)},
		"the first receipt, whichever comes later": {[]conversation.Patch{conversation.NewPatch(key, conversation.Facts{}, nil, stamp, noon.Add(time.Hour)), bare}, noon.Add(5 * time.Minute)},
	} {
		if got := merged(c.patches...).StartedAt; !got.Equal(c.want) {
			t.Errorf("%s: wanted %s, got %s", name, c.want, got)
		}
	}
}

func TestUntimedMessagesTakeTheirNeighboursTime(t *testing.T) {
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	stamp := conversation.Stamp{Trust: conversation.Signed, At: at(60)}
	line := func(text string, at time.Time) conversation.Message {
		return conversation.Message{Sender: conversation.Customer, Content: text, At: at}
	}
	c := merged(conversation.NewPatch(key, conversation.Facts{}, []conversation.Message{
		line("a", time.Time{}), line("b", at(1)), line("c", time.Time{}), line("d", at(3)), line("e", time.Time{}),
	}, stamp, noon))
	var order []time.Time
	text := ""
	for _, m := range c.Messages {
		order, text = append(order, m.Order), text+m.Content
	}
	if text != "abcde" {
		t.Errorf("the order is %s", text)
	}
	if d := cmp.Diff([]time.Time{at(1), at(1), at(1), at(3), at(3)}, order); d != "" {
		t.Error(d)
	}
}

// A message that is edited keeps its place and takes the newer text; an older text that arrives late changes nothing.
func TestEditedMessage(t *testing.T) {
	say := func(text string, minutes int) conversation.Patch {
		at := noon.Add(time.Duration(minutes) * time.Minute)
		m := []conversation.Message{{ID: "m1", Sender: conversation.AI, Content: text, At: at}}
		return conversation.NewPatch(key, conversation.Facts{}, m, conversation.Stamp{Trust: conversation.Signed, At: at}, noon)
	}
	for _, order := range [][]conversation.Patch{{say("new", 5), say("old", 0)}, {say("old", 0), say("new", 5)}} {
		c := merged(order...)
		if len(c.Messages) != 1 || c.Messages[0].Content != "new" || !c.StartedAt.Equal(noon) {
			t.Errorf("got %+v, started at %s", c.Messages, c.StartedAt)
		}
	}
}

func TestTimesAreCutToMicrosecondsInUTC(t *testing.T) {
	at := time.Date(2025, 6, 1, 14, 0, 0, 123_456_789, time.FixedZone("+02", 7200))
	want := time.Date(2025, 6, 1, 12, 0, 0, 123_456_000, time.UTC)
	stamp := conversation.Stamp{Trust: conversation.Signed, At: at}
	facts := conversation.Facts{
		ClosedAt: conversation.State(&at, stamp),
		Rating:   conversation.State(&conversation.Rating{Score: 5, At: at}, stamp),
	}
	c := merged(conversation.NewPatch(key, facts, []conversation.Message{{Content: "x", At: at}}, stamp, at))
	for name, got := range map[string]time.Time{
		"StartedAt": c.StartedAt, "EndedAt": c.EndedAt, "ReceivedAt": c.ReceivedAt, "UpdatedAt": c.UpdatedAt, "ClosedAt": c.Facts.ClosedAt.Value,
		"rated": c.Facts.Rating.Value.At, "stamp": c.Facts.ClosedAt.Stamp.At, "message": c.Messages[0].At, "its stamp": c.Messages[0].Stamp.At,
	} {
		if got != want {
			t.Errorf("%s: wanted %s, got %s", name, want, got)
		}
	}
}

// What a store may give back: nil for an empty list, another pointer, another zone.
func TestSameVersionLooksAtWhatIsSaid(t *testing.T) {
	seconds, again := int64(7), int64(7)
	a := merged(conversation.NewPatch(key, conversation.Facts{}, nil, conversation.Stamp{Trust: conversation.Signed, At: noon}, noon))
	b := a
	a.Findings.ResolutionSeconds, b.Findings.ResolutionSeconds = &seconds, &again
	a.Findings.Escalation.Signals, a.Findings.Failure.Kinds = []conversation.Signal{}, []conversation.Failure{}
	a.Findings.Escalation.At, b.Findings.Escalation.At = noon, noon.In(time.FixedZone("+02", 7200))
	if !a.SameVersion(&b) {
		t.Error("two versions that say the same are told apart")
	}
	for name, change := range map[string]func(*conversation.Findings){
		"handler":    func(f *conversation.Findings) { f.Handler = conversation.AIOnly },
		"seconds":    func(f *conversation.Findings) { f.ResolutionSeconds = nil },
		"signals":    func(f *conversation.Findings) { f.Escalation.Signals = []conversation.Signal{conversation.BotLoop} },
		"label":      func(f *conversation.Findings) { f.Sentiment.Label = conversation.Negative },
		"outcome":    func(f *conversation.Findings) { f.Outcome.Kind = conversation.OutcomeAssumed },
		"question":   func(f *conversation.Findings) { f.Failure.Question = "?" },
		"last touch": func(f *conversation.Findings) { f.LastTouch = conversation.PartyAI },
	} {
		c := a
		change(&c.Findings)
		if a.SameVersion(&c) {
			t.Errorf("%s: two versions that differ are taken for one", name)
		}
		if !a.SameAs(&c) {
			t.Errorf("%s: a reader sees a difference in findings", name)
		}
	}
}
