package sqlite_test

import (
	"bytes"
	"database/sql"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/adapters/storage/internal/benchdata"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// cursed is a sealer that panics while it is to open what one organisation has stored.
type cursed struct {
	storage.Sealer
	org   tenant.ID
	still *atomic.Bool
}

func (c cursed) Org(org tenant.ID, wrapped []byte) (storage.OrgSealer, error) {
	s, err := c.Sealer.Org(org, wrapped)
	if org == c.org {
		s = cursedOrg{s, c.still}
	}
	return s, err
}

type cursedOrg struct {
	storage.OrgSealer
	still *atomic.Bool
}

func (c cursedOrg) Open(dst, sealed, place []byte) ([]byte, error) {
	if c.still.Load() {
		panic("this cannot be")
	}
	return c.OrgSealer.Open(dst, sealed, place)
}

// lines is a log that many may write to.
type lines struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(line)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// Work that panics on one organisation ends no process, is done for all others meanwhile, is told, but not at each attempt,
// and is done when it can be.
func TestWorkThatPanicsIsPutOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "csm.db")
	var (
		still atomic.Bool
		told  lines
	)
	still.Store(true)
	bad, good := uuid.New(), uuid.New()
	s := openAt(t, path, storage.Options{Sealer: cursed{keyring(t), bad, &still}, Logger: slog.New(slog.NewTextHandler(&told, nil))})
	defer closed(t, s)
	for _, org := range []tenant.ID{bad, good} {
		source := benchdata.Source{Org: org, Start: epoch, Step: time.Minute}
		if _, err := s.Conversations.Apply(t.Context(), lo.Times(10, source.Change)); err != nil {
			t.Fatal(err)
		}
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	done := func(org tenant.ID) (done bool) {
		err := db.QueryRow(`SELECT s.logged = 0 AND s.seq = COALESCE(i.through, 0) FROM spaces s LEFT JOIN search_state i ON i.org = s.org WHERE s.org = ?`, org[:]).Scan(&done)
		if err != nil {
			t.Fatal(err)
		}
		return done
	}
	wait := func(org tenant.ID) {
		t.Helper()
		for began := time.Now(); !done(org); time.Sleep(20 * time.Millisecond) {
			if time.Since(began) > 20*time.Second {
				t.Fatal("the work is not done")
			}
		}
	}
	wait(good)
	if done(bad) {
		t.Fatal("no work panicked")
	}
	still.Store(false)
	wait(bad)
	if log := told.String(); strings.Count(log, "this cannot be") != 1 || !strings.Contains(log, "cursedOrg.Open") {
		t.Errorf("told: %s", log)
	}
	page, err := s.Conversations.List(t.Context(), bad, conversation.Query{})
	if err != nil || len(page.Conversations) != 10 {
		t.Errorf("%d conversations, %v", len(page.Conversations), err)
	}
}
