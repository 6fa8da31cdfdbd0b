package parameter_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/sgkeeper/sgkeeper/pkg/aws/parameter"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// TestReader reads twelve parameters, by name and by ARN, in their order and with two calls. A
// missing parameter is named.
func TestReader(t *testing.T) {
	account := fakeaws.New(fakeaws.Options{})
	config := aws.Config{Region: "us-east-1", Credentials: aws.AnonymousCredentials{}, HTTPClient: account}
	var names, want []string
	for i := range 12 {
		name, text := fmt.Sprintf("/list/%d", i), fmt.Sprint("text ", i)
		_, err := ssm.NewFromConfig(config).PutParameter(t.Context(),
			&ssm.PutParameterInput{Name: &name, Value: &text, Type: types.ParameterTypeString})
		if err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			name = "arn:aws:ssm:us-east-1:111122223333:parameter" + name
		}
		names, want = append(names, name), append(want, text)
	}
	slices.Reverse(names)
	slices.Reverse(want)
	read := parameter.Reader(config)
	got, err := read(t.Context(), names)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("read %q, %v; want %q", got, err, want)
	}
	if calls := account.Calls().Op("ssm", "GetParameters"); calls != 2 {
		t.Errorf("%d calls, want one for each ten parameters", calls)
	}
	_, err = read(t.Context(), []string{"/list/1", "/none"})
	if err == nil || !strings.Contains(err.Error(), "there is no SSM parameter /none: create it") {
		t.Errorf("a missing parameter: %v, want it named", err)
	}
	account.Deny("ssm:GetParameters")
	if _, err = read(t.Context(), names[:2]); err == nil || !strings.Contains(err.Error(),
		"SSM parameters "+strings.Join(names[:2], ", ")) {
		t.Errorf("without the permission: %v, want the parameters named", err)
	}
}
