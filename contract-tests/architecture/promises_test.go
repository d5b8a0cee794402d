package architecture

import (
	"go/ast"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestCoreReadsNoClock(t *testing.T) {
	each(t, "core", false, func(f file) {
		ast.Inspect(f.tree, func(n ast.Node) bool {
			if isCall(n, "time", "Now", "Since", "Until", "Sleep") {
				t.Errorf("%s reads a clock", f.at(n))
			}
			return true
		})
	})
}

// isCall says whether a node is pkg.name, for one of the names.
func isCall(n ast.Node, pkg string, names ...string) bool {
	s, ok := n.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := s.X.(*ast.Ident)
	return ok && x.Name == pkg && x.Obj == nil && slices.Contains(names, s.Sel.Name)
}

func TestNothingRegistersItself(t *testing.T) {
	each(t, "", false, func(f file) {
		for _, d := range f.tree.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s has an init function", f.at(fn))
			}
		}
	})
}

// Package-level variables of the core are tables: nothing assigns to them once they are made.
func TestCoreHasNoMutableGlobals(t *testing.T) {
	globals := map[string]map[string]bool{}
	each(t, "core", false, func(f file) {
		for _, d := range f.tree.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, spec := range g.Specs {
				for _, name := range spec.(*ast.ValueSpec).Names {
					if globals[f.folder] == nil {
						globals[f.folder] = map[string]bool{}
					}
					globals[f.folder][name.Name] = true
				}
			}
		}
	})
	each(t, "core", false, func(f file) {
		for _, d := range f.tree.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			ast.Inspect(fn.Body, func(n ast.Node) bool {
				var targets []ast.Expr
				switch n := n.(type) {
				case *ast.AssignStmt:
					if n.Tok != token.DEFINE {
						targets = n.Lhs
					}
				case *ast.IncDecStmt:
					targets = []ast.Expr{n.X}
				}
				for _, target := range targets {
					if id := rootOf(target); id != nil && globals[f.folder][id.Name] && (id.Obj == nil || isGlobal(f, id)) {
						t.Errorf("%s changes the package's variable %s", f.at(n), id.Name)
					}
				}
				return true
			})
		}
	})
}

// isGlobal says whether an identifier is the package's and not a local one of the same name.
func isGlobal(f file, id *ast.Ident) bool { return f.tree.Scope.Lookup(id.Name) == id.Obj }

// rootOf is the variable that an assignment's target belongs to.
func rootOf(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.IndexExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// One client for addresses that users name, one for the users of the API: whatever else called out would go round their
// guards.
func TestOneHTTPClient(t *testing.T) {
	each(t, "", false, func(f file) {
		if within(f.folder, "adapters/outbound") || within(f.folder, "adapters/sdk") || within(f.folder, "contract-tests") {
			return
		}
		ast.Inspect(f.tree, func(n ast.Node) bool {
			if isCall(n, "http", "Client", "Transport", "DefaultClient", "DefaultTransport", "Get", "Post", "PostForm", "Head") {
				if _, parameter := parameters(f)[n]; !parameter {
					t.Errorf("%s has an HTTP client of its own", f.at(n))
				}
			}
			return true
		})
	})
}

// parameters are the types of parameters and fields: taking a client is not making one.
func parameters(f file) map[ast.Node]struct{} {
	out := map[ast.Node]struct{}{}
	ast.Inspect(f.tree, func(n ast.Node) bool {
		if field, ok := n.(*ast.Field); ok {
			if star, ok := field.Type.(*ast.StarExpr); ok {
				out[star.X] = struct{}{}
			}
		}
		return true
	})
	return out
}

var sql = regexp.MustCompile(`^\s*(SELECT\s.*\sFROM\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|CREATE\s+TABLE\s)`)

// SQL is in the stores alone, and nothing that came in is pasted into it: what stands beside a statement in a + is a
// constant or made of the store's own lists.
func TestSQLIsWhereItBelongs(t *testing.T) {
	each(t, "", false, func(f file) {
		if within(f.folder, "contract-tests") {
			return
		}
		ast.Inspect(f.tree, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING && !within(f.folder, "adapters/storage") && sql.MatchString(strings.Trim(literal.Value, "`\"")) {
				t.Errorf("%s has SQL outside the stores", f.at(literal))
			}
			if call, ok := n.(*ast.CallExpr); ok && isCall(call.Fun, "fmt", "Sprintf") && len(call.Args) > 0 {
				if literal, ok := call.Args[0].(*ast.BasicLit); ok && sql.MatchString(strings.Trim(literal.Value, "`\"")) && strings.ContainsAny(literal.Value, "'") {
					t.Errorf("%s formats a value into SQL", f.at(call))
				}
			}
			return true
		})
	})
}

