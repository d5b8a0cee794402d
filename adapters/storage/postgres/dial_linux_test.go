package postgres

import (
	"net"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sys/unix"
)

func dialled(t *testing.T, config *pgx.ConnConfig, l net.Listener, err error) net.Conn {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	conn, err := config.DialFunc(t.Context(), l.Addr().Network(), l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// A machine that vanishes cannot be had in a test without the rights of an administrator: what is looked at is what the
// system was told.
func TestAMachineThatIsGoneIsGivenUpSoon(t *testing.T) {
	config, _, err := parse("postgres://u@db.example/csm")
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	raw, err := dialled(t, config, l, err).(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ level, option, want int }{
		"unacknowledged, ms": {unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 15000},
		"probes":             {unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
		"first probe, s":     {unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 5},
		"next probe, s":      {unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 5},
		"number of probes":   {unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 2},
	} {
		var got int
		var asked error
		if err := raw.Control(func(fd uintptr) { got, asked = unix.GetsockoptInt(int(fd), c.level, c.option) }); err != nil || asked != nil || got != c.want {
			t.Errorf("%s: %d, wanted %d, %v %v", name, got, c.want, err, asked)
		}
	}
	if config.ConnectTimeout != silence {
		t.Errorf("connecting may take %s", config.ConnectTimeout)
	}
}

func TestTheAddressSaysHowLongConnectingMayTakeAndNetworksNeedNotBe(t *testing.T) {
	config, _, err := parse("postgres://u@/csm?host=/run/postgresql&connect_timeout=3")
	if err != nil {
		t.Fatal(err)
	}
	if config.ConnectTimeout.Seconds() != 3 {
		t.Errorf("connecting may take %s", config.ConnectTimeout)
	}
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	dialled(t, config, l, err)
}
