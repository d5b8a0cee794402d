package architecture

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/csm-monitor/csm-monitor"

// file is one parsed Go file.
type file struct {
	// path is below the module's root, folder its directory, both with slashes.
	path, folder string
	test         bool
	lines        int
	tree         *ast.File
	set          *token.FileSet
}

// imports are the file's import paths; those of this module without its prefix and slash.
func (f file) imports() (own, foreign []string) {
	for _, spec := range f.tree.Imports {
		path, _ := strconv.Unquote(spec.Path.Value) // the parser has read it
		if rest, ok := strings.CutPrefix(path, module+"/"); ok {
			own = append(own, rest)
			continue
		}
		foreign = append(foreign, path)
	}
	return own, foreign
}

func (f file) at(n ast.Node) string {
	p := f.set.Position(n.Pos())
	return f.path + ":" + strconv.Itoa(p.Line)
}

// source parses every Go file of the module once.
var source = sync.OnceValues(func() ([]file, error) {
	root, err := filepath.Abs("../..")
	if err != nil {
		return nil, err
	}
	set := token.NewFileSet()
	var out []file
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name := entry.Name(); path != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "csm-data") {
				return fs.SkipDir
			}
			return nil
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		tree, err := parser.ParseFile(set, path, text, parser.ParseComments)
		if err != nil {
			return err
		}
		if ignored(tree) {
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		out = append(out, file{
			path: rel, folder: rel[:max(strings.LastIndexByte(rel, '/'), 0)], test: strings.HasSuffix(rel, "_test.go"),
			lines: strings.Count(string(text), "\n"), tree: tree, set: set,
		})
		return nil
	})
	return out, err
})

// ignored says that the file is a program of its own, run by go generate.
func ignored(tree *ast.File) bool {
	for _, group := range tree.Comments {
		for _, c := range group.List {
			if c.Pos() < tree.Package && c.Text == "//go:build ignore" {
				return true
			}
		}
	}
	return false
}

// each runs a check on the files of a folder, tests apart or not.
func each(t *testing.T, folder string, tests bool, check func(file)) {
	t.Helper()
	files, err := source()
	if err != nil {
		t.Fatal(err)
	}
	seen := false
	for _, f := range files {
		if within(f.folder, folder) && (tests || !f.test) {
			seen = true
			check(f)
		}
	}
	if !seen {
		t.Errorf("there is no file in %s: this check checks nothing", folder)
	}
}

// within says whether a folder is another one or below it.
func within(folder, of string) bool {
	return of == "" || folder == of || strings.HasPrefix(folder, of+"/")
}