var unfinished = regexp.MustCompile(`\b(TODO|FIXME|XXX|HACK)\b`)

func TestNothingIsLeftForLater(t *testing.T) {
	each(t, "", true, func(f file) {
		if within(f.folder, "contract-tests/architecture") {
			return
		}
		for _, group := range f.tree.Comments {
			for _, c := range group.List {
				if unfinished.MatchString(c.Text) {
					t.Errorf("%s: %s", f.at(c), c.Text)
				}
			}
		}
		if f.lines > 500 {
			t.Errorf("%s has %d lines", f.path, f.lines)
		}
	})
}

// Every exported thing says what it means.
func TestEverythingExportedIsDocumented(t *testing.T) {
	each(t, "", false, func(f file) {
		if f.tree.Name.Name == "main" || within(f.folder, "examples") {
			return
		}
		previous := token.NoPos
		for _, d := range f.tree.Decls {
			// A comment may speak for functions on lines that follow each other.
			shared := previous.IsValid() && f.set.Position(d.Pos()).Line == f.set.Position(previous).Line+1
			previous = d.End()
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) && !shared && !wellKnown[d.Name.Name] {
					t.Errorf("%s: %s has no comment", f.at(d), d.Name)
				}
			case *ast.GenDecl:
				undocumented(t, f, d)
			}
		}
	})
}

// wellKnown methods mean what the standard library says they mean.
var wellKnown = map[string]bool{"Error": true, "Unwrap": true, "String": true}

func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	id := rootOf(d.Recv.List[0].Type)
	return id != nil && id.IsExported()
}

func undocumented(t *testing.T, f file, d *ast.GenDecl) {
	t.Helper()
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() && d.Doc == nil && s.Doc == nil {
				t.Errorf("%s: %s has no comment", f.at(s), s.Name)
			}
		case *ast.ValueSpec:
			for _, name := range s.Names {
				if name.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
					t.Errorf("%s: %s has no comment", f.at(s), name)
				}
			}
		}
	}
}

// suites are the calls that make an adapter belong.
var suites = map[string]string{
	"adapters/storage": "storagetest.Run(", "adapters/source": "sourcetest.Run(", "adapters/notify": "notifytest.Run(",
}

func TestEveryAdapterCallsItsSuite(t *testing.T) {
	for family, call := range suites {
		entries, err := os.ReadDir("../../" + family)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			if !entry.IsDir() || entry.Name() == "internal" {
				continue
			}
			if !mentions(t, "../../"+family+"/"+entry.Name(), call) {
				t.Errorf("no test in %s/%s calls %s", family, entry.Name(), call)
			}
		}
	}
	if !mentions(t, "../../adapters/httpapi", "apitest.Run(") {
		t.Error("no test in adapters/httpapi calls apitest.Run(")
	}
}

// mentions says whether a Go file of the folder holds a text.
func mentions(t *testing.T, folder, text string) bool {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		if !strings.HasSuffix(e.Name(), ".go") {
			return false
		}
		raw, err := os.ReadFile(folder + "/" + e.Name())
		return err == nil && strings.Contains(string(raw), text)
	})
}

// A method of a port that no case calls promises something that nobody checks.
func TestEveryPortMethodIsInACase(t *testing.T) {
	called := map[string]bool{}
	each(t, "contract-tests/storagetest", false, func(f file) {
		ast.Inspect(f.tree, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				called[s.Sel.Name] = true
			}
			return true
		})
	})
	parts := []string{"Conversations", "Rollups", "Changes", "Gaps", "Orgs", "Keys", "Ledger", "Jobs"}
	each(t, "core/port", false, func(f file) {
		ast.Inspect(f.tree, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			port, ok := spec.Type.(*ast.InterfaceType)
			if !ok || !slices.Contains(parts, spec.Name.Name) {
				return true
			}
			if n := port.Methods.NumFields(); n > 6 {
				t.Errorf("port.%s has %d methods; a port has at most six", spec.Name, n)
			}
			for _, method := range port.Methods.List {
				if method.Doc == nil {
					t.Errorf("port.%s.%s does not say what may be relied on", spec.Name, method.Names[0])
				}
				if !called[method.Names[0].Name] {
					t.Errorf("no case of storagetest calls port.%s.%s", spec.Name, method.Names[0])
				}
			}
			return true
		})
	})
}
