package drift

import (
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// Declaration is a list of rules that a program declares for one group, such as Terraform. The rules explain
// every foreign rule that they cover.
type Declaration struct {
	Group string // the group's id; "" if the group is that of a stack
	// Stack and LogicalID name a group of CloudFormation, which tags the group with both.
	Stack, LogicalID string
	Rules            []secgroup.Rule
}

// Tags that CloudFormation sets on the groups of a stack.
const (
	stackTag   = "aws:cloudformation:stack-name"
	logicalTag = "aws:cloudformation:logical-id"
)

func (d Declaration) covers(g claim.Group, tags map[string]string) bool {
	if d.Group != "" {
		return d.Group == g.ID
	}
	return d.LogicalID != "" && tags[stackTag] == d.Stack && tags[logicalTag] == d.LogicalID
}

// declared returns the rules that are declared for a group, with self resolved to the group.
func (p Policy) declared(g claim.Group, tags map[string]string) (rules []secgroup.Rule) {
	for _, d := range p.Declared {
		if !d.covers(g, tags) {
			continue
		}
		for _, r := range d.Rules {
			rules = append(rules, r.In(g.Account, g.ID))
		}
	}
	return rules
}

// isDeclared reports whether declarations alone explain a rule. Such a rule is no drift, even if requests
// allow its traffic too.
func (c *comparison) isDeclared(r secgroup.Rule) bool {
	if len(c.policy.Declared) == 0 {
		return false
	}
	if c.coverDeclared == nil {
		c.coverDeclared = secgroup.NewCover(secgroup.SetOf(c.policy.declared(c.Group, c.Tags)...))
	}
	return c.coverDeclared.Covers(r)
}
