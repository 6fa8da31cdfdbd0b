package fakeaws

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// targets maps the prefix of X-Amz-Target to a service that uses AWS JSON.
var targets = map[string]string{
	"DynamoDB_20120810": "dynamodb",
	"AmazonSQS":         "sqs",
	"AWSEvents":         "events",
	"AmazonSSM":         "ssm",
}

// stsVersion is the API version that distinguishes STS from EC2.
const stsVersion = "2011-06-15"

// readOp returns the operation of a request, and the protocol of its reply. It fails if it
// cannot read the body.
func readOp(r *http.Request) (Op, wire, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return Op{}, nil, err
		}
	}
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		prefix, name, _ := strings.Cut(target, ".")
		return Op{Service: serviceOf(prefix), Name: name, Body: body}, jsonWire{r.Header.Get("Content-Type")}, nil
	}
	if op, ok := invocation(r, body); ok {
		return op, lambdaWire{}, nil
	}
	if op, ok := mappingOp(r, body); ok {
		return op, lambdaWire{}, nil
	}
	if op, ok := objectOp(r, body); ok {
		return op, s3Wire{r.Method}, nil
	}
	if op, ok := importing(r, body); ok {
		return op, restWire{}, nil
	}
	form, err := url.ParseQuery(string(body))
	if action := form.Get("Action"); err == nil && action != "" {
		return queryOp(r, form, action)
	}
	if form := r.URL.Query(); form.Get("Action") != "" {
		return queryOp(r, form, form.Get("Action"))
	}
	return Op{Service: signedFor(r), Name: r.Method + " " + r.URL.Path, Body: body}, jsonWire{}, nil
}

func queryOp(r *http.Request, form url.Values, action string) (Op, wire, error) {
	op := Op{Service: "ec2", Name: action, Form: form}
	if form.Get("Version") == stsVersion {
		op.Service = "sts"
		return op, queryWire{}, nil
	}
	if signed := signedFor(r); signed != "unknown" && signed != "ec2" {
		op.Service = signed
		return op, queryWire{}, nil
	}
	return op, ec2Wire{}, nil
}

func serviceOf(prefix string) string {
	if s := targets[prefix]; s != "" {
		return s
	}
	return prefix
}

var scope = regexp.MustCompile(`Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request`)

// signedFor returns the service of the request's signature, or "unknown".
func signedFor(r *http.Request) string {
	if m := scope.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		return m[1]
	}
	return "unknown"
}
