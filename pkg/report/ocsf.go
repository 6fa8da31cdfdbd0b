package report

import (
	"fmt"
	"io"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/awsid"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

// Values of the Open Cybersecurity Schema Framework.
const (
	ocsfVersion  = "1.5.0"
	ocsfCategory = 2    // Findings
	ocsfClass    = 2003 // Compliance Finding
	ocsfCreate   = 1
	ocsfUpdate   = 2
	ocsfClose    = 3
)

type (
	ocsfFinding struct {
		ActivityID   int             `json:"activity_id"`
		ActivityName string          `json:"activity_name"`
		CategoryUID  int             `json:"category_uid"`
		CategoryName string          `json:"category_name"`
		ClassUID     int             `json:"class_uid"`
		ClassName    string          `json:"class_name"`
		TypeUID      int             `json:"type_uid"`
		TypeName     string          `json:"type_name"`
		Time         int64           `json:"time"` // milliseconds
		SeverityID   int             `json:"severity_id"`
		Severity     string          `json:"severity"`
		StatusID     int             `json:"status_id"`
		Status       string          `json:"status"`
		Message      string          `json:"message"`
		Metadata     ocsfMetadata    `json:"metadata"`
		Cloud        ocsfCloud       `json:"cloud"`
		FindingInfo  ocsfInfo        `json:"finding_info"`
		Compliance   ocsfCompliance  `json:"compliance"`
		Remediation  ocsfRemediation `json:"remediation"`
		Resources    []ocsfResource  `json:"resources"`
		Unmapped     map[string]any  `json:"unmapped"`
	}
	ocsfMetadata struct {
		Version  string      `json:"version"`
		Product  ocsfProduct `json:"product"`
		Profiles []string    `json:"profiles"`
		EventID  string      `json:"event_code"`
		UID      string      `json:"uid"`
	}
	ocsfProduct struct {
		Name   string `json:"name"`
		Vendor string `json:"vendor_name"`
	}
	ocsfCloud struct {
		Provider string      `json:"provider"`
		Region   string      `json:"region"`
		Account  ocsfAccount `json:"account"`
	}
	ocsfAccount struct {
		UID    string `json:"uid"`
		Type   string `json:"type"`
		TypeID int    `json:"type_id"`
	}
	ocsfInfo struct {
		UID       string   `json:"uid"`
		Title     string   `json:"title"`
		Desc      string   `json:"desc"`
		Types     []string `json:"types"`
		Created   int64    `json:"created_time"`
		FirstSeen int64    `json:"first_seen_time"`
		LastSeen  int64    `json:"last_seen_time"`
	}
	ocsfCompliance struct {
		Control   string   `json:"control"`
		Standards []string `json:"standards"`
		Status    string   `json:"status"`
		StatusID  int      `json:"status_id"`
	}
	ocsfRemediation struct {
		Desc string `json:"desc"`
	}
	ocsfResource struct {
		UID       string `json:"uid"`
		Name      string `json:"name"`
		Type      string `json:"type"`
		Region    string `json:"region"`
		Partition string `json:"cloud_partition"`
	}
)

// writeOCSF writes a list of findings: current drifts as created or updated, and closed
// drifts.
func writeOCSF(w io.Writer, r *drift.Report) error {
	if err := placed(r); err != nil {
		return fmt.Errorf("ocsf: %w", err)
	}
	findings := []ocsfFinding{}
	for _, s := range sections(r) {
		for _, d := range s.drifts {
			activity, name := ocsfUpdate, "Update"
			if !d.Since.Before(r.Started) {
				activity, name = ocsfCreate, "Create"
			}
			findings = append(findings, ocsfOf(r, s.Group, d, activity, name))
		}
	}
	for i := range r.Closed {
		d := &r.Closed[i]
		f := ocsfOf(r, &drift.Group{Group: d.Group}, d, ocsfClose, "Close")
		f.StatusID, f.Status = 4, "Resolved"
		f.Compliance.StatusID, f.Compliance.Status = 1, "Pass"
		findings = append(findings, f)
	}
	return console.WriteJSON(w, findings)
}

func ocsfOf(r *drift.Report, g *drift.Group, d *drift.Drift, activity int, name string) ocsfFinding {
	since, at := millis(d.Since), millis(seen(r, d))
	f := ocsfFinding{
		ActivityID: activity, ActivityName: name,
		CategoryUID: ocsfCategory, CategoryName: "Findings",
		ClassUID: ocsfClass, ClassName: "Compliance Finding",
		TypeUID: ocsfClass*100 + activity, TypeName: "Compliance Finding: " + name,
		Time: at, StatusID: 1, Status: "New",
		Message: clean(d.Detail, 1024),
		Metadata: ocsfMetadata{ocsfVersion, ocsfProduct{"sgkeeper", "sgkeeper"}, []string{"cloud"}, string(d.Kind),
			r.ID + "/" + d.ID},
		Cloud: ocsfCloud{"AWS", d.Group.Region, ocsfAccount{d.Group.Account, "AWS Account", 10}},
		FindingInfo: ocsfInfo{"sgkeeper/" + d.ID, clean(titleOf(g, d), 256), clean(d.Detail, 1024),
			[]string{typeOf(d.Kind)}, since, since, millis(observed(d, seen(r, d)))},
		Compliance: ocsfCompliance{string(d.Kind), []string{"sgkeeper: groups contain exactly the requested rules"},
			"Fail", 3},
		Remediation: ocsfRemediation{clean(d.Remedy, 512)},
		Resources:   []ocsfResource{ocsfResourceOf(g, d.Group)},
		Unmapped:    make(map[string]any),
	}
	f.SeverityID, f.Severity = ocsfSeverity(d.Severity)
	for key, value := range fieldsOf(r, d) {
		f.Unmapped[key] = value
	}
	return f
}

func ocsfResourceOf(g *drift.Group, id claim.Group) ocsfResource {
	name := id.ID
	if g.Name != "" {
		name = limited(console.Printable(g.Name), 255)
	}
	return ocsfResource{groupARN(id), name, "AwsEc2SecurityGroup", id.Region, awsid.Partition(id.Region)}
}

// ocsfSeverity returns the number and the caption of a severity.
func ocsfSeverity(s drift.Severity) (id int, caption string) {
	captions := []string{"Informational", "Low", "Medium", "High", "Critical"}
	return int(s) + 1, captions[s]
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
