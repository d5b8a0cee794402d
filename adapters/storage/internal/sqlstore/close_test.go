package sqlstore

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
)

// Closing waits for work that a call under way, as Watch is one, begins when the store is closing already.
func TestClosingWaitsForWorkThatBeginsLast(t *testing.T) {
	s := &Store{write: sqlx.NewDb(sql.OpenDB(nil), ""), read: sqlx.NewDb(sql.OpenDB(nil), "")}
	s.behind.ctx, s.behind.cancel = context.WithCancel(t.Context())
	leave, err := s.gate.enter()
	if err != nil {
		t.Fatal(err)
	}
	closed := make(chan error, 1)
	go func() { closed <- s.close() }()
	<-s.behind.ctx.Done()
	ending := make(chan struct{})
	s.run(func(context.Context) { <-ending })
	leave()
	select {
	case <-closed:
		t.Fatal("the store closed while work was under way")
	case <-time.After(100 * time.Millisecond):
	}
	close(ending)
	if err := <-closed; err != nil {
		t.Error(err)
	}
}
