package report

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/awsid"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

// The limits of one BatchImportFindings call (Security Hub API reference). 240 KB is the limit
// of one finding. A batch that stays below it also stays below the call's other limits.
const (
	MaxBatch      = 100
	MaxBatchBytes = 240_000
)

// Batch holds the findings for one call of BatchImportFindings. All are of one account and
// Region, from which the call must come.
type Batch struct {
	Account  string    `json:"-"`
	Region   string    `json:"-"`
	Findings []Finding `json:"Findings"`
}

// Batches returns the report's drifts as findings, and closed drifts as archived findings. A
// drift's finding keeps its Id from run to run, so importing it again updates it.
func Batches(r *drift.Report) []Batch {
	var batches []Batch
	for _, group := range byRegion(r) {
		batch, size := Batch{}, 0
		for _, f := range group {
			n := len(f.bytes()) + 1
			if len(batch.Findings) == MaxBatch || size+n > MaxBatchBytes-100 && size > 0 {
				batches = append(batches, batch)
				batch, size = Batch{}, 0
			}
			batch.Account, batch.Region = f.AwsAccountID, f.Region
			batch.Findings = append(batch.Findings, f)
			size += n
		}
		if size > 0 {
			batches = append(batches, batch)
		}
	}
	return batches
}

// byRegion groups the report's findings by account and Region, in the order of first
// appearance.
func byRegion(r *drift.Report) (all [][]Finding) {
	at := make(map[claim.Group]int)
	add := func(f Finding) {
		key := claim.Group{Account: f.AwsAccountID, Region: f.Region}
		n, ok := at[key]
		if !ok {
			n = len(all)
			at[key], all = n, append(all, nil)
		}
		all[n] = append(all[n], f)
	}
	for _, s := range sections(r) {
		for _, d := range s.drifts {
			add(finding(r, s.Group, d))
		}
	}
	for i := range r.Closed {
		f := finding(r, &drift.Group{Group: r.Closed[i].Group}, &r.Closed[i])
		f.RecordState, f.Compliance.Status = "ARCHIVED", "PASSED"
		add(f)
	}
	return all
}

