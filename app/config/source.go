package config

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/samber/lo"
)

// fileSuffix makes a variable name a file that holds the value.
const fileSuffix = "_FILE"

// others are variables that begin with CSM_ and belong to somebody else: the client, and the project's own tests
// and benchmarks.
func others(name string) bool {
	return strings.HasPrefix(name, "CSM_MONITOR_") || strings.HasPrefix(name, "CSM_TEST_") || strings.HasPrefix(name, "CSM_BENCH_") ||
		name == "CSM_GOLDEN_DIR" || name == "CSM_QUALITY_DIR" || name == "CSM_DATA_DEV_DIR"
}

// Invalid is everything wrong with a configuration, a sentence each.
type Invalid struct{ Faults []string }

// Error is the sentence, or all of them as a list.
func (i *Invalid) Error() string {
	if len(i.Faults) == 1 {
		return i.Faults[0]
	}
	return "The configuration has " + fmt.Sprint(len(i.Faults)) + " faults:\n  - " + strings.Join(i.Faults, "\n  - ")
}

func (i *Invalid) add(format string, args ...any) {
	i.Faults = append(i.Faults, fmt.Sprintf(format, args...))
}

func (i *Invalid) orNil() error {
	if len(i.Faults) == 0 {
		return nil
	}
	return i
}

// Asked says that the flags asked for something else than to run.
type Asked struct{ Help, Version bool }

// Error names what was asked for.
func (a *Asked) Error() string {
	if a.Help {
		return "help was asked for"
	}
	return "the version was asked for"
}

// source gathers values before they are parsed.
type source struct {
	readFile func(string) ([]byte, error)
	// values are keyed by whole names, CSM_ADDR; from says what the operator wrote to set one.
	values map[string]string
	from   map[string]string
	faults Invalid
	asked  *Asked
}

func newSource(readFile func(string) ([]byte, error)) *source {
	return &source{readFile: readFile, values: map[string]string{}, from: map[string]string{}}
}

// named is how the operator knows a setting: by what set it, else by its variable.
func (s *source) named(env string) string {
	return lo.CoalesceOrEmpty(s.from[Prefix+env], Prefix+env)
}

// variables takes over every variable that begins with the prefix. Empty ones say nothing.
func (s *source) variables(environ []string) {
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, Prefix) || others(name) {
			continue
		}
		s.take(name, name, value)
	}
}

// take sets the setting called name, or the one whose file it names; as is how the operator wrote it.
func (s *source) take(name, as, value string) {
	all := settings()
	if known, ok := lo.Find(all, func(k setting) bool { return k.variable() == name }); ok {
		s.set(known.variable(), as, value)
		return
	}
	base, isFile := strings.CutSuffix(name, fileSuffix)
	known, ok := lo.Find(all, func(k setting) bool { return k.variable() == base && k.secret })
	if !isFile || !ok {
		s.faults.add("%s is not known%s.", as, suggestion(name, strings.HasPrefix(as, "--")))
		return
	}
	if value == "" {
		return
	}
	content, err := s.readFile(value)
	if err != nil && secretive(value) {
		s.faults.add("%s takes the name of a file, and was given what %s takes.", as, known.variable())
		return
	}
	if err != nil {
		s.faults.add("%s names a file that cannot be read: %v.", as, err)
		return
	}
	secret := uncommented(string(content))
	if secret == "" {
		s.faults.add("%s names an empty file: %s.", as, value)
		return
	}
	s.set(known.variable(), as, secret)
}

// secretive says whether a value looks like a secret that stands in the wrong place: a master key, or the address of a store.
func secretive(value string) bool {
	return strings.Contains(value, "csmkey_") || strings.Contains(value, "://")
}

// uncommented is a text without its lines that begin with #, such as the heading of a key file.
func uncommented(text string) string {
	kept := lo.Reject(strings.Split(text, "\n"), func(line string, _ int) bool { return strings.HasPrefix(line, "#") })
	return strings.TrimSpace(strings.Join(kept, "\n"))
}

func (s *source) set(name, as, value string) {
	if value == "" {
		return
	}
	// A flag replaces a variable; two of a kind contradict each other.
	if before, ok := s.from[name]; ok && before != as && strings.HasPrefix(before, "--") == strings.HasPrefix(as, "--") {
		s.faults.add("%s and %s both set the same thing; keep one.", before, as)
		return
	}
	s.values[name], s.from[name] = value, as
}

// flags reads --name value and --name=value.
func (s *source) flags(args []string) {
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch arg {
		case "--help", "-h", "help":
			s.asked = &Asked{Help: true}
			return
		case "--version", "version":
			s.asked = &Asked{Version: true}
			return
		}
		flag, value, joined := strings.Cut(arg, "=")
		if !strings.HasPrefix(flag, "--") {
			if secretive(arg) {
				arg = redacted
			}
			s.faults.add("%q is not understood: settings are given as --name value; --help lists them.", arg)
			continue
		}
		if !joined {
			if len(args) == 0 {
				s.faults.add("%s needs a value.", flag)
				return
			}
			value, args = args[0], args[1:]
		}
		s.take(Prefix+strings.ToUpper(strings.ReplaceAll(flag[2:], "-", "_")), flag, value)
	}
}

// parse turns what was gathered into a Config and notes what does not parse.
func (s *source) parse() Config {
	var c Config
	err := env.ParseWithOptions(&c, env.Options{
		Environment: s.values, Prefix: Prefix,
		FuncMap: map[reflect.Type]env.ParserFunc{reflect.TypeFor[time.Duration](): func(v string) (any, error) {
			d, err := time.ParseDuration(v)
			if err != nil {
				return nil, errors.New("must be a duration such as 30s or 2m")
			}
			return d, nil
		}},
	})
	var all env.AggregateError
	if !errors.As(err, &all) {
		return c
	}
	for _, one := range all.Errors {
		var bad env.ParseError
		if !errors.As(one, &bad) {
			s.faults.add("%v.", one)
			continue
		}
		known, _ := lo.Find(settings(), func(k setting) bool { return k.field == bad.Name })
		shown := fmt.Sprintf(", not %q", s.values[known.variable()])
		if known.secret {
			shown = ""
		}
		s.faults.add("%s %v%s.", s.named(known.env), bad.Err, shown)
	}
	return c
}
