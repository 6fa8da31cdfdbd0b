package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// TestAnswerErrors: an answer that breaks off is told from one that is not AWS's.
func TestAnswerErrors(t *testing.T) {
	const broke, foreign = "the connection broke off in the middle of an answer", "the answer is not from AWS"
	for _, test := range []struct{ name, body, want string }{
		{"a page", "<html><p>Sign in", foreign},
		{"a page, cut", "<html><body><di", foreign},
		{"half an answer of DynamoDB", `{"Table": {"TableName": "sgk`, broke},
		{"half an answer of EC2", `<DescribeSecurityGroupsResponse><securityGroupInfo><item>`, broke},
		{"no body", "", broke},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if test.want == foreign {
					fmt.Fprint(w, test.body)
					return
				}
				w.Header().Set("Content-Length", "1000")
				fmt.Fprint(w, test.body)
				w.(http.Flusher).Flush()
				panic(http.ErrAbortHandler)
			}))
			defer server.Close()
			c := aws.Config{Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: aws.AnonymousCredentials{},
				Retryer: func() aws.Retryer { return aws.NopRetryer{} }}
			_, table := dynamodb.NewFromConfig(c).DescribeTable(t.Context(),
				&dynamodb.DescribeTableInput{TableName: aws.String("sgkeeper")})
			_, groups := ec2.NewFromConfig(c).DescribeSecurityGroups(t.Context(), nil)
			for _, err := range []error{table, groups} {
				if err == nil || !strings.HasPrefix(awsError(err).Error(), test.want) {
					t.Errorf("awsError(%v) = %v, want %q", err, awsError(err), test.want)
				}
			}
		})
	}
}
