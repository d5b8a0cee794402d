package ctl

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/wire"
	"github.com/csm-monitor/csm-monitor/core/assess"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/stat"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

type assessCmd struct {
	File         string   `arg:"" optional:"" default:"-" help:"A file with one conversation a line, each a body of POST /api/v1/conversations; - reads standard input."`
	Format       string   `help:"text: every conversation and a summary, to read. ndjson: a line for each line, to go on with. summary: the summary alone." enum:"text,ndjson,summary" default:"text"`
	PolicyTopics []string `name:"policy-topics" help:"Topics that people handle by rule: an escalation there is policy." placeholder:"TOPIC,…"`
}

// Help says what is read.
func (assessCmd) Help() string {
	return `Reads conversations as a server would, without one: who handled each, whether and why it reached a person, how the customer
sounded, how it ended and which question the AI failed on, each with the words that say so. Nothing is sent or stored.
Lines of the same conversation come together; with ndjson each line is answered with what is known by then. Exit status 1
when a line cannot be read.`
}

// Run reads the file.
func (c assessCmd) Run(s *session) error {
	in, err := open(c.File, s.in)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	settings := tenant.DefaultSettings()
	settings.PolicyTopics = c.PolicyTopics
	a := assess.New(settings)
	out := bufio.NewWriter(s.out)
	lines, now := bufio.NewReaderSize(in, 64<<10), time.Now().UTC()
	refused := 0
	for n := 1; s.ctx.Err() == nil; n++ {
		line, err := readLine(lines)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		found, err := assessLine(a, line, now)
		if err != nil {
			refused++
			fmt.Fprintf(s.err, "line %d: %v\n", n, err)
			continue
		}
		if c.Format == "ndjson" {
			if err := writeFindings(out, n, found); err != nil {
				return err
			}
		}
	}
	if err := c.end(a, out); err != nil {
		return errors.Join(err, out.Flush())
	}
	if err := errors.Join(out.Flush(), s.ctx.Err()); err != nil {
		return err
	}
	if refused > 0 {
		return errRefused
	}
	return nil
}

func assessLine(a *assess.Assessor, line string, now time.Time) (conversation.Conversation, error) {
	p, err := readBody([]byte(line), now)
	if err != nil {
		return conversation.Conversation{}, err
	}
	return a.Add(p, now)
}

// end writes what is told when everything has been read.
func (c assessCmd) end(a *assess.Assessor, out io.Writer) error {
	if c.Format == "ndjson" {
		return nil
	}
	if c.Format == "text" {
		for _, found := range a.Conversations() {
			showAssessed(out, found)
		}
	}
	summary, err := a.Summary()
	if err != nil {
		return err
	}
	showSummary(out, summary)
	return nil
}

// assessed is one line of the ndjson output.
type assessed struct {
	Line           int           `json:"line"`
	ConversationID string        `json:"conversation_id"`
	Platform       string        `json:"platform"`
	Handler        string        `json:"handler"`
	Escalated      bool          `json:"escalated"`
	Findings       wire.Findings `json:"findings"`
}

func writeFindings(w io.Writer, n int, c conversation.Conversation) error {
	return json.NewEncoder(w).Encode(assessed{
		Line: n, ConversationID: c.ID, Platform: string(c.Platform), Handler: string(c.Findings.Handler),
		Escalated: c.Findings.Escalation.Escalated, Findings: wireFindings(c.Findings),
	})
}

func wireFindings(f conversation.Findings) wire.Findings {
	out := wire.Findings{
		HandlerConflict: f.HandlerConflict, Attribution: some(f.Attribution), LastTouch: some(f.LastTouch),
		CustomerTurns: f.CustomerTurns, FirstResponseSeconds: f.FirstResponseSeconds,
		ResolutionSeconds: f.ResolutionSeconds, HandleSeconds: f.HandleSeconds,
		Escalation: wire.Escalation{
			Escalated: f.Escalation.Escalated, At: someTime(f.Escalation.At), Reason: some(f.Escalation.Primary),
			Secondary: texts(f.Escalation.Secondary), Signals: texts(f.Escalation.Signals),
			UnmetRequest: f.Escalation.UnmetRequest, FlagConflict: f.Escalation.FlagConflict,
			Evidence: wireEvidence(f.Escalation.Evidence),
		},
		Sentiment: wire.SentimentFinding{
			Label: some(f.Sentiment.Label), Compound: f.Sentiment.Compound, Frustration: f.Sentiment.Frustration,
			Language: some(f.Sentiment.Language), LanguageSupported: f.Sentiment.LanguageSupported,
			Evidence: wireEvidence(f.Sentiment.Evidence),
		},
		Outcome: wire.Outcome{Kind: some(f.Outcome.Kind), Evidence: wireEvidence(f.Outcome.Evidence)},
	}
	if f.Escalation.Turn > 0 {
		out.Escalation.Turn = lo.ToPtr(f.Escalation.Turn)
	}
	if f.Failure.Failed() {
		out.FailedQuestion = &wire.FailedQuestion{
			Question: some(f.Failure.Question), Kinds: texts(f.Failure.Kinds), AskedAt: someTime(f.Failure.At),
		}
	}
	return out
}

