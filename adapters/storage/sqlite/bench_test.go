package sqlite_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/adapters/seal"
	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/adapters/storage/internal/benchdata"
	"github.com/csm-monitor/csm-monitor/adapters/storage/sqlite"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/port"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

const group = 256

func benchStore(b *testing.B, sealed bool) port.Storage {
	b.Helper()
	var o storage.Options
	if sealed {
		key, err := seal.NewMasterKey()
		if err != nil {
			b.Fatal(err)
		}
		w, err := seal.Local(key)
		if err != nil {
			b.Fatal(err)
		}
		o.Sealer = seal.New(w)
	}
	s, err := sqlite.Open(context.Background(), "sqlite://"+filepath.Join(b.TempDir(), "csm.db"), o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}

// changes are n conversations in groups, made before the clock runs.
func changes(src benchdata.Source, n int) (groups [][]conversation.Change) {
	for i := range n {
		if i%group == 0 {
			groups = append(groups, nil)
		}
		groups[i/group] = append(groups[i/group], src.Change(i))
	}
	return groups
}

// cpu is the time the process has worked so far.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func perConversation(b *testing.B, n int, cpu time.Duration) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n)/1000, "µs/conv")
	b.ReportMetric(float64(cpu.Nanoseconds())/float64(n)/1000, "cpu-µs/conv")
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "conv/s")
}

// BenchmarkApply stores conversations in groups, as an import does.
func BenchmarkApply(b *testing.B) {
	const n = 20_000
	groups := changes(benchdata.Source{Org: uuid.New(), Start: epoch, Step: 8 * time.Second}, n)
	for _, c := range []struct {
		name   string
		sealed bool
	}{{"plain", false}, {"sealed", true}} {
		b.Run(c.name, func(b *testing.B) {
			var worked time.Duration
			for b.Loop() {
				b.StopTimer()
				s := benchStore(b, c.sealed)
				before := cpu(b)
				b.StartTimer()
				for _, g := range groups {
					if _, err := s.Conversations.Apply(context.Background(), g); err != nil {
						b.Fatal(err)
					}
				}
				worked += cpu(b) - before
			}
			perConversation(b, n*b.N, worked)
		})
	}
}

// BenchmarkBareInsert is the yardstick of BenchmarkApply: the driver, a table of a key and a value, the same bytes.
func BenchmarkBareInsert(b *testing.B) {
	const n = 20_000
	var worked time.Duration
	for b.Loop() {
		b.StopTimer()
		path := filepath.Join(b.TempDir(), "bare.db")
		_ = os.Remove(path)
		db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=cache_size(-16384)&_txlock=immediate")
		if err != nil {
			b.Fatal(err)
		}
		db.SetMaxOpenConns(1)
		if _, err := db.Exec(`CREATE TABLE t (org BLOB, uid BLOB, started_at INTEGER, content BLOB); CREATE UNIQUE INDEX t_uid ON t (org, uid)`); err != nil {
			b.Fatal(err)
		}
		org, content := uuid.New(), make([]byte, 1500)
		before := cpu(b)
		b.StartTimer()
		for i := 0; i < n; i += group {
			tx, err := db.Begin()
			if err != nil {
				b.Fatal(err)
			}
			insert, err := tx.Prepare(`INSERT INTO t VALUES (?, ?, ?, ?)`)
			if err != nil {
				b.Fatal(err)
			}
			for j := range group {
				uid := uuid.New()
				if _, err := insert.Exec(org[:], uid[:], i+j, content); err != nil {
					b.Fatal(err)
				}
			}
			if err := tx.Commit(); err != nil {
				b.Fatal(err)
			}
		}
		worked += cpu(b) - before
		b.StopTimer()
		_ = db.Close()
		b.StartTimer()
	}
	perConversation(b, n*b.N, worked)
}
