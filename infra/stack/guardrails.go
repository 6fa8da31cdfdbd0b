package stack

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"
	"github.com/aws/jsii-runtime-go"
	"go.yaml.in/yaml/v3"

	"github.com/sgkeeper/sgkeeper/pkg/guardfile"
)

// Capacity in bytes of the two tiers of SSM parameters. SSM counts characters, and a text
// never has more characters than bytes.
const (
	standardBytes = 4 << 10
	advancedBytes = 8 << 10
)

// Guardrails are the guardrails of an installation: a file, or the name of an existing
// parameter. The zero value stands for the built-in guardrails.
type Guardrails struct {
	File      string // its path; see [ReadGuardrails]
	Text      string // content of the file
	Parameter string // name of an SSM parameter that this stack does not make
}

// ReadGuardrails reads a file. It does not check the content; [Guardrails.With] does.
func ReadGuardrails(file string) (Guardrails, error) {
	text, err := os.ReadFile(file)
	return Guardrails{File: file, Text: string(text)}, err
}

// check reads the text as the functions do. The error names each faulty line and the allowed
// values.
func (g Guardrails) check() error {
	if _, err := guardfile.Read([]byte(g.Text)); err != nil {
		return fmt.Errorf("%s: %w", g.File, err)
	}
	// SSM and CloudFormation take this as a reference to another parameter.
	if before, _, found := strings.Cut(g.Text, "{{"); found && !g.bundled() {
		return fmt.Errorf("%s: line %d: found {{, which a parameter cannot contain: want a space between the two, "+
			"or \"{\\x7B\" in a quoted text", g.File, 1+strings.Count(before, "\n"))
	}
	return nil
}

// bundled reports whether the file is too large for a parameter. Such a file is deployed
// beside the programs.
func (g Guardrails) bundled() bool { return len(g.Text) > advancedBytes }

// With returns the guardrails to deploy: with a section for publishers if there are any, and
// otherwise unchanged. It also leaves a parameter of another stack unchanged: its owner adds
// [publishersSection]. It fails if the file is not valid.
func (g Guardrails) With(publishers []Publisher) (Guardrails, error) {
	switch {
	case g.Parameter != "" || g.File == "" && len(publishers) == 0:
		return g, nil
	case len(publishers) == 0:
		return g, g.check()
	}
	section := publishersSection(publishers)
	if g.File == "" {
		g = Guardrails{File: "guardrails.yaml", Text: section}
		return g, g.check()
	}
	var document, added yaml.Node
	if err := errors.Join(yaml.Unmarshal([]byte(g.Text), &document),
		yaml.Unmarshal([]byte(section), &added)); err != nil {
		return g, err
	}
	root := document.Content[0]
	root.Content = append(root.Content, added.Content[0].Content...)
	text, err := yaml.Marshal(&document)
	g.Text = string(text)
	return g, errors.Join(err, g.check())
}

// publishersSection returns the guardrails' section that describes the publishers.
func publishersSection(publishers []Publisher) string {
	text, err := yaml.Marshal(map[string][]Publisher{"publishers": publishers})
	if err != nil {
		panic(err) // texts and lists of texts always marshal
	}
	return string(text)
}

// addGuardrails keeps a file in a parameter, so that guardrails change without a new version
// of the functions.
func (s *installation) addGuardrails() {
	g, err := s.Guardrails.With(s.Publishers)
	if err != nil {
		panic(err) // Check has reported it before
	}
	switch {
	case g.Parameter != "":
		s.guardrails = text{name: ssmScheme + g.Parameter}
		if len(s.Publishers) > 0 {
			awscdk.Annotations_Of(s.Stack).AddWarningV2(jsii.String("sgkeeper:publishers"), jsii.String(
				"the stack does not write the parameter "+g.Parameter+
					": add this section to the guardrails there, or the functions know no publishers\n"+
					publishersSection(s.Publishers)))
		}
	case g.bundled():
		name := filepath.Base(g.File)
		s.guardrails = text{name, []bundled{{name, func() ([]byte, error) { return []byte(g.Text), nil }}}}
	case g.File != "":
		s.guardrailsParameter = s.newGuardrailsParameter(g.Text)
		s.guardrails = text{name: ssmScheme + *s.guardrailsParameter.Ref()}
	}
}

// newGuardrailsParameter makes a parameter of the cheaper tier that holds the text. SSM cannot
// move a parameter from the advanced to the standard tier. So each tier has its own parameter,
// with a name from CloudFormation.
func (s *installation) newGuardrailsParameter(text string) awsssm.CfnParameter {
	id, tier := "Guardrails", "Standard"
	if len(text) > standardBytes {
		id, tier = "GuardrailsAdvanced", "Advanced"
	}
	return awsssm.NewCfnParameter(s.Stack, jsii.String(id), &awsssm.CfnParameterProps{
		Type: jsii.String("String"), Tier: jsii.String(tier), Value: jsii.String(text),
		Description: jsii.String("guardrails of " + s.Name),
	})
}

// allowGuardrails lets a role read the guardrails' parameter.
func (s *installation) allowGuardrails(role awsiam.Role) {
	if name, ok := strings.CutPrefix(s.guardrails.name, ssmScheme); ok {
		parameter := s.arn("ssm", "parameter/"+strings.TrimPrefix(name, "/"))
		allow(role, allowed{sid: "Guardrails", actions: []string{"ssm:GetParameter"}, resources: []*string{parameter}})
	}
}
