//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
	"sync"
	"time"

	"github.com/samber/lo"

	"github.com/csm-monitor/csm-monitor/adapters/seal"
	"github.com/csm-monitor/csm-monitor/adapters/storage"
	"github.com/csm-monitor/csm-monitor/adapters/storage/memory"
	"github.com/csm-monitor/csm-monitor/adapters/storage/postgres"
	"github.com/csm-monitor/csm-monitor/adapters/wire"
	"github.com/csm-monitor/csm-monitor/core/conversation"
	"github.com/csm-monitor/csm-monitor/core/monitor"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// upsertWriters is how many groups are written to PostgreSQL at a time.
const upsertWriters = 2

// upserts measures the write path of the PostgreSQL store alone, sealed and with cells, against plain COPY.
func (b *bench) upserts(c *cluster) error {
	raw := newSource(b.seed, b.imported).lines(0, b.imported)
	lines := bytes.Split(bytes.TrimSuffix(raw, []byte{'\n'}), []byte{'\n'})
	ctx := context.Background()
	org := tenant.Org{}
	var changes []conversation.Change
	var rates pairs
	for range b.reps {
		dsn, err := c.database()
		if err != nil {
			return err
		}
		yard, err := copyPostgres(ctx, dsn, lines)
		if err != nil {
			return fmt.Errorf("the yardstick: %w", err)
		}
		if dsn, err = c.database(); err != nil {
			return err
		}
		store, err := openSealed(ctx, dsn, postgres.Driver)
		if err != nil {
			return err
		}
		if changes == nil {
			m, err := monitor.New(store, monitor.Options{Clock: time.Now})
			if err != nil {
				return err
			}
			if org, err = m.CreateOrg(ctx, "bench", tenant.SelfHosted); err != nil {
				return err
			}
			if changes, err = assessed(ctx, org, lines); err != nil {
				return err
			}
		} else if err := store.Orgs.Create(ctx, org); err != nil {
			return err
		}
		own, err := b.profiled("upserts", func() (time.Duration, error) { return applyAll(ctx, store, changes) })
		if err := errors.Join(err, store.Close()); err != nil {
			return err
		}
		rates.add(float64(len(lines))/own.Seconds(), float64(len(lines))/yard.Seconds())
	}
	b.table.add(row{what: fmt.Sprintf("PostgreSQL upsert path, %d by %d writers", len(lines), upsertWriters), figure: number(median(rates.own)) + "/s",
		yardstick: number(median(rates.yard)) + "/s, plain COPY in groups of 256", value: rates.ratio(), ratio: true, goal: goal{reach: 0.65, aim: 0.85, least: true}})
	return nil
}

func openSealed(ctx context.Context, dsn string, d storage.Driver) (port.Storage, error) {
	key, err := seal.NewMasterKey()
	if err != nil {
		return port.Storage{}, err
	}
	w, err := seal.Local(key)
	if err != nil {
		return port.Storage{}, err
	}
	return storage.Open(ctx, dsn, storage.Options{Sealer: seal.New(w)}, d)
}

// assessed makes the conversations of the lines as the use cases would store them, so that only storing is measured.
func assessed(ctx context.Context, org tenant.Org, lines [][]byte) ([]conversation.Change, error) {
	store, err := storage.Open(ctx, "memory://", storage.Options{}, memory.Driver)
	if err != nil {
		return nil, err
	}
	defer func() { _ = store.Close() }()
	if err := store.Orgs.Create(ctx, org); err != nil {
		return nil, err
	}
	m, err := monitor.New(store, monitor.Options{Clock: time.Now})
	if err != nil {
		return nil, err
	}
	var out []conversation.Change
	for _, part := range lo.Chunk(lines, group) {
		arrivals, err := arrivals(org.ID, part)
		if err != nil {
			return nil, err
		}
		results, err := m.Ingest(ctx, arrivals)
		if err != nil {
			return nil, err
		}
		for _, r := range results {
			if r.Err != nil {
				return nil, r.Err
			}
			stored := *r.Conversation
			stored.Seq = 0
			out = append(out, conversation.Change{Key: stored.Key, Fn: func(*conversation.Conversation) (*conversation.Conversation, error) { return &stored, nil }})
		}
	}
	return out, nil
}

func arrivals(org tenant.ID, lines [][]byte) ([]monitor.Arrival, error) {
	var out []monitor.Arrival
	for _, line := range lines {
		var c wire.NewConversation
		if err := json.Unmarshal(line, &c); err != nil {
			return nil, err
		}
		stamp := conversation.Stamp{Trust: conversation.Signed, At: lo.FromPtr(c.Messages[5].Timestamp)}
		facts := conversation.Facts{CustomerID: conversation.State(c.CustomerID, stamp), Topic: conversation.State(c.Topic, stamp), AIAgentID: conversation.State(c.AIAgentID, stamp)}
		priority := conversation.Priority(lo.FromPtr(c.Priority))
		facts.Priority = conversation.State(&priority, stamp)
		if c.CSATScore != nil {
			facts.Rating = conversation.State(&conversation.Rating{Score: *c.CSATScore, Scale: conversation.Native5}, stamp)
		}
		messages := lo.Map(c.Messages, func(m wire.NewMessage, _ int) conversation.Message {
			return conversation.Message{Sender: conversation.Sender(m.SenderType), Content: m.Content, At: lo.FromPtr(m.Timestamp)}
		})
		key := conversation.Key{Org: org, Platform: conversation.Platform(c.Platform), ID: c.ConversationID}
		out = append(out, monitor.Arrival{Patch: conversation.NewPatch(key, facts, messages, stamp, stamp.At)})
	}
	return out, nil
}

// profiled writes a CPU profile of what runs in this process, where profiles are asked for.
func (b *bench) profiled(part string, measure func() (time.Duration, error)) (time.Duration, error) {
	path := b.profile(b.cpu, part)
	if path == "" {
		return measure()
	}
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return 0, errors.Join(err, f.Close())
	}
	took, err := measure()
	pprof.StopCPUProfile()
	return took, errors.Join(err, f.Close())
}

// applyAll stores the changes in groups, by several writers.
func applyAll(ctx context.Context, store port.Storage, changes []conversation.Change) (time.Duration, error) {
	groups := make(chan []conversation.Change)
	errs := make([]error, upsertWriters)
	var writers sync.WaitGroup
	begun := time.Now()
	for w := range errs {
		writers.Go(func() {
			for g := range groups {
				if errs[w] == nil {
					_, errs[w] = store.Conversations.Apply(ctx, g)
				}
			}
		})
	}
	for _, g := range lo.Chunk(changes, group) {
		groups <- g
	}
	close(groups)
	writers.Wait()
	return time.Since(begun), errors.Join(errs...)
}
