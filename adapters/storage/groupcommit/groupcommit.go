// Package groupcommit lets concurrent writers share transactions. A durable commit costs one wait for the disk however
// much it carries, so what waits while one commit is under way goes together into the next. At low load a call goes
// through at once: there is no timer. Where a store can write while its disk is busy, enough calls make a group meanwhile.
package groupcommit

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/port"
)

// Options are the sizes of queue and groups. The zero value is right for most.
type Options struct {
	// Group is how many changes one transaction takes at most, 256 when 0. A call with more is not split.
	Group int
	// Queue is how many changes may wait, 8192 when 0. Beyond it calls are refused with *port.Unavailable.
	Queue int
	// Writers is how many transactions run at a time, 1 when 0. More than one helps stores that several processes share.
	Writers int
}

const (
	defaultGroup = 256
	defaultQueue = 8192
	// retryAfter is what a caller is told when the queue is full: it drains in less.
	retryAfter = time.Second
)

// Wrap puts group commit before a store's writes. Closing the wrapped store first stores what waits.
func Wrap(s port.Storage, o Options) port.Storage {
	g := newGroups(s.Conversations, o)
	inner := s.Close
	s.Conversations = g
	s.Close = func() error {
		g.drain()
		return inner()
	}
	return s
}

// Stager is a store that writes in two steps, so that the next group is written while the disk takes the last one.
type Stager interface {
	// Stage is Apply, but it returns when the outcome is settled and others see it, and it may not be on the disk yet.
	// Whoever gets durable must call it, once, and hold up no other: the outcome may keep a connection until then. It
	// returns when the outcome is on the disk. An error says that nobody knows whether it will survive; where others could
	// go on to see what will not, the store stores nothing more. Without changes durable is nil.
	Stage(ctx context.Context, changes []conversation.Change) (results []conversation.Result, durable func() error, err error)
}

// groups is a port.Conversations whose Apply goes through a queue; everything else is the store's own.
type groups struct {
	port.Conversations
	limit, capacity int

	mu      sync.Mutex
	some    *sync.Cond // there is work, or none will come
	queue   queue
	waiting int // changes
	closed  bool
	writers sync.WaitGroup
	// written are the groups that are on their way to the disk, in the order of writing.
	written chan written
	// underWay is how many groups are being written or on their way to the disk.
	underWay int
	last     sync.Once
	settler  sync.WaitGroup
}

// written is a group with its outcome, which holds once durable returns.
type written struct {
	group   []*call
	results []conversation.Result
	durable func() error
}

// ahead is how many groups are written at most while an earlier one is on its way to the disk.
const ahead = 4

// worth is how many changes make a group while an earlier one is under way.
const worth = 32

func newGroups(inner port.Conversations, o Options) *groups {
	g := &groups{Conversations: inner, limit: o.Group, capacity: o.Queue, written: make(chan written, ahead)}
	if g.limit <= 0 {
		g.limit = defaultGroup
	}
	if g.capacity <= 0 {
		g.capacity = defaultQueue
	}
	g.some = sync.NewCond(&g.mu)
	for range max(o.Writers, 1) {
		g.writers.Add(1)
		go g.write()
	}
	g.settler.Go(func() {
		for w := range g.written {
			g.settle(w)
		}
	})
	return g
}

// call is one caller's Apply.
type call struct {
	ctx     context.Context
	changes []conversation.Change
	// taken is set, under the lock, when a writer has the call: from then on its caller waits for the outcome, because
	// only the store knows whether it was kept.
	taken   bool
	done    chan struct{}
	results []conversation.Result
	err     error
}

var errFull = errors.New("too many writes are waiting")

// Apply stores the changes together with those of other callers and returns when they are on disk.
func (g *groups) Apply(ctx context.Context, changes []conversation.Change) ([]conversation.Result, error) {
	if err := ctx.Err(); err != nil || len(changes) == 0 {
		return nil, err
	}
	c := &call{ctx: ctx, changes: changes, done: make(chan struct{})}
	if err := g.put(c); err != nil {
		return nil, err
	}
	select {
	case <-c.done:
	case <-ctx.Done():
		if g.takeBack(c) {
			return nil, ctx.Err()
		}
		<-c.done
	}
	return c.results, c.err
}

func (g *groups) put(c *call) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.closed:
		return port.ErrClosed
	case g.waiting > 0 && g.waiting+len(c.changes) > g.capacity:
		return &port.Unavailable{After: retryAfter, Cause: errFull}
	}
	g.queue.put(c)
	g.waiting += len(c.changes)
	if g.ripe() {
		g.some.Signal()
	}
	return nil
}

// ripe says that what waits is worth a transaction: any call while none is under way, and more of them while one is,
// because each transaction costs the same whatever it carries.
func (g *groups) ripe() bool {
	return !g.queue.empty() && (g.underWay == 0 || g.waiting >= worth) || g.closed
}

