// Package securityhub imports drifts into AWS Security Hub as findings, in the account and
// Region of the drift's group.
package securityhub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/report"
)

// Hub imports findings. It implements audit.Hub.
type Hub struct {
	config func(account, region string) aws.Config
}

// New returns a hub. config returns the configuration for an account and Region.
func New(config func(account, region string) aws.Config) *Hub { return &Hub{config} }

// Import imports a report's drifts as findings, and its closed drifts as archived findings. A
// finding keeps its Id, so importing it again changes nothing.
func (h *Hub) Import(ctx context.Context, r *drift.Report) error {
	var failed []error
	for _, b := range report.Batches(r) {
		if err := h.put(ctx, b); err != nil {
			failed = append(failed, fmt.Errorf("findings in %s %s: %w", b.Account, b.Region, err))
		}
	}
	return errors.Join(failed...)
}

// attempts limits the attempts for findings that Security Hub rejected. The SDK retries
// requests that fail as a whole.
const attempts = 2

// put sends one batch, and then the rejected findings once more.
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
			return fmt.Errorf("%d findings were rejected, the first, %s, with %s: %s", len(out.FailedFindings),
				aws.ToString(first.Id), aws.ToString(first.ErrorCode), aws.ToString(first.ErrorMessage))
		}
		findings = only(findings, out.FailedFindings)
	}
}

// findingsOf converts a batch to the SDK's types. Their fields have the names of ASFF's keys.
func findingsOf(b report.Batch) ([]types.AwsSecurityFinding, error) {
	text, err := json.Marshal(b.Findings)
	if err != nil {
		return nil, err
	}
	var findings []types.AwsSecurityFinding
	if err := json.Unmarshal(text, &findings); err != nil {
		return nil, fmt.Errorf("a finding does not have Security Hub's form: %w", err)
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
