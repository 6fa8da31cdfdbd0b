// Package securityhub hands drifts to AWS Security Hub as findings, in the
// account and Region of the group that each is about.
package securityhub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/report"
)

// Hub imports findings. It implements audit.Hub.
type Hub struct {
	config func(account, region string) aws.Config
}

// New returns the hub of every account and Region that config knows.
func New(config func(account, region string) aws.Config) *Hub { return &Hub{config} }

// Import imports what a report found, and as archived what it closed. Findings
// keep their Ids, so to import them again changes nothing.
func (h *Hub) Import(ctx context.Context, r *audit.Report) error {
	var failed []error
	for _, b := range report.Batches(r) {
		if err := h.put(ctx, b); err != nil {
			failed = append(failed, fmt.Errorf("findings in %s %s: %w", b.Account, b.Region, err))
		}
	}
	return errors.Join(failed...)
}

// attempts is how often findings are sent that Security Hub answered without
// taking them. Requests that fail as a whole are the SDK's to retry.
const attempts = 2

// put sends one batch, and once more what of it was not taken.
func (h *Hub) put(ctx context.Context, b report.Batch) error {
	client := securityhub.NewFromConfig(h.config(b.Account, b.Region))
	findings, err := findingsOf(b)
	if err != nil {
		return err
	}
	for attempt := 1; ; attempt++ {
		out, err := client.BatchImportFindings(ctx, &securityhub.BatchImportFindingsInput{Findings: findings})
		switch {
		case err != nil:
			return err
		case len(out.FailedFindings) == 0:
			return nil
		case attempt == attempts:
			first := out.FailedFindings[0]
			return fmt.Errorf("%d were not taken, the first, %s, for %s: %s", len(out.FailedFindings), aws.ToString(first.Id), aws.ToString(first.ErrorCode), aws.ToString(first.ErrorMessage))
		}
		findings = only(findings, out.FailedFindings)
	}
}

// findingsOf turns a batch into the SDK's types, whose members have the names of
// the format's keys.
func findingsOf(b report.Batch) ([]types.AwsSecurityFinding, error) {
	text, err := json.Marshal(b.Findings)
	if err != nil {
		return nil, err
	}
	var findings []types.AwsSecurityFinding
	if err := json.Unmarshal(text, &findings); err != nil {
		return nil, fmt.Errorf("a finding is none of Security Hub's: %w", err)
	}
	return findings, nil
}

func only(findings []types.AwsSecurityFinding, failed []types.ImportFindingsError) (again []types.AwsSecurityFinding) {
	ids := make(map[string]bool, len(failed))
	for _, f := range failed {
		ids[aws.ToString(f.Id)] = true
	}
	for _, f := range findings {
		if ids[aws.ToString(f.Id)] {
			again = append(again, f)
		}
	}
	return again
}
