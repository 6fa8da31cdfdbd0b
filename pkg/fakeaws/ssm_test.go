package fakeaws_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

func TestParameters(t *testing.T) {
	account := fakeaws.New(fakeaws.Options{})
	client := ssm.NewFromConfig(config(account))
	get := func(name string) (*ssm.GetParameterOutput, error) {
		return client.GetParameter(t.Context(), &ssm.GetParameterInput{Name: &name, WithDecryption: aws.Bool(true)})
	}
	put := func(value string, overwrite bool, tier ssmtypes.ParameterTier) (*ssm.PutParameterOutput, error) {
		return client.PutParameter(t.Context(), &ssm.PutParameterInput{Name: aws.String("/a/b"), Value: &value,
			Type: ssmtypes.ParameterTypeString, Overwrite: &overwrite, Tier: tier})
	}
	_, err := get("/a/b")
	wantCode(t, "none", err, "ParameterNotFound")
	for i, value := range []string{"one", "two"} {
		out, err := put(value, i > 0, "")
		must(t, err)
		if out.Version != int64(i+1) {
			t.Errorf("version %d, want %d", out.Version, i+1)
		}
	}
	for _, name := range []string{"/a/b", "arn:aws:ssm:us-east-1:111122223333:parameter/a/b"} {
		out, err := get(name)
		must(t, err)
		if p := out.Parameter; *p.Value != "two" || p.Version != 2 || *p.Name != "/a/b" ||
			*p.ARN != "arn:aws:ssm:us-east-1:111122223333:parameter/a/b" || p.LastModifiedDate.IsZero() {
			t.Errorf("%+v", p)
		}
	}
	all, err := client.GetParameters(t.Context(), &ssm.GetParametersInput{Names: []string{"/a/c", "/a/b"},
		WithDecryption: aws.Bool(true)})
	must(t, err)
	if len(all.Parameters) != 1 || *all.Parameters[0].Value != "two" || len(all.InvalidParameters) != 1 ||
		all.InvalidParameters[0] != "/a/c" {
		t.Errorf("%+v", all)
	}
	_, err = client.GetParameters(t.Context(), &ssm.GetParametersInput{Names: make([]string, 11)})
	wantCode(t, "eleven names", err, "ValidationException")
	_, err = put("three", false, "")
	wantCode(t, "again", err, "ParameterAlreadyExists")
	_, err = put(strings.Repeat("x", 4097), true, "")
	wantCode(t, "too large", err, "ValidationException")
	_, err = put(strings.Repeat("x", 8192), true, ssmtypes.ParameterTierIntelligentTiering)
	must(t, err)
	account.Deny("ssm:GetParameter")
	_, err = get("/a/b")
	wantCode(t, "denied", err, "AccessDeniedException")
}
