package stack

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"
	"github.com/aws/jsii-runtime-go"

	"github.com/sgkeeper/sgkeeper/pkg/guard"
)

// Bytes that a parameter holds, in SSM's two tiers. SSM counts characters, of
// which there are never more.
const (
	standardBytes = 4 << 10
	advancedBytes = 8 << 10
)

// Guardrails are what may be asked. The zero value is the built-in guard; else
// they are a file, or a parameter that is there already.
type Guardrails struct {
	File      string // its path; see [ReadGuardrails]
	Text      string // what it holds
	Parameter string // name of an SSM parameter, which this stack does not make
}

// ReadGuardrails reads a file as the functions are going to. The error names each
// line that is wrong, and what is wanted there.
func ReadGuardrails(file string) (Guardrails, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return Guardrails{}, err
	}
	if _, err := guard.Read(data); err != nil {
		return Guardrails{}, fmt.Errorf("%s: %w", file, err)
	}
	g := Guardrails{File: file, Text: string(data)}
	// In a value, SSM and CloudFormation take this for a reference to another.
	if before, _, found := strings.Cut(g.Text, "{{"); found && !g.bundled() {
		return Guardrails{}, fmt.Errorf("%s: line %d: found {{, which no parameter may hold: want a space between the two, or \"{\\x7B\" in a quoted text", file, 1+strings.Count(before, "\n"))
	}
	return g, nil
}

// bundled reports whether a file is too large for a parameter, so that it is
// deployed beside the programs.
func (g Guardrails) bundled() bool { return len(g.Text) > advancedBytes }

// addGuardrails keeps a file in a parameter, so that it can change and the
// functions stay as they are.
func (s *installation) addGuardrails() {
	g := s.Guardrails
	switch {
	case g.Parameter != "":
		s.guardrails = text{name: ssmScheme + g.Parameter}
	case g.bundled():
		s.guardrails = text{filepath.Base(g.File), []string{g.File}}
	case g.Text != "":
		s.guardrailsParameter = s.newGuardrailsParameter()
		s.guardrails = text{name: ssmScheme + *s.guardrailsParameter.Ref()}
	}
}

// newGuardrailsParameter makes one of the cheaper tier that holds the file. None
// goes back from the advanced to the standard tier: in the other one it is another
// parameter, whose name CloudFormation makes.
func (s *installation) newGuardrailsParameter() awsssm.CfnParameter {
	id, tier := "Guardrails", "Standard"
	if len(s.Guardrails.Text) > standardBytes {
		id, tier = "GuardrailsAdvanced", "Advanced"
	}
	return awsssm.NewCfnParameter(s.Stack, jsii.String(id), &awsssm.CfnParameterProps{
		Type: jsii.String("String"), Tier: jsii.String(tier), Value: jsii.String(s.Guardrails.Text),
		Description: jsii.String("what may be asked of " + s.Name),
	})
}

// allowGuardrails lets a role read the parameter that the guardrails are in.
func (s *installation) allowGuardrails(role awsiam.Role) {
	if name, ok := strings.CutPrefix(s.guardrails.name, ssmScheme); ok {
		parameter := s.arn("ssm", "parameter/"+strings.TrimPrefix(name, "/"))
		allow(role, allowed{sid: "Guardrails", actions: []string{"ssm:GetParameter"}, resources: []*string{parameter}})
	}
}
