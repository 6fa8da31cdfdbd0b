package ensure

import (
	"context"
	"errors"
	"fmt"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// DeniedError is an [ErrDenied] that says which permission is missing.
type DeniedError struct {
	Action string // the denied action, for example ec2:DescribeSecurityGroupRules
	Role   string // ARN of the member's role that could not be assumed, or ""
}

func (e *DeniedError) Error() string { return ErrDenied.Error() }

// Is reports whether target is ErrDenied.
func (e *DeniedError) Is(target error) bool { return target == ErrDenied }

// reason returns the reason for a refusal, with the remedy.
func (e *DeniedError) reason(g claim.Group) claim.Fault {
	if e.Role != "" {
		return claim.Fault{Field: "/group/account", Problem: fmt.Sprintf("sgkeeper cannot assume the role %s; "+
			"create it, and let its trust policy admit the function with the external id of SGKEEPER_EXTERNAL_ID",
			e.Role)}
	}
	return claim.Fault{Field: "/group", Problem: fmt.Sprintf("sgkeeper may not call %s in account %s; "+
		"allow it to the role that the function assumes there", e.Action, g.Account)}
}

// denial returns the reasons for a refusal after a denied lookup. If a role cannot be assumed,
// that replaces the given reasons.
func denial(err error, reasons claim.Faults) claim.Faults {
	if denied, ok := errors.AsType[*DeniedError](err); ok && denied.Role != "" {
		return claim.Faults{denied.reason(claim.Group{})}
	}
	return reasons
}

// undescribed returns the reason for a refusal if the group cannot be described.
func undescribed(err error, g claim.Group) claim.Fault {
	if denied, ok := errors.AsType[*DeniedError](err); ok {
		return denied.reason(g)
	}
	return claim.Fault{Field: "/group", Problem: fmt.Sprintf("sgkeeper may not describe the group; "+
		"check the permissions of the role that the function assumes there (%v)", err)}
}

// describeDenied decides for a group that sgkeeper may not describe. The round is released
// although it writes nothing to EC2. Otherwise the next round would treat its holder as dead.
// Requests that it does not refuse return to the queue.
func (p *pass) describeDenied(ctx context.Context, err error) (lease.Reply, error) {
	p.failed = err
	p.observed = p.observed || p.Observe
	p.state = p.state.ObserveDenied(undescribed(err, p.group), p.now())
	todo := p.decide()
	p.log.ErrorContext(ctx, "the group cannot be described, because the role lacks a permission",
		"refused", len(p.decision.Refused), "waiting", len(p.decision.Waiting), "error", err)
	return lease.Reply{Plan: todo}, nil
}
