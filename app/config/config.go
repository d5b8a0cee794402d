// Package config is what an operator can say: one struct, read from variables that begin with CSM_, from files for what
// must stay secret, and from flags of the same names. Everything wrong is reported at once, in sentences.
package config

import (
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/csm-monitor/csm-monitor/core/tenant"
)

// Prefix begins the name of every variable.
const Prefix = "CSM_"

// Config is everything the server and the worker can be told. The tags are its documentation: --help and the README's
// table are made from them. What is tagged serves is of no use to the worker, which takes it all the same: both may share
// one environment.
type Config struct {
	Addr         Addr          `env:"ADDR" envDefault:"127.0.0.1:8080" serves:"true" group:"Serving" help:"Address to listen on. The default is reachable from this machine only; :8080 listens everywhere."`
	MaxBody      Size          `env:"MAX_BODY" envDefault:"1MiB" serves:"true" group:"Serving" help:"Largest request with one conversation."`
	MaxBatch     Size          `env:"MAX_BATCH" envDefault:"64MiB" serves:"true" group:"Serving" help:"Largest batch, counted after decompression."`
	RateLimit    Rate          `env:"RATE_LIMIT" envDefault:"20000" serves:"true" group:"Serving" help:"Requests a second allowed to each API key. The default only stops what has run away."`
	DrainTimeout time.Duration `env:"DRAIN_TIMEOUT" envDefault:"30s" serves:"true" group:"Serving" help:"How long requests under way may take to finish after SIGTERM."`
	PprofAddr    Addr          `env:"PPROF_ADDR" serves:"true" group:"Serving" default:"off" help:"Address of this machine, such as 127.0.0.1:6060, for Go's profiles. They show what the process does, not what it holds, and ask for no key."`

	DataDir   string `env:"DATA_DIR" envDefault:"./csm-data" group:"Data" help:"Folder for the database and the master key; made on the server's first start."`
	Storage   DSN    `env:"STORAGE" group:"Data" secret:"true" default:"sqlite:// in the data folder" help:"Where conversations are kept. sqlite:// and memory:// serve one process, postgres:// any number of servers and workers."`
	MasterKey Secret `env:"MASTER_KEY" group:"Data" secret:"true" default:"master.key in the data folder" help:"Key that seals what is stored, csmkey_ and 43 characters as the first start writes it. Nothing can be read without it: keep a copy. After a rotation, all of them, the newest first."`

	DefaultPlan   Plan  `env:"DEFAULT_PLAN" envDefault:"self_hosted" serves:"true" group:"Organisations" help:"Plan of organisations made here. It decides how long text is kept; self_hosted keeps it until you say otherwise."`
	RetentionDays *Days `env:"RETENTION_DAYS" serves:"true" group:"Organisations" default:"what the plan says" help:"Days for which text of organisations made here is kept, 0 to keep everything."`

	EmbedderURL       string  `env:"EMBEDDER_URL" group:"Knowledge gaps" default:"none: questions are compared by their words" help:"OpenAI-compatible endpoint that compares questions by meaning, such as http://localhost:11434/v1 of Ollama. Questions are sent to it."`
	EmbedderModel     string  `env:"EMBEDDER_MODEL" group:"Knowledge gaps" default:"none" help:"Model of the embedder; needed with an address."`
	EmbedderKey       Secret  `env:"EMBEDDER_KEY" group:"Knowledge gaps" secret:"true" default:"none" help:"Bearer token of the embedder."`
	EmbedderThreshold float64 `env:"EMBEDDER_THRESHOLD" group:"Knowledge gaps" default:"none" help:"Cosine from which two questions are one gap, between 0 and 1; needed with an address. It belongs to the model: choose it on questions of your own."`

	LogLevel  Level  `env:"LOG_LEVEL" envDefault:"info" group:"Logs" help:"Least level that is written: debug, info, warn or error."`
	LogFormat Format `env:"LOG_FORMAT" envDefault:"auto" group:"Logs" help:"json, text, or auto: text on a terminal, JSON everywhere else."`
}

// KeyFile is where the master key is kept when none is configured.
func (c Config) KeyFile() string { return filepath.Join(c.DataDir, "master.key") }

