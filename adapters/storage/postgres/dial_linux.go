package postgres

import (
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// bound bounds how long the other side of a connection over a network may leave unacknowledged what it was sent. Where the
// system does not know the option, probes still find out about connections on which nothing is sent.
func bound(network, _ string, conn syscall.RawConn) error {
	if !strings.HasPrefix(network, "tcp") {
		return nil
	}
	return conn.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(silence.Milliseconds()))
	})
}
