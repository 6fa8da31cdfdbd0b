package demo

import (
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// Figures are one way's results with the workload. Times are real, in seconds.
type Figures struct {
	Launches   int `json:"launches"`
	Failed     int `json:"failed"`          // Errors and NotOpen
	Errors     int `json:"errors"`          // launchers that got an error
	Duplicates int `json:"duplicateErrors"` // of Errors: EC2's InvalidPermission.Duplicate
	Races      int `json:"lostRaces"`       // of Duplicates: a read of the whole group would not have helped
	NotOpen    int `json:"notOpen"`         // launchers that got no error, though a port is closed

	EC2Calls      int           `json:"ec2Calls"`
	DynamoDBCalls int           `json:"dynamodbCalls"`
	Calls         fakeaws.Calls `json:"calls"` // all requests, by action

	Seconds       float64 `json:"seconds"`       // from the first launch to the last answer
	MedianSeconds float64 `json:"medianSeconds"` // median wait of a launch for its answer
	RulesTwice    int     `json:"rulesTwice"`    // rules that repeat another rule of their group
}

// ran is a workload that was run on an account.
type ran struct {
	account  *fakeaws.Account
	launches []launch
	attempts []attempt
	took     time.Duration
	races    int
}

// figures counts the outcomes, and checks them against the groups.
func (r ran) figures() (Figures, error) {
	f := Figures{
		Launches:      len(r.launches),
		Races:         r.races,
		Calls:         r.account.Calls(),
		Seconds:       r.took.Seconds(),
		MedianSeconds: r.median().Seconds(),
	}
	f.EC2Calls, f.DynamoDBCalls = f.Calls.Of("ec2"), f.Calls.Of("dynamodb")
	existing := make(map[string]secgroup.Set) // by group
	for i, l := range r.launches {
		if _, known := existing[l.group]; !known {
			entries, err := rulesOf(r.account, l.group)
			if err != nil {
				return f, err
			}
			existing[l.group] = secgroup.Rules(entries)
			f.RulesTwice += len(entries) - existing[l.group].Len()
		}
		err := r.attempts[i].err
		switch {
		case err != nil:
			f.Errors++
		case !isOpen(l, existing[l.group]):
			f.NotOpen++
		}
		if isDuplicate(err) {
			f.Duplicates++
		}
	}
	f.Failed = f.Errors + f.NotOpen
	return f, nil
}

// isOpen reports whether a group's existing rules admit all of a launch's rules.
func isOpen(l launch, existing secgroup.Set) bool {
	return len(secgroup.Compare(l.rules(), existing).Missing) == 0
}

func (r ran) median() time.Duration {
	waits := make([]time.Duration, len(r.attempts))
	for i, a := range r.attempts {
		waits[i] = a.took
	}
	slices.Sort(waits)
	return waits[len(waits)/2]
}
