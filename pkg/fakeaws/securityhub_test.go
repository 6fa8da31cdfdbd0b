package fakeaws_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

func findingOf(id string, edit func(*types.AwsSecurityFinding)) types.AwsSecurityFinding {
	f := types.AwsSecurityFinding{
		SchemaVersion: aws.String("2018-10-08"), Id: &id,
		ProductArn:  aws.String("arn:aws:securityhub:us-east-1:111122223333:product/111122223333/default"),
		GeneratorId: aws.String("sgkeeper"), AwsAccountId: aws.String("111122223333"),
		Types:     []string{"Software and Configuration Checks"},
		CreatedAt: aws.String("2026-11-24T12:00:00Z"), UpdatedAt: aws.String("2026-11-24T12:00:00Z"),
		Title: aws.String("t"), Description: aws.String("d"),
		Severity:  &types.Severity{Label: types.SeverityLabelHigh},
		Resources: []types.Resource{{Type: aws.String("AwsEc2SecurityGroup"), Id: aws.String("arn")}},
	}
	if edit != nil {
		edit(&f)
	}
	return f
}

func TestFindings(t *testing.T) {
	account := fakeaws.New(fakeaws.Options{})
	client := securityhub.NewFromConfig(config(account))
	account.FailFindings(func(id string) *fakeaws.Error {
		if id == "unlucky" {
			return &fakeaws.Error{Code: "InternalError", Message: "try again"}
		}
		return nil
	})
	out, err := client.BatchImportFindings(t.Context(),
		&securityhub.BatchImportFindingsInput{Findings: []types.AwsSecurityFinding{
			findingOf("good", nil), findingOf("unlucky", nil),
			findingOf("elsewhere", func(f *types.AwsSecurityFinding) {
				f.ProductArn = aws.String("arn:aws:securityhub:eu-west-1::product/x/y")
			}),
			findingOf("without a severity", func(f *types.AwsSecurityFinding) { f.Severity = nil }),
			findingOf("with a wrong time", func(f *types.AwsSecurityFinding) { f.UpdatedAt = aws.String("today") }),
			findingOf("with a wrong state", func(f *types.AwsSecurityFinding) { f.RecordState = "CLOSED" }),
		}})
	must(t, err)
	if *out.SuccessCount != 1 || *out.FailedCount != 5 || len(out.FailedFindings) != 5 ||
		*out.FailedFindings[0].ErrorCode != "InternalError" {
		t.Errorf("%d taken, %d failed: %+v", *out.SuccessCount, *out.FailedCount, out.FailedFindings)
	}
	if got := account.Findings(); len(got) != 1 || got["good"] == nil {
		t.Errorf("findings %v, want the good one", got)
	}
	many := make([]types.AwsSecurityFinding, 101)
	for i := range many {
		many[i] = findingOf("many", nil)
	}
	_, err = client.BatchImportFindings(t.Context(), &securityhub.BatchImportFindingsInput{Findings: many})
	wantCode(t, "more than a batch", err, "InvalidInputException")
	account.Deny("securityhub:BatchImportFindings")
	_, err = client.BatchImportFindings(t.Context(), &securityhub.BatchImportFindingsInput{Findings: many[:1]})
	wantCode(t, "denied", err, "AccessDeniedException")
}

// TestFindingsBroken: a broken connection is an error of the call, as of any other service.
func TestFindingsBroken(t *testing.T) {
	account := fakeaws.New(fakeaws.Options{})
	account.Inject(func(fakeaws.Op) (bool, error) { return false, nil })
	_, err := securityhub.NewFromConfig(config(account)).BatchImportFindings(t.Context(),
		&securityhub.BatchImportFindingsInput{Findings: []types.AwsSecurityFinding{findingOf("good", nil)}})
	if err == nil || len(account.Findings()) != 0 {
		t.Errorf("error %v, findings %v", err, account.Findings())
	}
}
