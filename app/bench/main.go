//go:build unix

// Command bench measures speed. Each figure stands beside its yardstick, the least that could do the job, measured in
// turns in the same run: ratios and CPU per request hold from machine to machine, absolute figures do not. It prints a
// Markdown table and fails on no figure: a benchmark informs, a test judges.
//
//	go run ./app/bench                     the whole table on small stores, about ten minutes on two quiet cores
//	go run ./app/bench -size 1000000       reads on 10 k, 100 k and 1 M conversations, which the goals are about
//	BENCH_BIG=1 go run ./app/bench         reads on 100 k, 1 M and 10 M
//	go run ./app/bench -only post -cpuprofile cpu.out
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// The engines.
const (
	sqliteEngine   = "sqlite"
	postgresEngine = "postgres"
)

// bench is one run.
type bench struct {
	seed uint64
	// size is the largest store; imported how many conversations an import has.
	size, imported int
	// reps is how often each thing is measured, looks how often each read; turn is how long a turn of POSTs takes.
	reps, looks int
	turn        time.Duration
	// mix is how long the mixed load lasts.
	mix time.Duration
	// cpu and heap are where profiles go, empty for none.
	cpu, heap string
	root      string
	made      int
	table     table
	// stopCluster stops the PostgreSQL that was started for this run.
	stopCluster atomic.Pointer[func()]
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == childArg {
		if err := serve(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// sections are the parts of the table, in order.
func sections() []string { return []string{"post", "import", "mixed", "read", "start", "postgres"} }

func run(args []string) (err error) {
	b := &bench{seed: 1, table: table{out: os.Stdout}}
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	flags.IntVar(&b.size, "size", sizeFromEnv(), "conversations in the largest store; BENCH_SIZE sets it too, BENCH_BIG=1 is 10 million")
	short := flags.Bool("short", false, "small and quick: shows that everything works more than how fast it is")
	only := flags.String("only", strings.Join(sections(), ","), "parts to measure, with commas")
	flags.DurationVar(&b.mix, "mix", 20*time.Second, "how long the mixed load lasts")
	flags.StringVar(&b.cpu, "cpuprofile", "", "write CPU profiles of the measured servers to files that begin with this name")
	flags.StringVar(&b.heap, "memprofile", "", "write heap profiles of the measured servers to files that begin with this name")
	flags.Uint64Var(&b.seed, "seed", 1, "seed of the conversations")
	_ = flags.Parse(args) // it exits
	b.reps, b.looks, b.turn, b.imported = 3, 15, 2*time.Second, 20_000
	if *short {
		b.reps, b.looks, b.turn, b.mix, b.imported, b.size = 1, 5, time.Second/2, time.Second, 2_000, min(b.size, 5_000)
	}
	parts := strings.Split(*only, ",")
	for _, p := range parts {
		if !slices.Contains(sections(), p) {
			return fmt.Errorf("%q is no part; there are %s", p, strings.Join(sections(), ", "))
		}
	}
	if b.root, err = os.MkdirTemp("", "csm-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.root)) }()
	b.cleanUpOnSignal()
	fmt.Printf("%s, %s/%s, %d CPUs, load average %s; medians of %d turns\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), busy(), b.reps)
	return b.all(parts)
}

// cleanUpOnSignal leaves nothing behind when a run is broken off. Servers end by themselves when their input does.
func (b *bench) cleanUpOnSignal() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		if stop := b.stopCluster.Load(); stop != nil {
			(*stop)()
		}
		_ = os.RemoveAll(b.root)
		os.Exit(130)
	}()
}

// all measures the parts, and goes on with the next where one cannot be measured.
func (b *bench) all(parts []string) error {
	do := func(part string, measure func() error) {
		if !slices.Contains(parts, part) {
			return
		}
		if err := measure(); err != nil {
			b.table.skip(part, strings.Join(strings.Fields(err.Error()), " "))
		}
	}
	do("post", func() error {
		return b.durable(sqliteEngine, "", []post{
			{conns: 1}, {conns: 16}, {conns: 64}, {conns: 256}, {conns: 64, again: true}, {conns: 64, spread: true},
		})
	})
	do("import", b.imports)
	do("import", b.cells)
	do("mixed", b.mixed)
	do("read", func() error { return b.reads(sqliteEngine, func() (string, error) { return "", nil }) })
	do("start", func() error {
		return b.starts("start to ready, empty, sqlite", goal{reach: 0.3}, func() orders { return orders{Dir: b.dir("empty")} })
	})
	do("postgres", b.postgres)
	return nil
}

func (b *bench) postgres() (err error) {
	c, err := openCluster(filepath.Join(b.root, "postgres"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	b.stopCluster.Store(&c.stop)
	if err := b.upserts(c); err != nil {
		return err
	}
	storage, err := c.database()
	if err != nil {
		return err
	}
	if err := b.durable(postgresEngine, storage, []post{{conns: 64}, {conns: 256}}); err != nil {
		return err
	}
	return b.reads(postgresEngine, c.database)
}

// sizes are those of the stores that are read from.
func (b *bench) sizes() []int { return []int{max(b.size/100, 1), max(b.size/10, 1), b.size} }

// profile is the file for a profile of a part, empty when none is asked for.
func (b *bench) profile(path, part string) string {
	if path == "" {
		return ""
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return ""
	}
	ext := filepath.Ext(abs)
	b.made++
	return fmt.Sprintf("%s-%02d-%s%s", strings.TrimSuffix(abs, ext), b.made, part, ext)
}

func sizeFromEnv() int {
	if os.Getenv("BENCH_BIG") == "1" {
		return 10_000_000
	}
	if n, err := strconv.Atoi(os.Getenv("BENCH_SIZE")); err == nil && n > 0 {
		return n
	}
	return 50_000
}

// busy is how many processes wanted a processor lately, so that a reader can tell a quiet machine from a busy one.
func busy() string {
	raw, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Fields(string(raw))[0]
}
