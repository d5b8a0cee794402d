package postgres

import (
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
)

// silence is how long the server's machine may say nothing at all before its connections are given up: while one is made,
// while it is to acknowledge what it was sent, and while an answer is waited for. By itself the system would send again for
// a quarter of an hour to a machine that is gone, and writes would wait for that. A network that loses packets is back in a
// second or two; callers have given up after half a minute.
const silence = 15 * time.Second

// reach has connections made that find out when the server's machine is gone.
func reach(config *pgx.ConnConfig) {
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = silence
	}
	const probe = silence / 3
	d := net.Dialer{
		Timeout:         config.ConnectTimeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: probe, Interval: probe, Count: 2},
		Control:         bound,
	}
	config.DialFunc = d.DialContext
}

// linger is how long a read goes on whose caller has left. Nearly all are over by then. One that is not is broken off, and
// takes its connection along: to make another costs the server a process, and this one several reads.
const linger = 100 * time.Millisecond

func lingering(conn *pgconn.PgConn) ctxwatch.Handler {
	return &pgconn.DeadlineContextWatcherHandler{Conn: conn.Conn(), DeadlineDelay: linger}
}