// takeBack removes a call that no writer has taken.
func (g *groups) takeBack(c *call) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if c.taken {
		return false
	}
	g.queue.remove(c)
	g.waiting -= len(c.changes)
	return true
}

// drain lets nobody in any more and returns when everything that waited has been stored.
func (g *groups) drain() {
	g.mu.Lock()
	g.closed = true
	g.some.Broadcast()
	g.mu.Unlock()
	g.writers.Wait()
	g.last.Do(func() { close(g.written) })
	g.settler.Wait()
}

func (g *groups) write() {
	defer g.writers.Done()
	for {
		group := g.next()
		if group == nil {
			return
		}
		g.store(group)
		g.ended()
	}
}

// next waits for calls and takes as many as one transaction holds; nil when none will come.
func (g *groups) next() []*call {
	g.mu.Lock()
	defer g.mu.Unlock()
	for {
		for !g.ripe() {
			g.some.Wait()
		}
		g.gather()
		group := g.take(g.limit)
		switch {
		case len(group) > 0:
			if g.underWay++; g.ripe() {
				g.some.Signal() // for another writer
			}
			return group
		case g.closed:
			return nil
		}
		// All that waited gave up meanwhile, or another writer has it.
	}
}

// takeAll takes everything that waits.
func (g *groups) takeAll() []*call {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.take(math.MaxInt)
}

// take takes calls of at most so many changes, or one of more.
func (g *groups) take(limit int) []*call {
	group := g.queue.take(limit)
	for _, c := range group {
		c.taken = true
		g.waiting -= len(c.changes)
	}
	return group
}

// looks is how often the writer looks for one more caller, patience how long it goes on looking. A look is long where
// processors are busy with something else: then nobody is to wait for more of them.
const (
	looks    = 30
	patience = 2 * time.Millisecond
)

// gather lets callers that are on their way come first: whoever can run runs before the writer goes on. Idle processors
// make that no wait worth mentioning, and on busy ones a larger group costs each caller less.
func (g *groups) gather() {
	began := time.Now()
	for most, left := g.waiting, looks; left > 0 && g.waiting < g.limit && !g.closed && time.Since(began) < patience; left-- {
		g.mu.Unlock()
		runtime.Gosched()
		g.mu.Lock()
		if g.waiting > most {
			most, left = g.waiting, looks
		}
	}
}

// store writes a group. Where the group fails, each call is tried by itself, so that one caller's trouble is not
// another's; a store that is away for all is not asked again for each. Where it took long to say so, those who wait are told
// too: it would take as long for each of their groups.
func (g *groups) store(group []*call) {
	began := time.Now()
	ctx, changes := context.Background(), group[0].changes
	if len(group) == 1 {
		ctx = group[0].ctx
	} else {
		changes = nil
		for _, c := range group {
			changes = append(changes, c.changes...)
		}
	}
	results, durable, err := g.stage(ctx, changes)
	switch {
	case err == nil && durable == nil:
		answer(group, results)
	case err == nil:
		g.mu.Lock()
		g.underWay++
		g.mu.Unlock()
		g.written <- written{group, results, durable}
	case errors.Is(err, port.ErrUnavailable):
		refuse(group, err)
		if time.Since(began) >= retryAfter {
			refuse(g.takeAll(), err)
		}
	case len(group) == 1, errors.Is(err, port.ErrClosed):
		refuse(group, err)
	default:
		for i := range group {
			g.store(group[i : i+1])
		}
	}
}

// settle answers the callers of a group when it is on the disk.
func (g *groups) settle(w written) {
	defer g.ended()
	if err := attempt(w.durable); err != nil {
		refuse(w.group, err)
		return
	}
	answer(w.group, w.results)
}

// ended notes that a group is no longer under way.
func (g *groups) ended() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.underWay--
	if g.ripe() {
		g.some.Signal()
	}
}

// answer gives every caller its part of a group's results.
func answer(group []*call, results []conversation.Result) {
	for _, c := range group {
		n := len(c.changes)
		c.results = results[:n:n]
		results = results[n:]
		close(c.done)
	}
}

func refuse(group []*call, err error) {
	for _, c := range group {
		c.err = err
		close(c.done)
	}
}

// stage calls the store.
func (g *groups) stage(ctx context.Context, changes []conversation.Change) (results []conversation.Result, durable func() error, err error) {
	err = attempt(func() (err error) {
		if s, ok := g.Conversations.(Stager); ok {
			results, durable, err = s.Stage(ctx, changes)
		} else {
			results, err = g.Conversations.Apply(ctx, changes)
		}
		return err
	})
	return results, durable, err
}

// attempt calls the store. A change that panics must not take the writer with it, and nothing those who wait for an answer.
func attempt(call func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("a write panicked: %v\n%s", r, debug.Stack())
		}
	}()
	return call()
}
