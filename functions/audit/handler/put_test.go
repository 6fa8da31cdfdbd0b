package handler_test

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// put stores an object.
func (r *rig) put(key, text string) {
	r.Helper()
	_, err := s3.NewFromConfig(r.clients).PutObject(r.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: &key, Body: strings.NewReader(text)})
	if err != nil {
		r.Fatal(err)
	}
}
