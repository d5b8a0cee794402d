package quality

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/core/knowledge"
	"github.com/csm-monitor/csm-monitor/core/text"
)

// asked is a question and what it truly asks for.
type asked struct{ text, intent string }

var questionFiles = []string{
	"questions-dev-banking77.tsv.gz", "questions-dev-clinc150.tsv.gz", "questions-dev-dstc11-insurance.tsv.gz",
}

const seeds = 3

// Margins by which the built-in rule must beat the plain one, on arrival and after consolidation.
const (
	marginOnArrival    = 0.02
	marginConsolidated = 0.06
	marginFew          = 0.01 // with few questions of each intent, consolidated
)

// TestGaps streams labelled questions through the built-in rule and through the plain one-threshold rule, and prints and
// judges both. The setting is the same for every file.
func TestGaps(t *testing.T) {
	for _, file := range questionFiles {
		rows := questions(t, file)
		p, a, f, each := streamed(rows)
		fmt.Printf("gaps %-36s %s\n", file, p.row("plain rule, on arrival"))
		fmt.Printf("gaps %-36s %s  %.0f µs a question\n", "", a.row("built-in, on arrival"), float64(each.Nanoseconds())/1e3)
		fmt.Printf("gaps %-36s %s\n", "", f.row("built-in, consolidated"))
		beats(t, file+" on arrival", a, p, marginOnArrival)
		beats(t, file+" consolidated", f, p, marginConsolidated)
	}
}

// TestGapsOfFewQuestions prints the same of parts of the files with fewer questions of each intent, as a young
// organisation has them. Consolidation must still gain.
func TestGapsOfFewQuestions(t *testing.T) {
	for _, file := range questionFiles {
		all := questions(t, file)
		counts := slices.Sorted(maps.Values(lo.CountValuesBy(all, func(a asked) string { return a.intent })))
		usual := counts[len(counts)/2]
		for _, each := range []int{10, 20, 40} {
			for part := range min(2, usual/each) {
				rows := partOf(all, part*each, each)
				p, a, f, _ := streamed(rows)
				what := fmt.Sprintf("%s, %d to %d of an intent", file, part*each+1, (part+1)*each)
				fmt.Printf("gaps %-62s on arrival F1 %+.3f ARI %+.3f, consolidated F1 %+.3f ARI %+.3f\n", what, a.f1-p.f1, a.ari-p.ari, f.f1-p.f1, f.ari-p.ari)
				beats(t, what+" consolidated", f, p, marginFew)
			}
		}
	}
}

// partOf is from each intent the questions after the first ones.
func partOf(rows []asked, first, n int) []asked {
	seen := map[string]int{}
	return lo.Filter(rows, func(a asked, _ int) bool {
		seen[a.intent]++
		return seen[a.intent] > first && seen[a.intent] <= first+n
	})
}

// streamed is how well the plain rule does, and the built-in on arrival and consolidated, over the seeds, and how long a
// question took on arrival.
func streamed(rows []asked) (plain, arrived, final agreement, each time.Duration) {
	var p, a, f []agreement
	for seed := 1; seed <= seeds; seed++ {
		stream := shuffled(rows, seed)
		intents := lo.Map(stream, func(a asked, _ int) string { return a.intent })
		p = append(p, agree(plainRule(stream), intents))
		ids, later, took := builtIn(stream)
		a, f = append(a, agree(ids, intents)), append(f, agree(later, intents))
		each += took / time.Duration(seeds*len(rows))
	}
	return mean(p), mean(a), mean(f), each
}

func beats(t *testing.T, what string, got, plain agreement, margin float64) {
	t.Helper()
	if got.f1 < plain.f1+margin || got.ari < plain.ari+margin {
		t.Errorf("%s: F1 %+.3f and ARI %+.3f against the plain rule; both should be at least %+.2f",
			what, got.f1-plain.f1, got.ari-plain.ari, margin)
	}
}

// TestGapsAtTenThousand measures one question and the whole index when there are ten thousand gaps.
func TestGapsAtTenThousand(t *testing.T) {
	var rows []asked
	for _, file := range questionFiles {
		rows = append(rows, questions(t, file)...)
	}
	before := heap()
	ix := knowledge.NewIndex(knowledge.Snapshot{})
	n := 0
	for ; ix.Gaps() < 10_000; n++ {
		// Questions about things nobody asked about before, and now and then a real one.
		question := "How do I " + invented(3*n) + " the " + invented(3*n+1) + " " + invented(3*n+2) + "?"
		if n%4 == 0 {
			question = rows[n*13%len(rows)].text
		}
		ix.Assign(failed(n, question), "en")
	}
	const asks = 2000
	start := processor(t)
	for i := range asks {
		ix.Assign(failed(n+i, rows[i*17%len(rows)].text), "en")
	}
	each := (processor(t) - start) / asks
	fmt.Printf("gaps at %d gaps (%d questions): %v of processor time a question, %.0f MB\n", ix.Gaps(), n+asks, each, float64(heap()-before)/1e6)
	runtime.KeepAlive(ix)
}

