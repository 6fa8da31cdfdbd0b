package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
)

// addReports makes the bucket of the audit's reports, which outlives the stack.
func (s *installation) addReports() {
	encryption := awss3.BucketEncryption_S3_MANAGED
	if s.key != nil {
		encryption = awss3.BucketEncryption_KMS
	}
	s.reports = awss3.NewBucket(s.Stack, jsii.String("Reports"), &awss3.BucketProps{
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		ObjectOwnership:   awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
		EnforceSSL:        jsii.Bool(true),
		MinimumTLSVersion: jsii.Number(1.2),
		Encryption:        encryption,
		EncryptionKey:     s.key,
		BucketKeyEnabled:  jsii.Bool(s.key != nil),
		Versioned:         jsii.Bool(true), // each audit overwrites latest.json
		RemovalPolicy:     awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE,
		LifecycleRules: &[]*awss3.LifecycleRule{
			{Id: jsii.String("reports"), Prefix: jsii.String(reportsPrefix + "/reports/"),
				Expiration: awscdk.Duration_Days(jsii.Number(s.ReportDays))},
			{Id: jsii.String("overwritten"), NoncurrentVersionExpiration: awscdk.Duration_Days(jsii.Number(30)),
				AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(7))},
		},
	})
}
