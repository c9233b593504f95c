package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// choice is the value of a flag that takes one of a few words.
type choice struct {
	value string
	words []string
}

func (c *choice) String() string { return c.value }

// Type is what help texts show as the flag's value.
func (c *choice) Type() string { return strings.Join(c.words, "|") }

// Set takes one of the words, case as written.
func (c *choice) Set(value string) error {
	if !slices.Contains(c.words, value) {
		return errors.New("must be one of " + strings.Join(c.words, ", "))
	}
	c.value = value
	return nil
}

// addChoice gives cmd a flag that takes one of words, the first by default, and is completed by shells.
func addChoice(cmd *cobra.Command, name, usage string, words ...string) *choice {
	c := &choice{value: words[0], words: words}
	cmd.Flags().Var(c, name, usage)
	// The only error is that there is no such flag.
	_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	return c
}
