package app

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// Version is the module's version, with the revision it was built from where Go recorded one.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	version := info.Main.Version
	if version == "" || version == "(devel)" {
		version = "devel"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && version == "devel" {
			version += "+" + s.Value[:min(12, len(s.Value))]
		}
	}
	return version
}

// VersionLine is what --version prints.
func VersionLine(name string) string {
	return fmt.Sprintf("%s %s %s %s/%s\n", name, Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
