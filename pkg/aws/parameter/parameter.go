// Package parameter reads texts from Systems Manager's Parameter Store.
package parameter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

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

// most is the number of parameters that one call returns (SSM, GetParameters).
const most = 10

// Reader returns a function that reads the texts of parameters, by name or ARN and in that order.
// It makes one call for each ten of them, and fails if any is missing. The first call makes the
// client.
func Reader(c aws.Config) func(ctx context.Context, names []string) (texts []string, err error) {
	client := sync.OnceValue(func() *ssm.Client { return ssm.NewFromConfig(c) })
	return func(ctx context.Context, names []string) (texts []string, err error) {
		for batch := range slices.Chunk(names, most) {
			some, err := read(ctx, client(), batch)
			if err != nil {
				return nil, err
			}
			texts = append(texts, some...)
		}
		return texts, nil
	}
}

// read returns the texts of at most ten parameters.
func read(ctx context.Context, client *ssm.Client, names []string) (texts []string, err error) {
	out, err := client.GetParameters(ctx, &ssm.GetParametersInput{Names: names, WithDecryption: aws.Bool(true)})
	if err != nil {
		return nil, fmt.Errorf("SSM parameters %s: %w", strings.Join(names, ", "), err)
	}
	for _, name := range names {
		i := slices.IndexFunc(out.Parameters, func(p types.Parameter) bool {
			return aws.ToString(p.Name) == name || aws.ToString(p.ARN) == name
		})
		if i < 0 {
			return nil, fmt.Errorf("there is no SSM parameter %s: create it, or name another", name)
		}
		texts = append(texts, aws.ToString(out.Parameters[i].Value))
	}
	return texts, nil
}
