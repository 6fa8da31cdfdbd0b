package handler

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/aws/s3store"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/exceptionfile"
)

// auditor returns the auditor of one invocation. If it cannot read the exceptions or the
// guardrails, the audit goes on: the last known exceptions apply, and an unknown drift says so.
func (d *dispatcher) auditor(ctx context.Context) *audit.Auditor {
	a := &audit.Auditor{
		EC2: d.reader, Table: d.table, Places: d.places, Now: d.now,
		Policy: drift.Policy{
			Installation: string(d.owner),
			ManagedTag:   d.config.ManagedTag,
			Limit:        d.config.Quota,
			Weights:      d.config.Weights,
			Accounts:     d.config.Known,
			Sensitive:    drift.SensitivePorts(),
		},
	}
	exceptions, err := d.exceptions(ctx)
	if err != nil {
		d.log.ErrorContext(ctx, "exceptions were not read, so the last known ones apply", "error", err)
	}
	a.Policy.Exceptions = exceptions
	if d.config.Exceptions != "" {
		a.Subjects = append(a.Subjects, subject(drift.Exceptions, "exceptions file "+d.config.Exceptions, err))
	}
	if a.Policy.Guard, err = d.guardrails(ctx); err != nil {
		d.log.ErrorContext(ctx, "guardrails were not read, so requests that they no longer allow are not found",
			"error", err)
	}
	if d.config.Guardrails != "" {
		a.Subjects = append(a.Subjects, subject(drift.Guardrails, "guardrails "+d.config.Guardrails, err))
	}
	return a
}

// subject returns an input that was read, unless err says why it was not.
func subject(in drift.Input, name string, err error) audit.Subject {
	s := audit.Subject{Input: in, Name: name}
	if err != nil {
		s.Unread = err.Error()
	}
	return s
}

func (d *dispatcher) exceptions(ctx context.Context) ([]drift.Exception, error) {
	where := d.config.Exceptions
	if where == "" {
		return nil, nil
	}
	var text []byte
	var err error
	if rest, ok := strings.CutPrefix(where, "s3://"); ok {
		bucket, key, _ := strings.Cut(rest, "/")
		text, err = s3store.Read(ctx, d.objects, bucket, key)
	} else {
		text, err = os.ReadFile(where)
	}
	if err != nil {
		return nil, fmt.Errorf("exceptions: %w", err)
	}
	return exceptionfile.Read(text)
}
