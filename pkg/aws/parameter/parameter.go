// Package parameter reads texts from Systems Manager's Parameter Store.
package parameter

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// Parameter is one parameter, by name or ARN.
type Parameter struct {
	client *ssm.Client
	name   string
}

// New returns the parameter with a name or ARN.
func New(client *ssm.Client, name string) *Parameter { return &Parameter{client, name} }

// Read returns the parameter's text and version. The text is nil if known is that version.
func (p *Parameter) Read(ctx context.Context, known string) (text []byte, version string, err error) {
	out, err := p.client.GetParameter(ctx, &ssm.GetParameterInput{Name: &p.name, WithDecryption: aws.Bool(true)})
	if _, missing := errors.AsType[*types.ParameterNotFound](err); missing {
		return nil, "", fmt.Errorf("there is no SSM parameter %s: create it, or name another", p.name)
	}
	if err != nil {
		return nil, "", fmt.Errorf("SSM parameter %s: %w", p.name, err)
	}
	version = strconv.FormatInt(out.Parameter.Version, 10)
	if version == known {
		return nil, version, nil
	}
	return []byte(aws.ToString(out.Parameter.Value)), version, nil
}
