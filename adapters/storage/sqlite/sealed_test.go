package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/samber/lo"
	"go.uber.org/goleak"

	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/adapters/storage/sqlite"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/knowledge"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func openAt(t *testing.T, path string, o storage.Options) port.Storage {
	t.Helper()
	s, err := sqlite.Open(context.Background(), "sqlite://"+path, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closed(t *testing.T, s port.Storage) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

const canary = "xylophonecanary"

// planted is a conversation with the canary in every place where people write or are named.
func planted(org tenant.ID, n int) conversation.Change {
	stamp := conversation.Stamp{Trust: conversation.Signed, At: epoch}
	word := func(where string) conversation.Said[string] {
		v := canary + where
		return conversation.State(&v, stamp)
	}
	tags := []string{canary + "tag"}
	facts := conversation.Facts{
		CustomerID: word("customer"), AIAgentID: word("agent"), EscalationReason: word("reason"), Subtopic: word("subtopic"),
		Metadata: word("metadata"), Tags: conversation.State(&tags, stamp),
	}
	key := conversation.Key{Org: org, Platform: conversation.Custom, ID: fmt.Sprint(canary, "id", n)}
	long := strings.Repeat("a long message ", 500*(n%2))
	messages := []conversation.Message{{ID: canary + "message", Sender: conversation.Customer, SenderID: canary + "sender", Content: canary + " said " + long, At: epoch, Metadata: canary + "meta"}}
	p := conversation.NewPatch(key, facts, messages, stamp, epoch)
	return conversation.Change{Key: key, Once: &conversation.Once{Route: "r", Token: canary + fmt.Sprint("token", n), At: epoch}, Fn: func(old *conversation.Conversation) (*conversation.Conversation, error) {
		c := conversation.Merge(old, &p)
		c.Findings.Failure = conversation.FailureFinding{Kinds: []conversation.Failure{conversation.FailedGaveUp}, Question: canary + " question", At: epoch}
		c.Findings.Escalation.Evidence = []conversation.Evidence{{Signal: conversation.HumanRequest, Words: canary + " evidence"}}
		return c, nil
	}}
}

func plant(t *testing.T, s port.Storage, org tenant.ID) {
	t.Helper()
	ctx := context.Background()
	changes := lo.Times(20, func(n int) conversation.Change { return planted(org, n) })
	results, err := s.Conversations.Apply(ctx, changes)
	if err != nil {
		t.Fatal(err)
	}
	uid := results[0].Conversation.UID()
	_, err = s.Gaps.Save(ctx, org, 0, knowledge.Commit{
		Records: []knowledge.Record{{ID: 1, Language: "en", Representative: canary + " representative", Example: uid}},
		Links:   []knowledge.Link{{Gap: 1, Conversation: uid, Question: canary + " asked", At: epoch, Failures: []knowledge.Failure{knowledge.FailedGaveUp}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	// A deletion by words files what is not filed yet.
	if _, err := s.Conversations.Delete(ctx, org, conversation.Query{Search: "thiswordisnowhere"}, epoch); err != nil {
		t.Fatal(err)
	}
	page, err := s.Conversations.List(ctx, org, conversation.Query{Search: canary})
	if err != nil || len(page.Conversations) != 20 {
		t.Fatalf("found %d, %v", len(page.Conversations), err)
	}
}

// holds says in which of the folder's files the text stands.
func holds(t *testing.T, folder, text string) (files []string) {
	t.Helper()
	list, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		content, err := os.ReadFile(filepath.Join(folder, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte(text)) || bytes.Contains(bytes.ToLower(content), []byte(text)) {
			files = append(files, f.Name())
		}
	}
	return files
}

func TestNothingReadableIsOnTheDisk(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "csm.db")
	s := openAt(t, path, storage.Options{Sealer: keyring(t)})
	plant(t, s, uuid.New())
	if files := holds(t, folder, canary); len(files) > 0 {
		t.Errorf("while open, %v hold what people wrote", files)
	}
	closed(t, s)
	if files := holds(t, folder, canary); len(files) > 0 {
		t.Errorf("closed, %v hold what people wrote", files)
	}
}

// The drill must be able to find what it looks for: without sealing it does.
func TestTheCanarySingsWithoutSealing(t *testing.T) {
	folder := t.TempDir()
	s := openAt(t, filepath.Join(folder, "csm.db"), storage.Options{})
	plant(t, s, uuid.New())
	closed(t, s)
	if len(holds(t, folder, canary)) == 0 {
		t.Error("the canary is not where it was planted")
	}
}

func TestWhatIsDeletedOrExpiredLeavesTheDisk(t *testing.T) {
	for name, remove := range map[string]func(port.Storage, tenant.ID) error{
		"delete": func(s port.Storage, org tenant.ID) error {
			_, err := s.Conversations.Delete(context.Background(), org, conversation.Query{}, epoch)
			return err
		},
		"expire": func(s port.Storage, org tenant.ID) error {
			_, err := s.Conversations.Expire(context.Background(), org, epoch.Add(24*time.Hour), 1000)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			path := filepath.Join(folder, "csm.db")
			org := uuid.New()
			s := openAt(t, path, storage.Options{}) // plain, so that what is left can be seen
			plant(t, s, org)
			uid := planted(org, 0).Key.UID()
			if err := remove(s, org); err != nil {
				t.Fatal(err)
			}
			if name == "expire" { // the gap's sentence was redacted and outlives the conversation
				if _, err := s.Gaps.Save(context.Background(), org, version(t, s, org), knowledge.Commit{Records: []knowledge.Record{{ID: 1}}, Unlink: []uuid.UUID{uid}}); err != nil {
					t.Fatal(err)
				}
			}
			closed(t, s)
			if files := holds(t, folder, canary); len(files) > 0 {
				t.Errorf("%v still hold what people wrote", files)
			}
			if files := holds(t, folder, string(uid[:])); len(files) > 0 {
				t.Errorf("%v still hold the conversation's identifier", files)
			}
			db := raw(t, path)
			var postings int
			if err := db.QueryRow(`SELECT (SELECT count(*) FROM postings) + (SELECT count(*) FROM segments)`).Scan(&postings); err != nil || postings != 0 {
				t.Errorf("%d postings are left, %v", postings, err)
			}
		})
	}
}

func version(t *testing.T, s port.Storage, org tenant.ID) int64 {
	t.Helper()
	snapshot, err := s.Gaps.Load(context.Background(), org, knowledge.Whole)
	if err != nil {
		t.Fatal(err)
	}
	return snapshot.Version
}

func raw(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path+"?_pragma=busy_timeout(5000)") // what a store leaves behind may still be closing
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestSwappedValuesOpenNowhere(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "csm.db")
	o := storage.Options{Sealer: keyring(t)}
	s := openAt(t, path, o)
	here, there := uuid.New(), uuid.New()
	for _, org := range []tenant.ID{here, there} {
		if _, err := s.Conversations.Apply(ctx, []conversation.Change{planted(org, 1), planted(org, 2)}); err != nil {
			t.Fatal(err)
		}
	}
	one, two := planted(here, 1).Key.UID(), planted(here, 2).Key.UID()
	closed(t, s)
	swap := func(a, b tenant.ID, ua, ub uuid.UUID) {
		t.Helper()
		db := raw(t, path)
		var ca, cb []byte
		if err := db.QueryRow(`SELECT content FROM conversations WHERE org = ? AND uid = ?`, a[:], ua[:]).Scan(&ca); err != nil {
			t.Fatal(err)
		}
		if err := db.QueryRow(`SELECT content FROM conversations WHERE org = ? AND uid = ?`, b[:], ub[:]).Scan(&cb); err != nil {
			t.Fatal(err)
		}
		for _, row := range []struct {
			content []byte
			org     tenant.ID
			uid     uuid.UUID
		}{{cb, a, ua}, {ca, b, ub}} {
			if _, err := db.Exec(`UPDATE conversations SET content = ? WHERE org = ? AND uid = ?`, row.content, row.org[:], row.uid[:]); err != nil {
				t.Fatal(err)
			}
		}
		_ = db.Close()
	}
	opens := func(want bool) {
		t.Helper()
		s := openAt(t, path, o)
		defer closed(t, s)
		for _, at := range []struct {
			org tenant.ID
			uid uuid.UUID
		}{{here, one}, {here, two}, {there, one}} {
			if _, err := s.Conversations.Get(ctx, at.org, at.uid); (err == nil) != want {
				t.Errorf("opens %v: %v", err == nil, err)
			}
		}
	}
	opens(true)
	swap(here, there, one, one) // the same conversation of two organisations
	swap(here, here, two, two)
	db := raw(t, path)
	if _, err := db.Exec(`UPDATE conversations SET content = (SELECT content FROM conversations WHERE org = ? AND uid = ?) WHERE org = ? AND uid = ?`, there[:], two[:], here[:], two[:]); err != nil {
		t.Fatal(err)
	}
	_ = db.Close()
	opens(false)
}

func TestAnotherMasterKeyIsRefusedAtTheStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "csm.db")
	closed(t, openAt(t, path, storage.Options{Sealer: keyring(t)}))
	for name, o := range map[string]storage.Options{"another key": {Sealer: keyring(t)}, "no key": {}} {
		if _, err := sqlite.Open(context.Background(), "sqlite://"+path, o); err == nil || !strings.Contains(err.Error(), "key") {
			t.Errorf("%s: %v", name, err)
		}
	}
	plain := filepath.Join(t.TempDir(), "csm.db")
	closed(t, openAt(t, plain, storage.Options{}))
	if _, err := sqlite.Open(context.Background(), "sqlite://"+plain, storage.Options{Sealer: keyring(t)}); err == nil || !strings.Contains(err.Error(), "not sealed") {
		t.Errorf("a plain database: %v", err)
	}
}

func TestAddresses(t *testing.T) {
	for _, dsn := range []string{"sqlite://", "sqlite:///nowhere/at/all/csm.db", "sqlite://" + t.TempDir() + "/csm.db?synchronous=OFF", "postgres://x"} {
		if s, err := sqlite.Open(context.Background(), dsn, storage.Options{}); err == nil {
			closed(t, s)
			t.Errorf("%s was opened", dsn)
		}
	}
	odd := filepath.Join(t.TempDir(), "a folder", "100% csm.db")
	if err := os.Mkdir(filepath.Dir(odd), 0o700); err != nil {
		t.Fatal(err)
	}
	closed(t, openAt(t, odd, storage.Options{}))
	info, err := os.Stat(odd)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}
