package stack

import (
	"fmt"
	"path/filepath"

	"github.com/sgkeeper/sgkeeper/functions/runtime"
)

// Props are the properties of an installation. The zero value is not valid: see [Defaults].
type Props struct {
	Name    string // of the installation; the names of all its parts start with it
	Source  string // the module's folder; the functions are built from it
	Release bool   // the template of a release: parameters name the programs
	Protect bool   // CloudFormation refuses to delete the stack, and DynamoDB the table

	Architecture Architecture
	Mode         string // observe or enforce
	ManagedTag   Tag    // by which a group opts in
	Quota        int    // rules of a group, for each direction and family
	Weights      string // of prefix lists, in the functions' syntax
	Guardrails   Guardrails
	Instances    bool   // tagged EC2 instances are launches
	Stacks       bool   // CloudFormation stacks may have launches as resources
	TagRules     bool   // rules get tags when they are made
	Trace        bool   // ensure logs each step of a pass
	Installation string // identity on those tags; "": account, Region and table
	LogLevel     string
	Concurrency  int // invocations at a time for one queue

	AuditMinutes  int    // between two audits
	Heal          bool   // ensure mends the audit's drift
	SecurityHub   bool   // findings go to Security Hub
	Exceptions    string // a file to bundle, or s3://bucket/key; "": none
	KnownAccounts string // in the audit's syntax

	Network    Network
	LogGroup   string // name of an existing log group of both functions; "": the stack makes one for each
	Governance Governance

	AlarmEmail string // subscribed to the alarms' topic; "": none
	Chat       string // the least severity of drifts in the messages for people; "": no messages
	LogDays    int    // retention of log groups
	ReportDays int    // retention of reports
	Archive    int    // days that events are archived for a replay; 0: no archive
	KMSKey     string // ARN of a key, or "create"; "": keys that AWS owns
	Table      string // name of an existing table; "": the stack makes one

	Members    Members
	Publishers []Publisher
}

// Members are the accounts and Regions that the installation serves besides its own.
type Members struct {
	Accounts     []string
	Regions      []string
	ExternalID   string
	Organization string // of all accounts; with it, policies name no account; "": policies list them
}

// elsewhere reports whether the installation serves another account or Region. Events from there
// arrive on its bus.
func (m Members) elsewhere() bool { return len(m.Accounts)+len(m.Regions) > 0 }

// Tag is a key and a value.
type Tag struct{ Key, Value string }

// String returns key=value.
func (t Tag) String() string { return t.Key + "=" + t.Value }

// Architecture is the functions' instruction set.
type Architecture string

const (
	ARM64 Architecture = "arm64"
	X86   Architecture = "x86_64"
)

// goarch returns the GOARCH of the architecture.
func (a Architecture) goarch() string {
	if a == X86 {
		return "amd64"
	}
	return string(a)
}

const create = "create" // the value of KMSKey that makes a key

// Defaults returns the default properties, without Source.
func Defaults() Props {
	return Props{
		Name: "sgkeeper", Architecture: ARM64, Mode: "enforce", ManagedTag: Tag{"sgkeeper:managed", "true"}, Quota: 60,
		TagRules: true, LogLevel: "info", Concurrency: runtime.Concurrency, AuditMinutes: 60, LogDays: 90,
		ReportDays: 400, Archive: 30,
	}
}

// Fault is a property and its fault.
type Fault struct{ Property, Problem string }

// Error implements error.
func (f Fault) Error() string { return f.Property + ": " + f.Problem }

// Check returns the faults between properties that are valid alone.
func (p Props) Check() (faults []Fault) {
	if len(p.Members.Accounts) > 0 && p.Members.ExternalID == "" {
		faults = append(faults, Fault{"externalId", "not set; the roles of member accounts require it: " +
			"give the external id of the member stacks"})
	}
	if len(p.Members.Accounts) == 0 && p.Members.ExternalID != "" {
		faults = append(faults, Fault{"externalId", fmt.Sprintf("%q: there are no member accounts to use it with; "+
			"list them (memberAccounts), or leave it out", p.Members.ExternalID)})
	}
	if len(p.Members.Accounts) == 0 && p.Members.Organization != "" {
		faults = append(faults, Fault{"organization", fmt.Sprintf("%q: there are no member accounts of it; "+
			"list them (memberAccounts), or leave it out", p.Members.Organization)})
	}
	faults = append(faults, p.Members.checkLists()...)
	faults = append(faults, p.Members.checkPartition()...)
	faults = append(faults, p.Network.check()...)
	if p.Release && (p.KMSKey == create || p.AlarmEmail != "" || p.Exceptions != "" || p.Guardrails != Guardrails{} ||
		p.Publishers != nil) {
		faults = append(faults, Fault{"release", "on: the template serves every installation, so it cannot have " +
			"settings of one: leave out kmsKey, alarmEmail, guardrails, publishers and exceptions"})
	}
	if wrong := p.checkPublishers(); wrong != nil {
		return append(faults, wrong...)
	}
	g, err := p.Guardrails.With(p.Publishers)
	if err != nil {
		faults = append(faults, Fault{"guardrails", err.Error()})
	}
	if g.bundled() && g.File != p.Exceptions && filepath.Base(g.File) == filepath.Base(p.Exceptions) {
		faults = append(faults, Fault{"guardrails", fmt.Sprintf("%q: over 8 KB it is bundled, "+
			"and so is %q of exceptions under the same name: rename one", g.File, p.Exceptions)})
	}
	return faults
}
