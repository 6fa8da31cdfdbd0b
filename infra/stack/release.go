package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
)

// addParameters makes the parameters of a template for users without CDK.
func (s *installation) addParameters() {
	mode := awscdk.NewCfnParameter(s.Stack, jsii.String("Mode"), &awscdk.CfnParameterProps{
		Type: jsii.String("String"), Default: jsii.String(s.Mode), AllowedValues: jsii.Strings("enforce", "observe"),
		Description: jsii.String("observe: decide, record and report, but write nothing to EC2"),
	})
	s.Mode = *mode.ValueAsString()
}

// released are the programs that a person copied into a bucket.
func (s *installation) released() code {
	bucket := awscdk.NewCfnParameter(s.Stack, jsii.String("CodeBucket"), &awscdk.CfnParameterProps{
		Type: jsii.String("String"), Description: jsii.String("bucket in this Region that holds the zip files of the release"),
	})
	prefix := awscdk.NewCfnParameter(s.Stack, jsii.String("CodePrefix"), &awscdk.CfnParameterProps{
		Type: jsii.String("String"), Default: jsii.String(""), Description: jsii.String("what stands before their names there, such as sgkeeper/1.0.0/"),
	})
	from := awss3.Bucket_FromBucketName(s.Stack, jsii.String("Code"), bucket.ValueAsString())
	return func(function string, _ ...bundled) awslambda.Code {
		return awslambda.Code_FromBucket(from, jsii.String(*prefix.ValueAsString()+ZipName(function, s.Architecture)), nil)
	}
}

// ZipName returns the name of a function's archive in a release.
func ZipName(function string, a Architecture) string { return function + "-" + string(a) + ".zip" }
