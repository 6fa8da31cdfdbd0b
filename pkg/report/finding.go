package report

import "encoding/json"

// Finding is a finding in the AWS Security Finding Format, 2018-10-08, as far as
// it is used here. Its JSON keys are the format's.
type Finding struct {
	SchemaVersion   string
	ID              string `json:"Id"`
	ProductArn      string
	ProductName     string
	CompanyName     string
	Region          string
	GeneratorID     string `json:"GeneratorId"`
	AwsAccountID    string `json:"AwsAccountId"`
	Types           []string
	FirstObservedAt string
	LastObservedAt  string
	CreatedAt       string
	UpdatedAt       string
	Severity        FindingSeverity
	Title           string
	Description     string
	Remediation     Remediation
	ProductFields   map[string]string
	Resources       []Resource
	Compliance      Compliance
	RecordState     string
}

// FindingSeverity is a finding's severity: ASFF's label, and the kind of drift.
type FindingSeverity struct {
	Label    string
	Original string
}

// Remediation says what would mend it.
type Remediation struct{ Recommendation Recommendation }

// Recommendation is a text.
type Recommendation struct{ Text string }

// Compliance is PASSED for what is closed.
type Compliance struct{ Status string }

// Resource is the security group.
type Resource struct {
	Type      string
	ID        string `json:"Id"`
	Partition string
	Region    string
	Details   Details
}

// Details is what is known of a resource.
type Details struct {
	AwsEc2SecurityGroup SecurityGroup
}

// SecurityGroup is a group as ASFF describes it.
type SecurityGroup struct {
	GroupID   string `json:"GroupId"`
	GroupName string `json:",omitempty"`
	OwnerID   string `json:"OwnerId"`
	VpcID     string `json:"VpcId,omitempty"`
}

func (f Finding) bytes() []byte {
	b, err := json.Marshal(f)
	if err != nil {
		panic(err) // texts and lists have JSON
	}
	return b
}
