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

// Import implements audit.Hub. A finding keeps its Id, so importing it again changes nothing. If a
// request fails as a whole, Import sends no further one to the same account and Region.
func (h *Hub) Import(ctx context.Context, r *drift.Report) (refused map[string]bool, err error) {
	var failed []error
	refused = make(map[string]bool)
	down := make(map[string]bool) // accounts and Regions
	for _, b := range report.Batches(r) {
		place := b.Account + " " + b.Region
		var rest []string
		var err error
		if down[place] {
			rest = idsOf(b)
		} else if rest, err = h.put(ctx, b); err != nil {
			failed = append(failed, fmt.Errorf("findings in %s: %w", place, err))
			down[place] = len(rest) == len(b.Findings)
		}
		for _, id := range rest {
			refused[report.DriftOf(id)] = true
		}
	}
	return refused, errors.Join(failed...)
}

// attempts limits the attempts for findings that Security Hub rejected. The SDK retries
// requests that fail as a whole.
const attempts = 2

// put sends one batch, and then the rejected findings once more. It returns the ids of those that
// Security Hub may not have taken.
func (h *Hub) put(ctx context.Context, b report.Batch) (refused []string, err error) {
	client := securityhub.NewFromConfig(h.config(b.Account, b.Region))
	findings, err := findingsOf(b)
	if err != nil {
		return idsOf(b), err
	}
	for attempt := 1; ; attempt++ {
		out, err := client.BatchImportFindings(ctx, &securityhub.BatchImportFindingsInput{Findings: findings})
		switch {
		case err != nil:
			for _, f := range findings {
				refused = append(refused, aws.ToString(f.Id))
			}
			return refused, err
		case len(out.FailedFindings) == 0:
			return nil, nil
		case attempt == attempts:
			for _, f := range out.FailedFindings {
				refused = append(refused, aws.ToString(f.Id))
			}
			first := out.FailedFindings[0]
			return refused, fmt.Errorf("%d findings were rejected, the first, %s, with %s: %s", len(out.FailedFindings),
				aws.ToString(first.Id), aws.ToString(first.ErrorCode), aws.ToString(first.ErrorMessage))
		}
		findings = only(findings, out.FailedFindings)
	}
}

func idsOf(b report.Batch) (ids []string) {
	for _, f := range b.Findings {
		ids = append(ids, f.ID)
	}
	return ids
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
