package stack

import (
	"path/filepath"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
)

// What stands before the names of things that are no files.
const (
	ssmScheme = "ssm:"
	s3Scheme  = "s3://"
)

// text is something that a function reads, by the name that it finds it by, and
// the file to bundle for that.
type text struct {
	name  string
	files []string
}

// found is what begins with a scheme, or else a file.
func found(what, scheme string) text {
	if what == "" || strings.HasPrefix(what, scheme) {
		return text{name: what}
	}
	return text{filepath.Base(what), []string{what}}
}

func (s *installation) guardrails() text { return found(s.Guardrails, ssmScheme) }

// allowGuardrails lets a role read the parameter that the guardrails are in.
func (s *installation) allowGuardrails(role awsiam.Role) {
	if name, ok := strings.CutPrefix(s.Guardrails, ssmScheme); ok {
		parameter := s.arn("ssm", "parameter/"+strings.TrimPrefix(name, "/"))
		allow(role, allowed{sid: "Guardrails", actions: []string{"ssm:GetParameter"}, resources: []*string{parameter}})
	}
}
