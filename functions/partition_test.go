package functions_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	smithyendpoints "github.com/aws/smithy-go/endpoints"
)

// TestPartitions: the SDK finds each service that the functions call in every partition, by the
// partition's own domain.
func TestPartitions(t *testing.T) {
	off := aws.Bool(false)
	for region, domain := range map[string]string{
		"us-east-1": "amazonaws.com", "us-gov-west-1": "amazonaws.com", "cn-north-1": "amazonaws.com.cn",
		"eusc-de-east-1": "amazonaws.eu",
		"us-iso-east-1":  "c2s.ic.gov", "us-isob-east-1": "sc2s.sgov.gov", "eu-isoe-west-1": "cloud.adc-e.uk",
		"us-isof-south-1": "csp.hci.ic.gov",
	} {
		for service, resolve := range map[string]func(context.Context) (smithyendpoints.Endpoint, error){
			"dynamodb": func(ctx context.Context) (smithyendpoints.Endpoint, error) {
				return dynamodb.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx,
					dynamodb.EndpointParameters{Region: &region, UseDualStack: off, UseFIPS: off})
			},
			"ec2": func(ctx context.Context) (smithyendpoints.Endpoint, error) {
				return ec2.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx,
					ec2.EndpointParameters{Region: &region, UseDualStack: off, UseFIPS: off})
			},
			"events": func(ctx context.Context) (smithyendpoints.Endpoint, error) {
				return eventbridge.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx,
					eventbridge.EndpointParameters{Region: &region, UseDualStack: off, UseFIPS: off})
			},
			"s3": func(ctx context.Context) (smithyendpoints.Endpoint, error) {
				return s3.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, s3.EndpointParameters{
					Region: &region, UseDualStack: off, UseFIPS: off, Accelerate: off, UseGlobalEndpoint: off,
					DisableMultiRegionAccessPoints: off, ForcePathStyle: off,
				})
			},
			"securityhub": func(ctx context.Context) (smithyendpoints.Endpoint, error) {
				return securityhub.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx,
					securityhub.EndpointParameters{Region: &region, UseDualStack: off, UseFIPS: off})
			},
			"sqs": func(ctx context.Context) (smithyendpoints.Endpoint, error) {
				return sqs.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx,
					sqs.EndpointParameters{Region: &region, UseDualStack: off, UseFIPS: off})
			},
			"ssm": func(ctx context.Context) (smithyendpoints.Endpoint, error) {
				return ssm.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx,
					ssm.EndpointParameters{Region: &region, UseDualStack: off, UseFIPS: off})
			},
			"sts": func(ctx context.Context) (smithyendpoints.Endpoint, error) {
				return sts.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx,
					sts.EndpointParameters{Region: &region, UseDualStack: off, UseFIPS: off, UseGlobalEndpoint: off})
			},
		} {
			endpoint, err := resolve(t.Context())
			if want := service + "." + region + "." + domain; err != nil || endpoint.URI.Host != want {
				t.Errorf("%s in %s is %s, %v; want %s", service, region, endpoint.URI.Host, err, want)
			}
		}
	}
}
