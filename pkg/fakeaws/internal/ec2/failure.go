package ec2

import (
	"fmt"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
)

func failf(code, format string, args ...any) error {
	return &api.Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

func groupNotFound(id string) error {
	return failf("InvalidGroup.NotFound", "The security group '%s' does not exist", id)
}

func ruleNotFound(id string) error {
	return failf("InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '%s' does not exist", id)
}

func permissionNotFound() error {
	return failf("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
}

func repeated() error {
	return failf("InvalidParameterValue", "The same permission must not appear multiple times")
}

func missing(parameter string) error {
	return failf("MissingParameter", "The request must contain the parameter %s", parameter)
}
