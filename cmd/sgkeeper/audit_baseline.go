package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/exceptionfile"
)

// checkBaseline fails if the template's file exists, so that no audit is in vain.
func (f *auditFlags) checkBaseline() error {
	if f.baseline == "" {
		return nil
	}
	if _, err := os.Lstat(f.baseline); err == nil {
		return fmt.Errorf("--write-exceptions %s: %w", f.baseline, fileFault(os.ErrExist))
	}
	return nil
}

// writeBaseline writes the template of an exceptions file for a report. It never overwrites a file.
func (f *auditFlags) writeBaseline(cmd *cobra.Command, r *drift.Report) error {
	template, drifts, err := exceptionfile.Template(r)
	if err != nil {
		return fmt.Errorf("--write-exceptions %s: %w", f.baseline, err)
	}
	file, err := os.OpenFile(f.baseline, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err == nil {
		_, err = file.Write(template)
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		return fmt.Errorf("--write-exceptions %s: %w", f.baseline, fileFault(err))
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "note: %s has rules of %s of %d: fill in owner, reason and expires\n",
		printable(f.baseline), console.Count(drifts, "drift", "drifts"), len(r.Drifts))
	return nil
}
