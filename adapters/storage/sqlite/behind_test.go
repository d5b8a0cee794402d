package sqlite_test

import (
	"bytes"
	"database/sql"
	"errors"
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

// cursed is a sealer that does something in place of opening what one organisation has stored, while it is cursed.
type cursed struct {
	storage.Sealer
	org tenant.ID
	curse
}

type curse struct {
	still *atomic.Bool
	does  func() error
}

func (c cursed) Org(org tenant.ID, wrapped []byte) (storage.OrgSealer, error) {
	s, err := c.Sealer.Org(org, wrapped)
	if org == c.org {
		s = cursedOrg{s, c.curse}
	}
	return s, err
}

type cursedOrg struct {
	storage.OrgSealer
	curse
}

func (c cursedOrg) Open(dst, sealed, place []byte) ([]byte, error) {
	if c.still.Load() {
		return nil, c.does()
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

// Work that fails or panics on one organisation ends no process, is done for all others meanwhile, is told, but not at each
// attempt, and is done when it can be.
func TestWorkThatFailsIsPutOff(t *testing.T) {
	for name, c := range map[string]struct {
		does func() error
		told []string
	}{
		"panics": {func() error { panic("this cannot be") }, []string{"level=ERROR", "cursedOrg.Open"}},
		"fails":  {func() error { return errors.New("this cannot be") }, []string{"level=WARN", "org="}},
	} {
		t.Run(name, func(t *testing.T) { putOff(t, c.does, c.told) })
	}
}

func putOff(t *testing.T, does func() error, wanted []string) {
	path := filepath.Join(t.TempDir(), "csm.db")
	var (
		still atomic.Bool
		told  lines
	)
	still.Store(true)
	bad, good := uuid.New(), uuid.New()
	s := openAt(t, path, storage.Options{Sealer: cursed{keyring(t), bad, curse{&still, does}}, Logger: slog.New(slog.NewTextHandler(&told, nil))})
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
		t.Fatal("no work failed")
	}
	still.Store(false)
	wait(bad)
	log := told.String()
	for _, part := range append(wanted, "this cannot be") {
		if !strings.Contains(log, part) {
			t.Errorf("%s is not told: %s", part, log)
		}
	}
	if n := strings.Count(log, "this cannot be"); n != 1 {
		t.Errorf("told %d times: %s", n, log)
	}
	page, err := s.Conversations.List(t.Context(), bad, conversation.Query{})
	if err != nil || len(page.Conversations) != 10 {
		t.Errorf("%d conversations, %v", len(page.Conversations), err)
	}
}