// invented is a word nobody uses.
func invented(n int) string {
	const consonants, vowels = "bcdfghjklmnprstvwz", "aeiou"
	h := sha256.Sum256(fmt.Appendf(nil, "%d", n))
	var word strings.Builder
	for i := range 4 {
		word.WriteByte(consonants[int(h[2*i])%len(consonants)])
		word.WriteByte(vowels[int(h[2*i+1])%len(vowels)])
	}
	return word.String()
}

// processor is the time the process has computed for, which other programs on the machine do not change.
func processor(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func failed(i int, question string) knowledge.Link {
	var key uuid.UUID
	binary.BigEndian.PutUint64(key[8:], uint64(i+1))
	return knowledge.Link{Conversation: key, Question: question, Failures: []knowledge.Failure{knowledge.FailedGaveUp}}
}

// builtIn gives each question's gap at the moment it was answered and after consolidation, and how long answering took.
func builtIn(stream []asked) (arrived, consolidated []int64, took time.Duration) {
	ix := knowledge.NewIndex(knowledge.Snapshot{})
	start := time.Now()
	for i, a := range stream {
		arrived = append(arrived, ix.Assign(failed(i, a.text), "en").Gap)
	}
	took = time.Since(start)
	ix.Consolidate()
	for i := range stream {
		link, _ := ix.Linked(failed(i, "").Conversation)
		record, _ := ix.Record(link.Gap)
		for record.AliasOf != 0 {
			record, _ = ix.Record(record.AliasOf)
		}
		consolidated = append(consolidated, record.ID)
	}
	return arrived, consolidated, took
}

// plainRule joins the gap with the highest cosine to the sum of its vectors if that is at least 0.40: TF-IDF of stems
// and character 3- and 4-grams, weighed by the questions seen so far.
func plainRule(stream []asked) []int64 {
	var table knowledge.Table
	type gap struct{ dot, square float64 }
	var gaps []gap
	postings := map[string]*posting{}
	ids := make([]int64, len(stream))
	for i, a := range stream {
		tokens := text.NormalForm(a.text)
		table.Add(tokens)
		v := table.Vector(tokens)
		for g := range gaps {
			gaps[g].dot = 0
		}
		for _, term := range v {
			if p := postings[term.Feature]; p != nil {
				for k, g := range p.gaps {
					gaps[g].dot += term.Weight * p.weights[k]
				}
			}
		}
		best, cosine := -1, 0.40
		for g, x := range gaps {
			if c := x.dot / math.Sqrt(x.square); c >= cosine && (best < 0 || c > cosine) {
				best, cosine = g, c
			}
		}
		if best < 0 {
			best = len(gaps)
			gaps = append(gaps, gap{})
		}
		for _, term := range v {
			p, ok := postings[term.Feature]
			if !ok {
				p = &posting{at: map[int]int{}}
				postings[term.Feature] = p
			}
			old, now := p.add(best, term.Weight)
			gaps[best].square += now*now - old*old
		}
		ids[i] = int64(best + 1)
	}
	return ids
}

// posting is the weight of one feature in each gap.
type posting struct {
	gaps    []int
	weights []float64
	at      map[int]int
}

func (p *posting) add(gap int, weight float64) (before, after float64) {
	k, ok := p.at[gap]
	if !ok {
		k = len(p.gaps)
		p.at[gap] = k
		p.gaps, p.weights = append(p.gaps, gap), append(p.weights, 0)
	}
	before = p.weights[k]
	p.weights[k] += weight
	return before, p.weights[k]
}

func questions(t *testing.T, name string) []asked {
	t.Helper()
	dir := os.Getenv("CSM_QUALITY_DIR")
	if dir == "" {
		t.Skip("NOT MEASURED: set CSM_QUALITY_DIR to the folder with the labelled data (see README.md)")
	}
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var out []asked
	for lines := bufio.NewScanner(z); lines.Scan(); {
		question, intent, ok := strings.Cut(lines.Text(), "\t")
		if !ok {
			t.Fatalf("%s: record %d has no tab", name, len(out)+1)
		}
		out = append(out, asked{question, intent})
	}
	return out
}

// shuffled is the order in which the questions are asked: by a hash of the seed and the row number.
func shuffled(rows []asked, seed int) []asked {
	keys := lo.Map(rows, func(_ asked, i int) string {
		sum := sha256.Sum256(fmt.Appendf(nil, "csm-gap-v1|%d|%d", seed, i))
		return hex.EncodeToString(sum[:])
	})
	order := lo.Range(len(rows))
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(keys[a], keys[b]) })
	return lo.Map(order, func(i, _ int) asked { return rows[i] })
}
