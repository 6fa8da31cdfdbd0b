package main

import (
	"fmt"
	"maps"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/awscli"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// listFlag is --prefix-list: the files with the entries of prefix lists.
type listFlag struct{ files []string }

func (f *listFlag) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.files, "prefix-list", nil,
		"entries of a prefix list, as `pl-...=FILE` with the output of "+
			"get-managed-prefix-list-entries; may be repeated")
	complete(cmd, "prefix-list")
}

// read reads the lists, by id.
func (f *listFlag) read(s *source) (map[string]guard.List, error) {
	lists := make(map[string]guard.List)
	for _, text := range f.files {
		id, file, _ := strings.Cut(text, "=")
		peer, err := secgroup.ParsePeer(id)
		if _, ok := peer.PrefixList(); err != nil || !ok || file == "" {
			return nil, fmt.Errorf("--prefix-list %q: want pl-..., = and a file", text)
		}
		if _, known := lists[id]; known {
			return nil, fmt.Errorf("--prefix-list %s: given twice: want each list once", id)
		}
		data, err := s.read(file)
		if err != nil {
			return nil, fmt.Errorf("--prefix-list %s: %w", id, err)
		}
		entries, err := awscli.ReadEntries(data)
		if err != nil {
			return nil, fmt.Errorf("--prefix-list %s: %s: %w", id, file, err)
		}
		lists[id] = guard.List{Entries: entries}
	}
	return lists, nil
}

// withUnread adds the prefix lists that were not given, with the remedy.
func withUnread(lists map[string]guard.List, ids []string) map[string]guard.List {
	lists = maps.Clone(lists)
	for _, id := range ids {
		lists[id] = guard.List{Problem: fmt.Sprintf("the entries of %s are not known here: give --prefix-list %s=FILE "+
			"with the output of get-managed-prefix-list-entries, or list its id in an allow entry of the guardrails",
			id, id)}
	}
	return lists
}
