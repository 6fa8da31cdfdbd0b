package assumerole

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// RoleError says that a call could not assume a member's role.
type RoleError struct {
	ARN string // of the role
	Err error
}

func (e *RoleError) Error() string { return fmt.Sprintf("assume role %s: %v", e.ARN, e.Err) }

// Unwrap returns the error of STS.
func (e *RoleError) Unwrap() error { return e.Err }

// RoleARN returns the ARN of the role. Package ec2sg uses it.
func (e *RoleError) RoleARN() string { return e.ARN }

// namedRole provides a role's credentials. Its errors name the role.
type namedRole struct {
	aws.CredentialsProvider
	arn string
}

// Retrieve implements [aws.CredentialsProvider].
func (r namedRole) Retrieve(ctx context.Context) (aws.Credentials, error) {
	c, err := r.CredentialsProvider.Retrieve(ctx)
	if err != nil {
		return c, &RoleError{r.arn, err}
	}
	return c, nil
}
