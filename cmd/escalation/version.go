package main

import (
	"fmt"
	"io"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:               "version",
		Short:             "Print the version of this program and what it was built with",
		Example:           "  escalation version",
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return printVersion(cmd.OutOrStdout())
		},
	}
}

func printVersion(w io.Writer) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	_, err := io.WriteString(w, versionText(info))
	return ended(exitOK, err)
}

// versionText says what is known of a build; what was not recorded in it is "unknown".
func versionText(info *debug.BuildInfo) string {
	known := func(s string) string {
		if s == "" {
			return "unknown"
		}
		return s
	}
	var revision, modified string
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = " (modified)"
		}
	}
	return fmt.Sprintf("escalation %s\ngo         %s\nrevision   %s%s\n",
		known(info.Main.Version), known(info.GoVersion), known(revision), modified)
}
