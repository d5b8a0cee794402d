//go:build unix

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"
	"github.com/samber/lo"
	"go.uber.org/fx"

	"github.com/csm-monitor/csm-monitor/adapters/httpapi"
	"github.com/csm-monitor/csm-monitor/app"
	"github.com/csm-monitor/csm-monitor/app/builtin"
	"github.com/csm-monitor/csm-monitor/app/config"
	"github.com/csm-monitor/csm-monitor/core/metric"
	"github.com/csm-monitor/csm-monitor/core/monitor"
	"github.com/csm-monitor/csm-monitor/core/port"
	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// orders are what a child is started with.
type orders struct {
	// Body asks for the yardstick: a server that reads bodies and does nothing with them.
	Body bool `json:"body"`
	// Addr is where to listen, Storage what to keep things in, Dir the data folder.
	Addr, Storage, Dir string
	// Orgs is how many organisations to make, each with a key.
	Orgs int
	// CPU and Heap are files for profiles, empty for none.
	CPU, Heap string
}

// ready is a child's first word.
type ready struct {
	Keys []string
	Orgs []uuid.UUID
}

// usage is what a process has used so far.
type usage struct {
	// CPU is time on processors, user and system.
	CPU time.Duration
	// RSS and Peak are bytes of memory, now and at most.
	RSS, Peak int64
}

// totals is a question for sums of a window by handler, or with Fold for a comparison of sums with the rows, and its
// answer.
type totals struct {
	Org        tenant.ID
	Fold       bool
	Start, End time.Time
	Times      int
	// Took is the median time of one answer; Conversations is what it counted.
	Took          time.Duration
	Conversations int64
	// Cells is how many cells were compared, Differ how many were not what the rows say.
	Cells, Differ int
}

// serve is a child: it serves until its standard input ends, and answers questions there.
func serve(text string) error {
	var o orders
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	if o.CPU != "" {
		f, err := os.Create(o.CPU)
		if err != nil {
			return err
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	if o.Heap != "" {
		defer heap(o.Heap)
	}
	if o.Body {
		return serveBodies(o)
	}
	return serveProduct(o)
}

func heap(path string) {
	f, err := os.Create(path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	runtime.GC()
	_ = pprof.WriteHeapProfile(f)
	_ = f.Close()
}

// serveBodies is the yardstick of every POST.
func serveBodies(o orders) error {
	l, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return err
	}
	server := httpapi.NewServer(o.Addr, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"success":true}`)
	}))
	go func() { _ = server.Serve(l) }()
	converse(ready{Keys: []string{""}}, nil)
	return server.Close()
}

// serveProduct is the server as it ships, with authentication, sealing and cells.
func serveProduct(o orders) error {
	environ := []string{"CSM_ADDR=" + o.Addr, "CSM_DATA_DIR=" + o.Dir, "CSM_MAX_BATCH=1GiB", "CSM_RATE_LIMIT=1000000"}
	if o.Storage != "" {
		environ = append(environ, "CSM_STORAGE="+o.Storage)
	}
	if o.Heap != "" {
		environ = append(environ, "CSM_PPROF_ADDR=127.0.0.1:0") // a server that nobody can ask for it keeps no profile of memory
	}
	cfg, err := config.Load(nil, environ, builtin.Schemes())
	if err != nil {
		return err
	}
	var (
		store port.Storage
		m     *monitor.Monitor
		keys  httpapi.Keys
	)
	graph := fx.New(app.Server(cfg), fx.Replace(app.Output{Out: io.Discard, Log: os.Stderr}), fx.Populate(&store, &m, &keys))
	ctx := context.Background()
	if err := graph.Start(ctx); err != nil {
		return err
	}
	var r ready
	for i := range o.Orgs {
		org, err := m.CreateOrg(ctx, fmt.Sprint("Organisation ", i), tenant.SelfHosted)
		if err != nil {
			return err
		}
		secret, _, err := keys.Create(ctx, org.ID, "bench", tenant.Owner)
		if err != nil {
			return err
		}
		r.Orgs, r.Keys = append(r.Orgs, org.ID), append(r.Keys, secret)
	}
	converse(r, func(t totals) (totals, error) {
		if t.Fold {
			return fold(ctx, store, t)
		}
		return sum(ctx, store.Rollups, t)
	})
	return graph.Stop(ctx)
}

// sum asks for totals as the product's reads do.
func sum(ctx context.Context, rollups port.Rollups, t totals) (totals, error) {
	var took []float64
	for range t.Times {
		start := time.Now()
		sums, err := rollups.Rollup(ctx, t.Org, metric.Selection{
			Window: metric.Window{Start: t.Start, End: t.End, Zone: time.UTC}, By: metric.Grouping{Handler: true},
		})
		if err != nil {
			return t, err
		}
		took = append(took, time.Since(start).Seconds())
		t.Conversations = lo.SumBy(sums[0], func(c metric.Cell) int64 { return c.Values.At(metric.Conversations) })
	}
	t.Took = time.Duration(median(took) * float64(time.Second))
	return t, nil
}

// converse answers questions, one a line, until there are no more.
func converse(r ready, sum func(totals) (totals, error)) {
	out := json.NewEncoder(os.Stdout)
	_ = out.Encode(r)
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		if in.Text() == "usage" {
			_ = out.Encode(used())
			continue
		}
		var t totals
		err := json.Unmarshal(in.Bytes(), &t)
		if err == nil && sum != nil {
			t, err = sum(t)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		_ = out.Encode(t)
	}
}

// used is what this process has used. Where the system does not say how much memory it holds now, that is the peak.
func used() usage {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return usage{}
	}
	u := usage{CPU: time.Duration(r.Utime.Nano() + r.Stime.Nano()), Peak: int64(r.Maxrss)}
	if runtime.GOOS == "linux" {
		u.Peak <<= 10 // there it is in KiB
	}
	u.RSS = u.Peak
	status, err := os.ReadFile("/proc/self/status") // where the peak is not also that of the process that began this one
	if err != nil {
		return u
	}
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		var kib int64
		if _, err := fmt.Sscan(value, &kib); err != nil {
			continue
		}
		switch name {
		case "VmHWM":
			u.Peak = kib << 10
		case "VmRSS":
			u.RSS = kib << 10
		}
	}
	return u
}
