package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"github.com/escalationkit/escalation/cmd/escalation/internal/diagram"
	"github.com/escalationkit/escalation/internal/specgen"
	"github.com/escalationkit/escalation/spec"
)

// The formats of the specification.
const (
	formatJSON     = "json"
	formatMarkdown = "markdown"
	formatMermaid  = "mermaid"
	formatDot      = "dot"
	formatSVG      = "svg"
)

func newSpec() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "spec",
		Short: "Print the state machine and the rules",
		Long: `Print the state machine and the rules.

  json      every state, event, transition and rule as data, each with what it
            rests on; for programs and for tests in any language
  markdown  the same as pages to read: the state machine, then the rules
  mermaid   the state machine as a Mermaid state diagram
  dot       the state machine for Graphviz
  svg       the state machine as a picture

json and markdown describe both presets. The diagrams show one of them.`,
		Example: `  escalation spec --format json > escalation.json
  escalation spec --format svg --preset lenient > machine.svg`,
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	format := addChoice(cmd, "format", "what to print", formatJSON, formatMarkdown, formatMermaid, formatDot, formatSVG)
	preset := addPreset(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		both := format.value == formatJSON || format.value == formatMarkdown
		if cmd.Flags().Changed("preset") && both {
			return errors.New("--preset goes with the formats mermaid, dot and svg; the others describe both presets")
		}
		text, err := specText(format.value, preset)
		if err != nil {
			return &exitError{exitUsage, err}
		}
		_, err = io.WriteString(cmd.OutOrStdout(), text)
		return ended(exitOK, err)
	}
	return cmd
}

// specText returns the specification in one of the formats.
func specText(format string, preset presetFlag) (string, error) {
	switch format {
	case formatJSON:
		table, err := fs.ReadFile(spec.FS, "escalation.json")
		return string(table), err
	case formatMarkdown:
		return pages("docs/state-machine.md", "docs/rules.md")
	}
	set, err := preset.rules()
	if err != nil {
		return "", err
	}
	switch format {
	case formatMermaid:
		return set.Table().Mermaid(), nil
	case formatDot:
		return set.Table().Graphviz(), nil
	}
	return diagram.SVG(set.Table()), nil
}

// pages returns generated pages of the documentation, one after the other.
func pages(paths ...string) (string, error) {
	files, err := specgen.Files()
	if err != nil {
		return "", err
	}
	var found []string
	for _, path := range paths {
		for _, f := range files {
			if f.Path == path {
				found = append(found, string(f.Content))
			}
		}
	}
	if len(found) != len(paths) {
		return "", fmt.Errorf("the generated pages are not %s", strings.Join(paths, " and "))
	}
	return strings.Join(found, "\n"), nil
}
