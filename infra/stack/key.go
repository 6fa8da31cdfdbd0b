package stack

import (
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"
)

// keyUses returns the uses of the key by a principal.
func (s *installation) keyUses(principal string) (uses []KeyUse) {
	for _, u := range KeyUses() {
		if slices.Contains(u.Principals, principal) && (u.needed == nil || u.needed(s.Props)) {
			uses = append(uses, u)
		}
	}
	return uses
}

// addKey makes or finds the key that encrypts all data at rest. The policy of a key that it
// makes allows the services among [KeyUses]. The owner of an existing key writes its policy
// (docs/deploy.md).
func (s *installation) addKey() {
	switch s.KMSKey {
	case "":
		return
	case create:
	default:
		s.key = awskms.Key_FromKeyArn(s.Stack, jsii.String("Key"), jsii.String(s.KMSKey))
		return
	}
	key := awskms.NewKey(s.Stack, jsii.String("Key"), &awskms.KeyProps{
		Alias:             jsii.String("alias/" + s.Name),
		Description:       jsii.String("what " + s.Name + " keeps at rest"),
		EnableKeyRotation: jsii.Bool(true),
		// the table and the reports outlive the stack
		RemovalPolicy: awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE,
	})
	key.Node().DefaultChild().(awskms.CfnKey).SetKeyPolicy(s.keyPolicy())
	// CDK adds no statement of its own to a key that it takes for an existing one.
	s.key = awskms.Key_FromKeyArn(s.Stack, jsii.String("KeyInUse"), key.KeyArn())
}

// keyPolicy allows each service its uses of the key, and the account's own policies all others.
func (s *installation) keyPolicy() map[string]any {
	root := "arn:" + *s.Partition() + ":iam::" + *s.Account() + ":root"
	// In a key's policy, * is this key.
	statements := []any{map[string]any{
		"Sid": "Account", "Effect": "Allow", "Action": "kms:*", "Resource": "*",
		"Principal": map[string]any{"AWS": root},
	}}
	for _, principal := range servicePrincipals() {
		for _, u := range s.keyUses(principal) {
			statement := map[string]any{
				"Sid": u.sid(), "Effect": "Allow", "Action": u.Actions, "Resource": "*",
				"Principal": map[string]any{"Service": s.filled(principal, "")},
			}
			if condition := s.keyCondition(u, ""); condition != nil {
				statement["Condition"] = condition
			}
			statements = append(statements, statement)
		}
	}
	return map[string]any{"Version": "2012-10-17", "Statement": statements}
}

// servicePrincipals returns the services that call KMS, each once.
func servicePrincipals() (services []string) {
	for _, u := range KeyUses() {
		for _, p := range u.Principals {
			if ByService(p) && !slices.Contains(services, p) {
				services = append(services, p)
			}
		}
	}
	return services
}

// useKey lets the role of a part use the key, if there is one.
func (s *installation) useKey(part string, role awsiam.Role) {
	if s.key == nil {
		return
	}
	for _, u := range s.keyUses(part) {
		allow(role, allowed{
			sid: "KeyOf" + u.sid(), actions: u.Actions, resources: []*string{s.key.KeyArn()},
			conditions: s.keyCondition(u, part),
		})
	}
}

// sid returns the service's name as a part of a statement's id. A use without a condition is only
// of the key's description.
func (u KeyUse) sid() string {
	if u.Condition == (KeyCondition{}) {
		return alphanumeric(u.Service) + "Check"
	}
	return alphanumeric(u.Service)
}

func alphanumeric(name string) string { return strings.ReplaceAll(name, " ", "") }

// keyCondition returns a use's condition for a part, nil if it has none.
func (s *installation) keyCondition(u KeyUse, part string) map[string]any {
	switch c := u.Condition; {
	case c.SourceAccount:
		return map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": s.Account()}}
	case c.Via != "":
		via := s.filled(c.Via+".REGION.SUFFIX", "")
		return map[string]any{"StringEquals": map[string]any{"kms:ViaService": via}}
	case c.Context != "":
		resource := "arn:" + *s.Partition() + ":" + s.filled(c.Resource, part)
		return map[string]any{"ArnLike": map[string]any{"kms:EncryptionContext:" + c.Context: resource}}
	}
	return nil
}

// filled puts this stack's names into a text of [KeyUses].
func (s *installation) filled(text, part string) string {
	return strings.NewReplacer(
		"REGION", *s.Region(), "ACCOUNT", *s.Account(), "SUFFIX", *s.UrlSuffix(), "NAME", s.Name, "PART", part,
	).Replace(text)
}

func service(name string) awsiam.IPrincipal {
	return awsiam.NewServicePrincipal(jsii.String(name), nil)
}
