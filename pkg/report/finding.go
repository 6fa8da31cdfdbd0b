package report

import "encoding/json"

// Finding is a finding in the AWS Security Finding Format, 2018-10-08, with the attributes
// that sgkeeper fills. Its JSON keys are the format's.
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

// FindingSeverity holds ASFF's label and, as Original, the drift's kind.
type FindingSeverity struct {
	Label    string
	Original string
}

// Remediation is the way to mend the drift.
type Remediation struct{ Recommendation Recommendation }

// Recommendation is Remediation's text.
type Recommendation struct{ Text string }

// Compliance has the status FAILED, or PASSED for a closed drift.
type Compliance struct{ Status string }

// Resource is the drift's security group.
type Resource struct {
	Type      string
	ID        string `json:"Id"`
	Partition string
	Region    string
	Details   Details
}

// Details holds the group's attributes.
type Details struct {
	AwsEc2SecurityGroup SecurityGroup
}

// SecurityGroup holds a group's attributes by ASFF's names.
type SecurityGroup struct {
	GroupID   string `json:"GroupId"`
	GroupName string `json:",omitempty"`
	OwnerID   string `json:"OwnerId"`
	VpcID     string `json:"VpcId,omitempty"`
}

func (f Finding) bytes() []byte {
	b, err := json.Marshal(f)
	if err != nil {
		panic(err) // texts and lists always encode
	}
	return b
}
