package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// addParameters makes the parameters of a release's template. They replace properties, which
// become the defaults.
func (s *installation) addParameters() {
	s.Mode = *newParameter(s.Stack, "Mode", awscdk.CfnParameterProps{
		Default: s.Mode, AllowedValues: jsii.Strings("enforce", "observe"),
		Description: jsii.String("observe: decide, record and report, but write nothing to EC2"),
	})
	s.Architecture = Architecture(*newParameter(s.Stack, "Architecture", awscdk.CfnParameterProps{
		Default: string(s.Architecture), AllowedValues: jsii.Strings(string(ARM64), string(X86)),
		Description: jsii.String("the instruction set of the functions"),
	}))
}

// released returns the programs that a person copied from a release into a bucket.
func (s *installation) released() code {
	bucket := newParameter(s.Stack, "CodeBucket", awscdk.CfnParameterProps{
		Description: jsii.String("bucket in this Region that holds the zip files of the release"),
	})
	prefix := newParameter(s.Stack, "CodePrefix", awscdk.CfnParameterProps{
		Default: "", Description: jsii.String("the start of their keys, such as sgkeeper/1.0.0/"),
	})
	from := awss3.Bucket_FromBucketName(s.Stack, jsii.String("Code"), bucket)
	return func(function string, _ ...bundled) awslambda.Code {
		return awslambda.Code_FromBucket(from, jsii.String(*prefix+ZipName(function, s.Architecture)), nil)
	}
}

// ZipName returns the name of a function's archive in a release.
func ZipName(function string, a Architecture) string { return function + "-" + string(a) + ".zip" }

// addParameters makes the parameters of a release's template, which is the same for each
// installation.
func (s *member) addParameters() {
	for _, p := range []struct {
		name, pattern, description string
		property                   *string
	}{
		{"HubAccount", "[0-9]{12}", "the account that the installation is in", &s.props.Account},
		{"HubRegion", "[a-z0-9-]+", "the Region that its functions run in; the roles are made there", &s.props.Region},
		{"ExternalId", "[A-Za-z0-9_+=,.@:/-]{2,1000}", "the external id that it was deployed with",
			&s.props.ExternalID},
	} {
		props := awscdk.CfnParameterProps{AllowedPattern: jsii.String(p.pattern),
			Description: jsii.String(p.description)}
		if *p.property != "" {
			props.Default = *p.property
		}
		*p.property = *newParameter(s.Stack, p.name, props)
	}
}

// inHubRegion has roles made in the Region of the installation alone. IAM roles are global, so
// a StackSet must make them in one of its Regions.
func (s *member) inHubRegion(roles ...awsiam.Role) {
	condition := awscdk.NewCfnCondition(s.Stack, jsii.String("HasRoles"), &awscdk.CfnConditionProps{
		Expression: awscdk.Fn_ConditionEquals(s.Region(), s.props.Region),
	})
	for _, role := range roles {
		policy := role.Node().FindChild(jsii.String("DefaultPolicy"))
		for _, node := range []constructs.Node{role.Node(), policy.Node()} {
			node.DefaultChild().(awscdk.CfnResource).CfnOptions().SetCondition(condition)
		}
	}
}

// newParameter makes a parameter of the template, a text, and returns the reference to it.
func newParameter(scope constructs.Construct, name string, props awscdk.CfnParameterProps) *string {
	props.Type = jsii.String("String")
	return awscdk.NewCfnParameter(scope, jsii.String(name), &props).ValueAsString()
}
