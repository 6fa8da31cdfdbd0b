// Package securityhub is the Security Hub of the embedded account: it accepts findings in the
// AWS Security Finding Format, and returns them.
//
// See the API reference of BatchImportFindings and "Required top-level ASFF
// attributes" in the user guide.
package securityhub

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
)

// Service holds the findings of one account in one Region.
type Service struct {
	account, region string

	mu       sync.Mutex
	findings map[string]json.RawMessage // by Id
	fail     func(id string) *api.Error
}

// New returns a Security Hub without findings.
func New(account, region string) *Service {
	return &Service{account: account, region: region, findings: map[string]json.RawMessage{}}
}

// Fail sets a hook that is called with each finding's Id. If it returns an error, the finding
// is reported as failed and not kept.
func (s *Service) Fail(fail func(id string) *api.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = fail
}

// Findings returns the findings, by their Ids.
func (s *Service) Findings() map[string]json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.findings)
}

const (
	maxBatch   = 100
	maxFinding = 240 << 10
)

type failure struct {
	ID      string `json:"Id"`
	Code    string `json:"ErrorCode"`
	Message string `json:"ErrorMessage"`
}

type reply struct {
	FailedCount    int
	SuccessCount   int
	FailedFindings []failure
}

// Call performs BatchImportFindings.
func (s *Service) Call(op string, input []byte) ([]byte, error) {
	var in struct{ Findings []json.RawMessage }
	switch err := json.Unmarshal(input, &in); {
	case op != "BatchImportFindings":
		return nil, &api.Error{Code: "InvalidAccessException",
			Message: "The embedded account's Security Hub does not have " + op}
	case err != nil || len(in.Findings) == 0 || len(in.Findings) > maxBatch:
		return nil, &api.Error{Code: "InvalidInputException",
			Message: fmt.Sprintf("%d findings: want 1 to %d", len(in.Findings), maxBatch)}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := reply{FailedFindings: []failure{}}
	for _, f := range in.Findings {
		if failed := s.take(f); failed != nil {
			out.FailedFindings = append(out.FailedFindings, *failed)
		}
	}
	out.FailedCount, out.SuccessCount = len(out.FailedFindings), len(in.Findings)-len(out.FailedFindings)
	return json.Marshal(out)
}

// take keeps a finding, or returns the reason why not.
func (s *Service) take(text json.RawMessage) *failure {
	var f finding
	if err := json.Unmarshal(text, &f); err != nil {
		return &failure{"", "InvalidInput", err.Error()}
	}
	if problem := s.problem(f, len(text)); problem != "" {
		return &failure{f.ID, "InvalidInput", problem}
	}
	if s.fail != nil {
		if e := s.fail(f.ID); e != nil {
			return &failure{f.ID, e.Code, e.Message}
		}
	}
	if !s.ignores(f) {
		s.findings[f.ID] = slices.Clone(text)
	}
	return nil
}

// ignores reports whether the finding is an update that is not later than the one before. Security
// Hub takes such an update, and ignores it
// (https://docs.aws.amazon.com/securityhub/latest/userguide/finding-update-batchimportfindings.html).
func (s *Service) ignores(f finding) bool {
	text, ok := s.findings[f.ID]
	if !ok {
		return false
	}
	var before finding
	if err := json.Unmarshal(text, &before); err != nil {
		return false
	}
	was, _ := time.Parse(time.RFC3339, before.UpdatedAt)
	is, _ := time.Parse(time.RFC3339, f.UpdatedAt)
	return !is.After(was)
}

// finding holds the members that every finding must have.
type finding struct {
	SchemaVersion, ID, ProductArn, GeneratorID, AwsAccountID string
	CreatedAt, UpdatedAt, Title, Description, RecordState    string
	Types                                                    []string
	Severity                                                 struct{ Label string }
	Resources                                                []struct{ Type, ID string }
}

var labels = regexp.MustCompile(`^(INFORMATIONAL|LOW|MEDIUM|HIGH|CRITICAL)$`)

func (s *Service) problem(f finding, size int) string {
	product := fmt.Sprintf("arn:aws:securityhub:%s:%s:product/%s/default", s.region, s.account, s.account)
	switch {
	case size > maxFinding:
		return fmt.Sprintf("the finding has %d bytes, want at most %d", size, maxFinding)
	case f.SchemaVersion != "2018-10-08", f.ProductArn != product:
		return fmt.Sprintf("SchemaVersion %q and ProductArn %q: want 2018-10-08 and %s", f.SchemaVersion, f.ProductArn,
			product)
	case f.ID == "", len(f.ID) > 512, f.GeneratorID == "", len(f.AwsAccountID) != 12:
		return fmt.Sprintf("Id %q, GeneratorId %q, AwsAccountId %q", f.ID, f.GeneratorID, f.AwsAccountID)
	case f.Title == "", len(f.Title) > 256, f.Description == "", len(f.Description) > 1024:
		return fmt.Sprintf("a title of %d bytes and a description of %d: want 1 to 256 and 1 to 1024", len(f.Title),
			len(f.Description))
	case len(f.Types) == 0, len(f.Types) > 50, !labels.MatchString(f.Severity.Label), len(f.Resources) == 0,
		len(f.Resources) > 32:
		return "Types, Severity.Label and Resources are required"
	case f.RecordState != "" && f.RecordState != "ACTIVE" && f.RecordState != "ARCHIVED":
		return "RecordState is " + f.RecordState
	}
	for _, at := range []string{f.CreatedAt, f.UpdatedAt} {
		if _, err := time.Parse(time.RFC3339, at); err != nil {
			return err.Error()
		}
	}
	return ""
}
