package sqlite_test

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/csm-monitor/csm-monitor/adapters/seal"
	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/adapters/storage/sqlite"
	"github.com/csm-monitor/csm-monitor/adapters/storage/sqlite/internal/vfs"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

const cuts = 200

// The power goes while eight callers write: of what was written, only that survives which was synced before, or that
// and some of the rest, with pages torn.
func TestPowerCut(t *testing.T) {
	d := newDrill(t, "FULL")
	for _, torn := range []bool{false, true} {
		if lost := d.cut(torn); lost > 0 {
			t.Errorf("torn %v: %d of %d acknowledged conversations are gone after some cut", torn, lost, len(d.acks))
		}
	}
}

// With a commit that does not wait for the disk the same drill must find what is lost, or it would find nothing.
func TestPowerCutFindsWhatIsNotDurable(t *testing.T) {
	if lost := newDrill(t, "NORMAL").cut(false); lost == 0 {
		t.Error("nothing was lost with synchronous=NORMAL: the drill proves nothing")
	}
}

type drill struct {
	*testing.T
	path string
	keys *seal.Keyring
	// base are the files when the drill began, log what reached them since.
	base map[string][]byte
	mu   sync.Mutex
	log  []vfs.Event
	// acks are the conversations that callers were told are stored, with the length of the log when they were.
	acks []ack
}

type ack struct {
	uid uuid.UUID
	at  int
}

// newDrill writes until the log was copied into the database at least four times.
func newDrill(t *testing.T, synchronous string) *drill {
	t.Helper()
	d := &drill{T: t, path: file(t), keys: keyring(t), base: map[string][]byte{}}
	recording := false
	s, err := sqlite.OpenWatched(t.Context(), d.path, synchronous, storage.Options{Sealer: d.keys}, func(e vfs.Event) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if e.Data = slices.Clone(e.Data); recording {
			d.log = append(d.log, e)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	org := tenant.ID{9}
	d.write(s, org, 0, 1) // the organisation is there
	for _, name := range d.files() {
		if d.base[name], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	d.mu.Lock()
	d.acks, recording = nil, true
	d.mu.Unlock()
	var callers sync.WaitGroup
	for caller := range 8 {
		callers.Go(func() {
			for n := 0; d.copied() < 4 && !t.Failed(); n++ {
				d.write(s, org, 1000*(1+caller*1000+n), 1+n%4)
			}
		})
	}
	callers.Wait()
	d.mu.Lock()
	recording = false
	d.mu.Unlock()
	closed(t, s)
	return d
}

func (d *drill) files() []string { return []string{d.path, d.path + "-wal"} }

// copied is how often the database was synced, which happens when the log has been copied into it.
func (d *drill) copied() (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.log {
		if e.Kind == vfs.Sync && e.Path == d.path {
			n++
		}
	}
	return n
}

func (d *drill) write(s port.Storage, org tenant.ID, from, n int) {
	changes := make([]conversation.Change, n)
	for i := range changes {
		changes[i] = planted(org, from+i)
		changes[i].Once = nil
	}
	if _, err := s.Conversations.Apply(context.Background(), changes); err != nil {
		d.Error(err)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range changes {
		d.acks = append(d.acks, ack{c.Key.UID(), len(d.log)})
	}
}

// cut cuts the power at places all over the log, and counts the acknowledged conversations that were gone after one.
func (d *drill) cut(torn bool) int {
	random := rand.New(rand.NewPCG(7, 7))
	lost := map[uuid.UUID]bool{}
	for n := range cuts {
		at := 1 + (len(d.log)-1)*n/(cuts-1)
		image := d.image(at, torn, random)
		rows := stored(d.T, image)
		for _, a := range d.acks {
			if a.at <= at && !rows[a.uid] {
				lost[a.uid] = true
			}
		}
		if n%20 == 0 && len(lost) == 0 {
			d.whole(image, len(rows))
		}
	}
	return len(lost)
}

// image is a folder with the files as they are after a cut.
func (d *drill) image(at int, torn bool, random *rand.Rand) string {
	dir := filepath.Join(d.TempDir(), "csm.db")
	for i, name := range d.files() {
		safe := -1 // what is up to this place in the log was synced
		for n, e := range d.log[:at] {
			if e.Kind == vfs.Sync && e.Path == name {
				safe = n
			}
		}
		b := slices.Clone(d.base[name])
		for n, e := range d.log[:at] {
			if e.Path != name || n > safe && (!torn || random.IntN(2) == 0) {
				continue
			}
			if n > safe && e.Kind == vfs.Write {
				e.Data = e.Data[:random.IntN(len(e.Data)+1)/512*512]
			}
			b = after(b, e)
		}
		if err := os.WriteFile(dir+[]string{"", "-wal"}[i], b, 0o600); err != nil {
			d.Fatal(err)
		}
	}
	return dir
}

// after is a file after an event.
func after(b []byte, e vfs.Event) []byte {
	switch e.Kind {
	case vfs.Write:
		if end := int(e.At) + len(e.Data); end > len(b) {
			b = append(b, make([]byte, end-len(b))...)
		}
		copy(b[e.At:], e.Data)
	case vfs.Truncate:
		b = append(b, make([]byte, max(int(e.At)-len(b), 0))...)[:e.At]
	}
	return b
}

// stored are the conversations in a file.
func stored(t *testing.T, path string) map[uuid.UUID]bool {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.Query("SELECT uid FROM conversations")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	out := map[uuid.UUID]bool{}
	for rows.Next() {
		var uid uuid.UUID
		if err := rows.Scan(&uid); err != nil {
			t.Fatal(err)
		}
		out[uid] = true
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// whole says that a file opens as a store whose cells count its rows.
func (d *drill) whole(path string, rows int) {
	d.Helper()
	s := openAt(d.T, path, storage.Options{Sealer: d.keys})
	defer closed(d.T, s)
	sums, err := s.Rollups.Rollup(d.Context(), tenant.ID{9}, metric.Selection{Window: metric.Window{Start: epoch.Add(-24 * time.Hour), End: epoch.Add(24 * time.Hour), Zone: time.UTC}})
	if err != nil {
		d.Error(err)
	} else if cells := sums[0]; len(cells) != 1 || cells[0].Values.At(metric.Conversations) != int64(rows) {
		d.Errorf("%d rows, cells %v", rows, cells)
	}
}
