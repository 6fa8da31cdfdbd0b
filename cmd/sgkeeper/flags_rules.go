package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/awscli"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
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

// identify replaces a group's name by its id, if an output has names.
func (f *rulesFlag) identify(s awscli.Snapshot, vpc string, group *string) (err error) {
	if secgroup.IsGroupID(*group) {
		return nil
	}
	var found []ec2sg.Named
	for _, id := range awscli.Named(s.Groups, "", *group, vpc) {
		found = append(found, ec2sg.Named{ID: id})
	}
	*group, err = onlyGroup(*group, found, f.String(), "describe-security-groups shows names")
	return err
}

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
