package eventbridge

import (
	"errors"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/eventbridge/pattern"
)

// maxPattern is the largest length of an event pattern, in characters.
const maxPattern = 4096

// A rule sends the events that match its pattern to its targets.
type rule struct {
	name, arn, bus    string
	description, text string // text of the pattern
	pattern           *pattern.Pattern
	disabled          bool
	targets           map[string]target // by id
}

func (s *Service) rule(busName, name string) (*bus, *rule, error) {
	b, err := s.bus(busName)
	if err != nil {
		return nil, nil, err
	}
	r := b.rules[name]
	if r == nil {
		return nil, nil, notFound("Rule %s does not exist on EventBus %s.", name, b.name)
	}
	return b, r, nil
}

type putRuleInput struct{ Name, EventBusName, EventPattern, State, Description string }

type putRuleOutput struct{ RuleArn string }

// putRule creates a rule, or replaces all of it except its targets.
func (s *Service) putRule(in putRuleInput) (putRuleOutput, error) {
	b, err := s.bus(in.EventBusName)
	if err == nil {
		err = checkName(in.Name, "name", 64)
	}
	if err != nil {
		return putRuleOutput{}, err
	}
	p, err := parsePattern(in.EventPattern)
	if err != nil {
		return putRuleOutput{}, err
	}
	if in.State != "" && in.State != "ENABLED" && in.State != "DISABLED" {
		return putRuleOutput{}, invalid("The embedded EventBridge knows the rule states ENABLED and DISABLED, not %s.",
			in.State)
	}
	r := &rule{
		name: in.Name, arn: s.ruleARN(b, in.Name), bus: b.name,
		description: in.Description, text: in.EventPattern, pattern: p, disabled: in.State == "DISABLED",
		targets: make(map[string]target),
	}
	if old := b.rules[in.Name]; old != nil {
		r.targets = old.targets
	}
	b.rules[in.Name] = r
	return putRuleOutput{r.arn}, nil
}

func (s *Service) ruleARN(b *bus, name string) string {
	if b.name == defaultBus {
		return s.arn("rule/" + name)
	}
	return s.arn("rule/" + b.name + "/" + name)
}

func parsePattern(text string) (*pattern.Pattern, error) {
	switch {
	case text == "":
		return nil, invalid("Parameter(s) EventPattern must be specified.")
	case len(text) > maxPattern:
		return nil, invalid("1 validation error detected: Value at 'eventPattern' failed to satisfy constraint: "+
			"Member must have length less than or equal to %d", maxPattern)
	}
	p, err := pattern.Parse([]byte(text))
	if errors.Is(err, pattern.ErrTooManyAlternatives) {
		return nil, &api.Error{Code: "LimitExceededException", Message: err.Error()}
	}
	if err != nil {
		return nil, &api.Error{
			Code: "InvalidEventPatternException", Message: "Event pattern is not valid. Reason: " + err.Error(),
		}
	}
	return p, nil
}

type ruleName struct{ Name, EventBusName string }

type ruleOutput struct {
	Name, Arn, EventBusName, EventPattern, State string

	Description string `json:",omitempty"`
	CreatedBy   string `json:",omitempty"` // only DescribeRule
}

func (r *rule) output() ruleOutput {
	out := ruleOutput{
		Name: r.name, Arn: r.arn, EventBusName: r.bus, EventPattern: r.text, State: "ENABLED",
		Description: r.description,
	}
	if r.disabled {
		out.State = "DISABLED"
	}
	return out
}

func (s *Service) describeRule(in ruleName) (ruleOutput, error) {
	_, r, err := s.rule(in.EventBusName, in.Name)
	if err != nil {
		return ruleOutput{}, err
	}
	out := r.output()
	out.CreatedBy = s.account
	return out, nil
}

type deleteRuleInput struct {
	Name, EventBusName string
	Force              bool // matters only for rules that AWS services manage
}

// deleteRule succeeds even if the rule does not exist.
func (s *Service) deleteRule(in deleteRuleInput) (empty, error) {
	b, err := s.bus(in.EventBusName)
	if err != nil {
		return empty{}, err
	}
	if r := b.rules[in.Name]; r != nil && len(r.targets) > 0 {
		return empty{}, invalid("Rule can't be deleted since it has targets.")
	}
	delete(b.rules, in.Name)
	return empty{}, nil
}

type listRulesInput struct {
	EventBusName, NamePrefix, NextToken string
	Limit                               int
}

type listRulesOutput struct {
	Rules     []ruleOutput
	NextToken string `json:",omitempty"`
}

func (s *Service) listRules(in listRulesInput) (listRulesOutput, error) {
	b, err := s.bus(in.EventBusName)
	if err != nil {
		return listRulesOutput{}, err
	}
	names, next := page(b.rules, in.NamePrefix, in.Limit, in.NextToken)
	out := listRulesOutput{Rules: []ruleOutput{}, NextToken: next}
	for _, name := range names {
		out.Rules = append(out.Rules, b.rules[name].output())
	}
	return out, nil
}

type testEventPatternInput struct{ Event, EventPattern string }

type testEventPatternOutput struct{ Result bool }

func (s *Service) testEventPattern(in testEventPatternInput) (testEventPatternOutput, error) {
	p, err := parsePattern(in.EventPattern)
	if err != nil {
		return testEventPatternOutput{}, err
	}
	e, err := pattern.ParseEvent([]byte(in.Event))
	if err != nil {
		return testEventPatternOutput{}, invalid("Parameter Event is not valid.")
	}
	return testEventPatternOutput{p.Match(e)}, nil
}
