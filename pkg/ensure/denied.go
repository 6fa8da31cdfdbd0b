package ensure

import (
	"fmt"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/claim"
)

// DeniedError is an [ErrDenied] that says which permission is missing.
type DeniedError struct {
	Action string // that was denied, for example ec2:DescribeSecurityGroupRules
	Role   string // ARN of the member's role that could not be assumed, or ""
}

func (e *DeniedError) Error() string { return ErrDenied.Error() }

// Is reports whether target is ErrDenied.
func (e *DeniedError) Is(target error) bool { return target == ErrDenied }

// reason is the reason for a refusal, with the remedy.
func (e *DeniedError) reason(g claim.Group) events.Fault {
	if e.Role != "" {
		return events.Fault{Field: "/group/account", Problem: fmt.Sprintf("sgkeeper cannot assume the role %s; "+
			"create it, and let its trust policy admit the function with the external id of SGKEEPER_EXTERNAL_ID", e.Role)}
	}
	return events.Fault{Field: "/group", Problem: fmt.Sprintf("sgkeeper may not call %s in account %s; "+
		"allow it to the role by which the function acts there", e.Action, g.Account)}
}
