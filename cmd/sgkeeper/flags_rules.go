package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/awscli"
)

// rulesFlag is --rules: the files with outputs of the AWS CLI about groups and their rules.
type rulesFlag struct{ files []string }

func (f *rulesFlag) add(cmd *cobra.Command, help string) {
	cmd.Flags().StringArrayVar(&f.files, "rules", nil, help+"; may be repeated; - is standard input")
	must(cmd.MarkFlagFilename("rules", "json"))
}

func (f *rulesFlag) given() bool { return len(f.files) > 0 }

// String returns the names of the files.
func (f *rulesFlag) String() string { return strings.Join(f.files, ", ") }

// read reads the files. Several count as one.
func (f *rulesFlag) read(s *source) (awscli.Snapshot, error) {
	var r awscli.Reader
	for _, file := range f.files {
		data, err := s.read(file)
		if err == nil {
			err = r.Add(data)
		}
		if err != nil {
			return awscli.Snapshot{}, fmt.Errorf("--rules %s: %w", file, err)
		}
	}
	found, err := r.Snapshot()
	if err != nil {
		err = fmt.Errorf("--rules %s: %w", f, err)
	}
	return found, err
}