// writeASFF writes a line for each batch. A line is valid input for `aws securityhub
// batch-import-findings --cli-input-json`.
func writeASFF(w io.Writer, r *drift.Report) error {
	if err := placed(r); err != nil {
		return fmt.Errorf("asff: %w", err)
	}
	for _, b := range Batches(r) {
		line, err := json.Marshal(b)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, console.PrintableJSON(string(line))+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// ErrNoPlace says that the account or Region of a drift's group is unknown. A finding needs
// both.
var ErrNoPlace = errors.New("its account or its Region is not known, and a finding needs both")

func placed(r *drift.Report) error {
	for _, drifts := range [][]drift.Drift{r.Drifts, r.Closed} {
		for i := range drifts {
			if g := drifts[i].Group; g.Account == "" || g.Region == "" {
				return fmt.Errorf("%s: %w", cmp.Or(g.ID, drifts[i].Subject), ErrNoPlace)
			}
		}
	}
	return nil
}

// finding returns a drift as a finding of Security Hub.
func finding(r *drift.Report, g *drift.Group, d *drift.Drift) Finding {
	updated := seen(r, d)
	f := Finding{
		SchemaVersion:   "2018-10-08",
		ID:              findingPrefix + d.ID,
		ProductArn:      productARN(d.Group),
		ProductName:     "sgkeeper",
		CompanyName:     "sgkeeper",
		Region:          d.Group.Region,
		GeneratorID:     "sgkeeper/" + string(d.Kind),
		AwsAccountID:    d.Group.Account,
		Types:           []string{typeOf(d.Kind)},
		FirstObservedAt: stamp(d.Since),
		LastObservedAt:  stamp(observed(d, updated)),
		CreatedAt:       stamp(d.Since),
		UpdatedAt:       updated.UTC().Format(updatedFormat),
		Severity:        FindingSeverity{strings.ToUpper(d.Severity.String()), string(d.Kind)},
		Title:           clean(titleOf(g, d), 256),
		Description:     clean(d.Detail, 1024),
		Remediation:     Remediation{Recommendation{clean(d.Remedy, 512)}},
		ProductFields:   fieldsOf(r, d),
		Resources:       []Resource{resource(g, d.Group)},
		Compliance:      Compliance{"FAILED"},
		RecordState:     "ACTIVE",
	}
	return f
}

// findingPrefix begins the Id of each finding.
const findingPrefix = "sgkeeper/"

// DriftOf returns the id of the drift that a finding with an Id is about.
func DriftOf(finding string) string { return strings.TrimPrefix(finding, findingPrefix) }

// updatedFormat is the format of a finding's UpdatedAt. Security Hub ignores an update with the
// same time or an earlier one, so the time has milliseconds
// (https://docs.aws.amazon.com/securityhub/latest/userguide/finding-update-batchimportfindings.html).
const updatedFormat = "2006-01-02T15:04:05.000Z07:00"

// clean removes control characters and cuts the text to at most so many characters. An empty
// text becomes "-", because Security Hub rejects an empty one.
func clean(s string, most int) string {
	if s = limited(console.Printable(s), most); strings.TrimSpace(s) == "" {
		return "-"
	}
	return s
}

func titleOf(g *drift.Group, d *drift.Drift) string {
	title := "Security group " + d.Group.ID
	if g.Name != "" {
		title += " (" + limited(console.Printable(g.Name), 64) + ")"
	}
	title += ": " + strings.ReplaceAll(string(d.Kind), "-", " ")
	if what := about(d); what != "" {
		title += ", " + what
	}
	return title
}

// fieldsOf returns the details for which ASFF has no attribute.
func fieldsOf(r *drift.Report, d *drift.Drift) map[string]string {
	fields := map[string]string{"sgkeeper/kind": string(d.Kind), "sgkeeper/audit": r.ID}
	add := func(key, value string) {
		if value != "" {
			fields["sgkeeper/"+key] = clean(value, 2048)
		}
	}
	add("installation", r.Installation)
	add("rule", ruleText(d.Rule.Rule, d.Group))
	add("rule-id", d.Rule.ID)
	add("rule-description", d.Rule.Description)
	add("subject", d.Subject)
	add("gap", strings.Join(ruleTexts(d.Gap, d.Group), "; "))
	add("asked-by", requestsText(d))
	add("unverified-since", stamp(d.Unverified))
	add("changed-by", d.Changed.Actor)
	add("change", d.Changed.Name)
	add("change-event", d.Changed.EventID)
	if !d.Changed.At.IsZero() {
		add("changed-at", d.Changed.At.UTC().Format(time.RFC3339))
	}
	return fields
}

// seen returns the time at which the audit saw a drift. The drift may have begun after the audit
// did.
func seen(r *drift.Report, d *drift.Drift) time.Time {
	at := r.Started
	for _, later := range []time.Time{r.Finished, d.Since} {
		if later.After(at) {
			at = later
		}
	}
	return at
}

// observed returns the time at which a drift was observed last: when an audit verified it, or else
// when the audit saw it.
func observed(d *drift.Drift, seen time.Time) time.Time {
	if d.Unverified.IsZero() {
		return seen
	}
	return d.Unverified
}

func productARN(g claim.Group) string {
	return "arn:" + awsid.Partition(g.Region) + ":securityhub:" + g.Region + ":" + g.Account + ":product/" + g.Account +
		"/default"
}

func groupARN(g claim.Group) string {
	return "arn:" + awsid.Partition(g.Region) + ":ec2:" + g.Region + ":" + g.Account + ":security-group/" + g.ID
}

func resource(g *drift.Group, id claim.Group) Resource {
	group := SecurityGroup{GroupID: id.ID, GroupName: clean(g.Name, 255), OwnerID: id.Account, VpcID: g.VPC}
	if g.Name == "" {
		group.GroupName = ""
	}
	return Resource{
		Type: "AwsEc2SecurityGroup", ID: groupARN(id), Partition: awsid.Partition(id.Region), Region: id.Region,
		Details: Details{group},
	}
}

// typeOf returns the finding's type in Security Hub's taxonomy.
func typeOf(k drift.Kind) string {
	const checks = "Software and Configuration Checks/AWS Security Best Practices"
	switch k {
	case drift.AllTrafficWorld, drift.WorldOpenSensitive, drift.WidenedSource, drift.WidenedPorts,
		drift.WidenedProtocol, drift.Unexpected, drift.ExpiredPresent, drift.CrossAccount,
		drift.ExceptionExpired, drift.Orphan, drift.Modified:
		return checks + "/Network Reachability"
	}
	return checks
}
