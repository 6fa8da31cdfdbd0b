package main

import (
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/explain"
)

// explainJSON is the output of `sgkeeper explain --output json`. No list in it is null.
type explainJSON struct {
	Group   string       `json:"group"`
	Answers []answerJSON `json:"answers"`
}

type answerJSON struct {
	Question string               `json:"question"`
	Verdict  string               `json:"verdict"`
	Rules    []explainedRuleJSON  `json:"rules"`
	Leaving  []explainedRuleJSON  `json:"leaving"` // EC2 describes them, but they are revoked or pending
	Claims   []explainedClaimJSON `json:"claims"`

	// Refused events that requested the traffic, and those with unknown rules.
	Refused []refusalJSON[secgroup.Entry] `json:"refused"`
	Unclear []refusalJSON[secgroup.Entry] `json:"unclear"`
}

type explainedRuleJSON struct {
	Rule     secgroup.Entry `json:"rule"`
	MadeBy   explain.Owner  `json:"madeBy"`
	Depends  bool           `json:"depends"`
	Launches []string       `json:"launches"` // that requested the rule itself
	Parts    []partJSON     `json:"parts"`    // launches that requested a part of it
	Since    time.Time      `json:"since,omitzero"`
	Until    time.Time      `json:"until,omitzero"`
	Note     string         `json:"note,omitempty"`
}

type partJSON struct {
	Launch string           `json:"launch"`
	Rules  []secgroup.Entry `json:"rules"`
}

type explainedClaimJSON struct {
	Launch     string           `json:"launch"`
	Account    string           `json:"account"`
	Rule       secgroup.Entry   `json:"rule"`
	State      explain.State    `json:"state"`
	By         []secgroup.Entry `json:"by"`
	ReceivedAt time.Time        `json:"receivedAt"`
	ExpiresAt  time.Time        `json:"expiresAt,omitzero"`
	SettledAt  time.Time        `json:"settledAt,omitzero"`
	Reasons    []claim.Fault    `json:"reasons"`
	Note       string           `json:"note,omitempty"`
	Namespace  string           `json:"namespace,omitempty"` // the launch's: its publisher's name in the guardrails
	whyJSON
}

func (e explained) json() explainJSON {
	document := explainJSON{e.Group, []answerJSON{}}
	for _, a := range e.Answers {
		answer := answerJSON{
			Question: a.Question.String(), Verdict: a.Verdict.String(),
			Rules: explainedRulesOf(a.Rules), Leaving: explainedRulesOf(a.Leaving), Claims: []explainedClaimJSON{},
			Refused: refusalsJSONOf(a.Refused), Unclear: refusalsJSONOf(a.Unclear),
		}
		for _, c := range a.Claims {
			answer.Claims = append(answer.Claims, explainedClaimOf(c))
		}
		document.Answers = append(document.Answers, answer)
	}
	return document
}

func explainedRulesOf(rules []explain.Rule) []explainedRuleJSON {
	all := []explainedRuleJSON{}
	for _, r := range rules {
		parts := []partJSON{}
		for _, p := range r.Parts {
			part := partJSON{Launch: p.Launch}
			for _, rule := range p.Rules {
				part.Rules = append(part.Rules, secgroup.Entry{Rule: rule})
			}
			parts = append(parts, part)
		}
		all = append(all, explainedRuleJSON{
			Rule: r.Entry, MadeBy: r.Owner, Depends: r.Depends, Launches: orEmpty(r.Launches), Parts: parts,
			Since: r.Since.UTC(), Until: r.Until.UTC(), Note: r.Note,
		})
	}
	return all
}

func explainedClaimOf(c explain.Claim) explainedClaimJSON {
	r := c.Request
	return explainedClaimJSON{
		Launch: r.Launch.Name, Account: r.Launch.Account,
		Rule: c.Rule, State: c.State, By: orEmpty(c.By),
		ReceivedAt: r.Received.UTC(), ExpiresAt: r.ExpiresAt, SettledAt: r.Finished,
		Reasons: orEmpty([]claim.Fault(r.Reasons)), Note: c.Note,
		Namespace: r.Launch.Namespace, whyJSON: whyJSONOf(r.Purpose, r.Origin),
	}
}
