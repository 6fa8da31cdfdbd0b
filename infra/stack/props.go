package stack

import (
	"fmt"
	"path/filepath"
)

// Props is what an installation is like. The zero value is not valid: see
// [Defaults].
type Props struct {
	Name    string // of the installation: it begins the names of all its parts
	Source  string // the folder of the module, from which the functions are built
	Release bool   // the template is for those without CDK: code comes by parameters
	Protect bool   // the stack cannot be deleted by mistake

	Architecture Architecture
	Mode         string // observe or enforce
	ManagedTag   Tag    // that a group opts in by
	Quota        int    // rules a group may hold, in each direction and family
	Weights      string // what prefix lists count, as the functions read it
	Guardrails   Guardrails
	Instances    bool   // EC2 instances are launches, by their tags
	TagRules     bool   // rules are tagged when they are made
	Installation string // the identity on those tags; "": made of account, Region and table
	LogLevel     string
	Concurrency  int // functions that serve one queue at a time

	AuditMinutes  int    // from one audit to the next
	Heal          bool   // what the audit finds is mended by ensure
	SecurityHub   bool   // findings go there
	Exceptions    string // file that is bundled, or s3://bucket/key; "": none
	KnownAccounts string // as the audit reads them

	AlarmEmail string // "": nobody is subscribed to the alarms' topic
	LogDays    int    // that log groups keep what was written
	ReportDays int    // that the bucket keeps reports
	Archive    int    // days that the bus can be replayed; 0: not at all
	KMSKey     string // ARN of a key, or "create"; "": keys that AWS owns
	Table      string // name of a table that is there; "": one is made

	Members    Members
	Publishers []Publisher
}

// Members are the accounts and Regions served besides the installation's own.
type Members struct {
	Accounts   []string
	Regions    []string
	ExternalID string
}

// Tag is a key and a value.
type Tag struct{ Key, Value string }

// String returns key=value.
func (t Tag) String() string { return t.Key + "=" + t.Value }

// Architecture is what the functions are built for.
type Architecture string

const (
	ARM64 Architecture = "arm64"
	X86   Architecture = "x86_64"
)

// goarch is the architecture as Go calls it.
func (a Architecture) goarch() string {
	if a == X86 {
		return "amd64"
	}
	return string(a)
}

const create = "create" // a key

// Defaults returns the properties of an installation that nobody said anything
// about, but for Source.
func Defaults() Props {
	return Props{
		Name: "sgkeeper", Architecture: ARM64, Mode: "enforce", ManagedTag: Tag{"sgkeeper:managed", "true"}, Quota: 60,
		TagRules: true, LogLevel: "info", Concurrency: 10, AuditMinutes: 60, LogDays: 90, ReportDays: 400, Archive: 30,
	}
}

// Fault is what is wrong with one property.
type Fault struct{ Property, Problem string }

// Error implements error.
func (f Fault) Error() string { return f.Property + ": " + f.Problem }

// Check returns what is wrong with properties that are valid one by one.
func (p Props) Check() (faults []Fault) {
	if len(p.Members.Accounts) > 0 && p.Members.ExternalID == "" {
		faults = append(faults, Fault{"externalId", "not set; there are member accounts, whose roles ask for it: give the one that their stacks were deployed with"})
	}
	if len(p.Members.Accounts) == 0 && p.Members.ExternalID != "" {
		faults = append(faults, Fault{"externalId", fmt.Sprintf("%q: there are no member accounts to use it with; list them (memberAccounts), or leave it out", p.Members.ExternalID)})
	}
	if p.Release && (p.KMSKey == create || p.AlarmEmail != "" || p.Exceptions != "" || p.Guardrails != Guardrails{} || p.Publishers != nil) {
		faults = append(faults, Fault{"release", "a template for everybody holds nobody's key, address, guardrails, publishers or exceptions: leave out kmsKey, alarmEmail, guardrails, publishers and exceptions"})
	}
	if wrong := p.checkPublishers(); wrong != nil {
		return append(faults, wrong...)
	}
	g, err := p.Guardrails.With(p.Publishers)
	if err != nil {
		faults = append(faults, Fault{"guardrails", err.Error()})
	}
	if g.bundled() && g.File != p.Exceptions && filepath.Base(g.File) == filepath.Base(p.Exceptions) {
		faults = append(faults, Fault{"guardrails", fmt.Sprintf("%q: over 8 KB it is bundled, and so is %q of exceptions under the same name: rename one", g.File, p.Exceptions)})
	}
	return faults
}