func wireEvidence(evidence []conversation.Evidence) []wire.Evidence {
	return lo.Map(evidence, func(e conversation.Evidence, _ int) wire.Evidence {
		out := wire.Evidence{Signal: string(e.Signal), Words: e.Words}
		if e.Message >= 0 {
			out.Message = lo.ToPtr(e.Message)
		}
		return out
	})
}

func texts[T ~string](list []T) []string {
	return lo.Map(list, func(v T, _ int) string { return string(v) })
}

func someTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// showAssessed writes one conversation to read.
func showAssessed(w io.Writer, c conversation.Conversation) {
	f := c.Findings
	head := lo.Compact([]string{printable(c.ID), string(c.Platform), printable(c.Facts.Topic.Value), string(c.Facts.Priority.Value), c.StartedAt.Format("2006-01-02 15:04")})
	fmt.Fprintln(w, strings.Join(head, " · "))
	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "  %-11s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("handled by", "%s%s", f.Handler, lo.Ternary(f.HandlerConflict, " (a flag says otherwise)", ""))
	escalation := "no"
	switch {
	case f.Escalation.Escalated:
		escalation = fmt.Sprintf("%s, at turn %d", f.Escalation.Primary, f.Escalation.Turn)
		if len(f.Escalation.Secondary) > 0 {
			escalation += ", also " + strings.Join(texts(f.Escalation.Secondary), ", ")
		}
	case f.Escalation.UnmetRequest:
		escalation = "no, although the customer asked for a person"
	}
	line("escalated", "%s", escalation)
	showEvidence(w, f.Escalation.Evidence)
	if f.Sentiment.Label != "" {
		mood := string(f.Sentiment.Label)
		if f.Sentiment.Compound != nil {
			mood += fmt.Sprintf(", compound %.2f", *f.Sentiment.Compound)
		}
		if f.Sentiment.Frustration > 0 {
			mood += fmt.Sprintf(", frustration %d", f.Sentiment.Frustration)
		}
		line("sentiment", "%s", mood)
		showEvidence(w, f.Sentiment.Evidence)
	}
	if f.Outcome.Kind != "" {
		line("outcome", "%s", f.Outcome.Kind)
		showEvidence(w, f.Outcome.Evidence)
	}
	if r := c.Facts.Rating; r.OK() {
		line("rated", "%d, which judges %s", r.Value.Score, lo.CoalesceOrEmpty(string(f.Attribution), "nobody"))
	}
	if f.Failure.Failed() {
		question := "no question can be told apart"
		if f.Failure.Question != "" {
			question = fmt.Sprintf("%q", f.Failure.Question)
		}
		line("failed on", "%s (%s)", question, strings.Join(texts(f.Failure.Kinds), ", "))
	}
	fmt.Fprintln(w)
}

// printable is a text with what would steer a terminal escaped.
func printable(text string) string {
	quoted := strconv.Quote(text)
	return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(quoted[1 : len(quoted)-1])
}

func showEvidence(w io.Writer, evidence []conversation.Evidence) {
	for _, e := range evidence {
		where := ""
		if e.Message >= 0 {
			where = fmt.Sprintf("message %d", e.Message+1)
		}
		words := ""
		if e.Words != "" {
			words = fmt.Sprintf("%q", e.Words)
		}
		fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("%14s%-20s %-11s %s", "", e.Signal, where, words), " "))
	}
}

func showSummary(w io.Writer, s assess.Summary) {
	fmt.Fprintf(w, "%s conversations\n", comma(int(s.Conversations)))
	line := func(name, text string) {
		if text != "" {
			fmt.Fprintf(w, "  %-22s %s\n", name, text)
		}
	}
	line("handled by", showCounts(s.Handlers))
	line("escalated", showEstimate(s.Escalation, 1, " %"))
	line("  of those with the AI", showEstimate(s.AIEscalation, 1, " %"))
	line("  because of", showCounts(s.Reasons))
	if s.UnmetRequests > 0 {
		line("a person never came", comma(int(s.UnmetRequests)))
	}
	line("outcome with the AI", showCounts(s.Outcomes))
	line("sentiment", showCounts(s.Sentiments))
	line("average rating", showEstimate(s.Average, 2, ""))
	line("  of the AI", showEstimate(s.AI, 2, ""))
	line("  of people", showEstimate(s.Human, 2, ""))
	if s.Failed > 0 {
		line("failures of the AI", fmt.Sprintf("%s, of which %s with a question to learn from", comma(int(s.Failed)), comma(int(s.Failed-s.Unextracted))))
	}
}

func showCounts(counts []assess.Count) string {
	return strings.Join(lo.Map(counts, func(c assess.Count, _ int) string { return fmt.Sprintf("%s %s", c.Name, comma(int(c.Count))) }), ", ")
}

// showEstimate writes a figure with its interval and n, and says so when it is unknown.
func showEstimate(e stat.Estimate, decimals int, unit string) string {
	if !e.Known() {
		return "unknown"
	}
	out := fmt.Sprintf("%.*f%s", decimals, *e.Value, unit)
	if e.Low != nil && e.High != nil {
		out += fmt.Sprintf(" (%.*f to %.*f, n %s)", decimals, *e.Low, decimals, *e.High, comma(int(e.N)))
	}
	return out
}
