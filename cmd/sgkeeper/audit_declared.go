package main

import (
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/declared"
)

// readDeclared reads the files of --declared. It notes the resources with unknown rules.
func (f *auditPolicyFlags) readDeclared(s *source, notes io.Writer) (all []drift.Declaration, err error) {
	f.unread = make(map[string]string)
	for _, text := range f.declared {
		stack, name, named := strings.Cut(text, "=")
		if !named {
			name = text
			stack, _, _ = strings.Cut(filepath.Base(name), ".")
		}
		data, err := s.read(name)
		var file declared.File
		if err == nil {
			file, err = declared.Read(data, stack)
		}
		if err != nil {
			return nil, fmt.Errorf("--declared %s: %w", text, err)
		}
		all = append(all, file.Declarations...)
		var defaults []string
		for _, parameter := range slices.Sorted(maps.Keys(file.Defaults)) {
			defaults = append(defaults, printable(parameter+"="+file.Defaults[parameter]))
		}
		if len(defaults) > 0 {
			fmt.Fprintf(notes, "note: --declared %s: these parameters count as their defaults, and the stack may have "+
				"others: %s\n", printable(text), strings.Join(defaults, ", "))
		}
		for resource, reason := range file.Unknown {
			f.unread[printable(resource+" in "+name)] = reason
		}
	}
	return all, nil
}

// unreadSubjects returns each resource with unknown rules, in order.
func (f *auditPolicyFlags) unreadSubjects() (subjects []audit.Subject) {
	for _, resource := range slices.Sorted(maps.Keys(f.unread)) {
		subjects = append(subjects, audit.Subject{Name: resource, Unread: f.unread[resource]})
	}
	return subjects
}

// unreadDrifts returns a drift for each resource with unknown rules.
func (f *auditPolicyFlags) unreadDrifts(r *drift.Report) (drifts []drift.Drift) {
	for subject, reason := range f.unread {
		in := claim.Group{}
		if len(r.Groups) > 0 {
			in.Account, in.Region = r.Groups[0].Account, r.Groups[0].Region
		}
		drifts = append(drifts, drift.Unreadable(in, subject, fmt.Errorf("%s", reason), r.Started))
	}
	return drifts
}