// Load reads variables and flags; flags win. Schemes are the kinds of stores that exist. The error, when there is one,
// is *Invalid or *Asked.
func Load(args, environ, schemes []string) (Config, error) {
	s := newSource(os.ReadFile)
	s.variables(environ)
	s.flags(args)
	if s.asked != nil {
		return Config{}, s.asked
	}
	c := s.parse()
	c.complete(s, schemes)
	return c, s.faults.orNil()
}

// complete fills in what depends on other settings and checks what can be checked before anything is opened.
func (c *Config) complete(s *source, schemes []string) {
	dir, err := filepath.Abs(c.DataDir)
	if err != nil {
		s.faults.add("%s cannot be made an absolute path: %v.", s.named("DATA_DIR"), err)
	}
	c.DataDir = dir
	if c.Storage == (DSN{}) {
		c.Storage = SQLiteIn(dir)
	}
	if problem := c.Storage.check(schemes); problem != "" {
		s.faults.add("%s %s.", s.named("STORAGE"), problem)
	}
	if c.DrainTimeout < 0 || c.DrainTimeout > time.Hour {
		s.faults.add("%s must be from 0s to 1h.", s.named("DRAIN_TIMEOUT"))
	}
	c.checkEmbedder(s)
	if c.PprofAddr != "" && !c.PprofAddr.loopback() {
		s.faults.add("%s must be an address that only this machine can reach, such as 127.0.0.1:6060.", s.named("PPROF_ADDR"))
	}
	if c.MaxBody > c.MaxBatch && c.MaxBatch > 0 {
		s.faults.add("%s must not be above %s: a batch of one would not fit.", s.named("MAX_BODY"), s.named("MAX_BATCH"))
	}
}

// checkEmbedder wants all of an embedder or nothing: a half-configured one would quietly compare words.
func (c *Config) checkEmbedder(s *source) {
	if c.EmbedderURL == "" {
		if c.EmbedderModel != "" || c.EmbedderThreshold != 0 {
			s.faults.add("%s is needed with a model or threshold of the embedder.", s.named("EMBEDDER_URL"))
		}
		return
	}
	if c.EmbedderModel == "" {
		s.faults.add("%s is needed with an address of the embedder.", s.named("EMBEDDER_MODEL"))
	}
	if !(c.EmbedderThreshold > 0 && c.EmbedderThreshold < 1) {
		s.faults.add("%s must be between 0 and 1.", s.named("EMBEDDER_THRESHOLD"))
	}
}

// SQLiteIn is the address of the default database in a folder.
func SQLiteIn(dir string) DSN {
	return DSN{"sqlite://" + filepath.ToSlash(filepath.Join(dir, "csm.db"))}
}

// Retention is RetentionDays as settings hold it.
func (c Config) Retention() *int {
	if c.RetentionDays == nil {
		return nil
	}
	days := int(*c.RetentionDays)
	return &days
}

// Plan is a tenant.Plan that is known.
type Plan tenant.Plan

// UnmarshalText refuses unknown plans.
func (p *Plan) UnmarshalText(text []byte) error {
	if !tenant.Plan(text).Valid() {
		return oneOf(tenant.Plans())
	}
	*p = Plan(text)
	return nil
}

// Level is the least level of logs that are written.
type Level slog.Level

// UnmarshalText accepts the four names of levels, in any case.
func (l *Level) UnmarshalText(text []byte) error {
	level, ok := map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
	}[lower(text)]
	if !ok {
		return oneOf([]string{"debug", "info", "warn", "error"})
	}
	*l = Level(level)
	return nil
}

// Format is how logs are written.
type Format string

// The formats. Auto is text on a terminal and JSON everywhere else.
const (
	Auto Format = "auto"
	Text Format = "text"
	JSON Format = "json"
)

// UnmarshalText refuses unknown formats.
func (f *Format) UnmarshalText(text []byte) error {
	switch known := Format(lower(text)); known {
	case Auto, Text, JSON:
		*f = known
		return nil
	default:
		return oneOf([]Format{Auto, Text, JSON})
	}
}
