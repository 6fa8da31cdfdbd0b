package eventbridge

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

const maxTargets = 5 // of a rule

// target is a queue that receives a rule's events. The retry policy is stored and returned
// without any effect, because a delivery here fails at once or never.
type target struct {
	Id, Arn          string
	DeadLetterConfig *deadLetterConfig `json:",omitempty"`
	RetryPolicy      *retryPolicy      `json:",omitempty"`
}

type deadLetterConfig struct{ Arn string }

type retryPolicy struct {
	MaximumEventAgeInSeconds *int `json:",omitempty"`
	MaximumRetryAttempts     *int `json:",omitempty"`
}

// targetFailures answers each target. The call succeeds.
type targetFailures struct {
	FailedEntryCount int
	FailedEntries    []targetFailure
}

type targetFailure struct{ TargetId, ErrorCode, ErrorMessage string }

type putTargetsInput struct {
	Rule, EventBusName string
	Targets            []target
}

func (s *Service) putTargets(in putTargetsInput) (targetFailures, error) {
	_, r, err := s.rule(in.EventBusName, in.Rule)
	if err != nil {
		return targetFailures{}, err
	}
	if len(in.Targets) == 0 {
		return targetFailures{}, invalid("Parameter Targets is not valid. Reason: Targets is a required argument.")
	}
	all := maps.Clone(r.targets)
	for i, t := range in.Targets {
		if err := s.checkTarget(i, t); err != nil {
			return targetFailures{}, err
		}
		all[t.Id] = t
	}
	if len(all) > maxTargets {
		return targetFailures{}, overLimit()
	}
	r.targets = all
	return targetFailures{FailedEntries: []targetFailure{}}, nil
}

func (s *Service) checkTarget(i int, t target) error {
	if err := checkName(t.Id, fmt.Sprintf("targets.%d.member.id", i+1), 64); err != nil {
		return err
	}
	queues := "arn:aws:sqs:" + s.region + ":" + s.account + ":"
	arns := []string{t.Arn}
	if t.DeadLetterConfig != nil {
		arns = append(arns, t.DeadLetterConfig.Arn)
	}
	for _, arn := range arns {
		if name, ok := strings.CutPrefix(arn, queues); !ok || name == "" || strings.HasSuffix(name, ".fifo") {
			return invalid("The embedded EventBridge delivers to standard queues (%s...) only; target %s has %s.",
				queues, t.Id, arn)
		}
	}
	return nil
}

type removeTargetsInput struct {
	Rule, EventBusName string
	Ids                []string
	Force              bool // matters only for rules that AWS services manage
}

// removeTargets reports an unknown id as a failed entry.
func (s *Service) removeTargets(in removeTargetsInput) (targetFailures, error) {
	_, r, err := s.rule(in.EventBusName, in.Rule)
	if err != nil {
		return targetFailures{}, err
	}
	out := targetFailures{FailedEntries: []targetFailure{}}
	for _, id := range in.Ids {
		if _, ok := r.targets[id]; !ok {
			out.FailedEntries = append(out.FailedEntries,
				targetFailure{id, "ResourceNotFoundException",
					"Target " + id + " does not exist on rule " + r.name + "."})
		}
		delete(r.targets, id)
	}
	out.FailedEntryCount = len(out.FailedEntries)
	return out, nil
}

type listTargetsByRuleInput struct {
	Rule, EventBusName, NextToken string
	Limit                         int
}

type listTargetsByRuleOutput struct {
	Targets   []target
	NextToken string `json:",omitempty"`
}

func (s *Service) listTargetsByRule(in listTargetsByRuleInput) (listTargetsByRuleOutput, error) {
	_, r, err := s.rule(in.EventBusName, in.Rule)
	if err != nil {
		return listTargetsByRuleOutput{}, err
	}
	names, next := page(r.targets, "", in.Limit, in.NextToken)
	out := listTargetsByRuleOutput{Targets: []target{}, NextToken: next}
	for _, id := range names {
		out.Targets = append(out.Targets, r.targets[id])
	}
	return out, nil
}

// inOrder returns the rule's targets in the order of their ids.
func (r *rule) inOrder() []target {
	var targets []target
	for _, id := range slices.Sorted(maps.Keys(r.targets)) {
		targets = append(targets, r.targets[id])
	}
	return targets
}
