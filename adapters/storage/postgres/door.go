package postgres

import (
	"context"
	"database/sql/driver"
	"sync"
	"time"
)

// shut is how long nobody tries to connect after an attempt that failed, where it took as long: who comes meanwhile would
// wait for the same answer. An attempt that is refused at once holds up nobody.
const shut = time.Second

// door is the way to the server, which the pools of a store share.
type door struct {
	mu sync.Mutex
	// why is what the last attempt failed with, nil while the door is open. Until then nobody tries again, and afterwards one
	// at a time.
	why    error
	until  time.Time
	trying bool
}

// connector makes the connections of a pool.
type connector struct {
	driver.Connector
	door *door
}

// Connect connects, or fails at once with what others have just waited for.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	if err := c.door.enter(); err != nil {
		return nil, err
	}
	began := time.Now()
	conn, err := c.Connector.Connect(ctx)
	c.door.leave(err, time.Since(began) >= shut, err != nil && ctx.Err() != nil)
	return conn, err
}

func (d *door) enter() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.why != nil && (d.trying || time.Now().Before(d.until)) {
		return d.why
	}
	d.trying = true
	return nil
}

// leave notes what came of an attempt. Who gave up soon has found out nothing.
func (d *door) leave(err error, waited, gaveUp bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.trying = false
	switch {
	case err != nil && waited:
		d.why, d.until = err, time.Now().Add(shut)
	case !gaveUp:
		d.why = nil
	}
}
