// Package ssm is Systems Manager's Parameter Store in the embedded AWS account, as far as the
// project uses it: named texts with rising versions.
//
// # Wire format
//
// The protocol is AWS JSON 1.1 with the target prefix "AmazonSSM.". For an
// *api.Error the caller answers {"__type": Code, "message": Message}.
//
// # Scope
//
// Supported are GetParameter and GetParameters by name or ARN, and PutParameter of type String.
// Lists, secure strings, labels, old versions, policies and tags are refused by name.
package ssm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
)

// Service is the Parameter Store of one account and Region.
type Service struct {
	account, region string

	mu         sync.Mutex
	parameters map[string]parameter
}

type parameter struct {
	value   string
	version int64
	at      time.Time
}

// New returns an empty Parameter Store.
func New(account, region string) *Service {
	return &Service{account: account, region: region, parameters: make(map[string]parameter)}
}

// Call performs one operation on AWS JSON bodies.
func (s *Service) Call(op string, input []byte) (output []byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch op {
	case "GetParameter":
		return perform(input, s.get)
	case "GetParameters":
		return perform(input, s.getAll)
	case "PutParameter":
		return perform(input, s.put)
	}
	return nil, &api.Error{Code: "UnknownOperationException",
		Message: "The action " + op + " is not part of the embedded Parameter Store."}
}

func perform[In, Out any](input []byte, do func(In) (Out, error)) ([]byte, error) {
	var in In
	d := json.NewDecoder(bytes.NewReader(input))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return nil, invalid("The embedded Parameter Store does not model this: %v.", err)
	}
	out, err := do(in)
	if err != nil {
		return nil, err
	}
	return json.Marshal(out)
}

func invalid(format string, args ...any) error {
	return &api.Error{Code: "ValidationException", Message: fmt.Sprintf(format, args...)}
}

type getInput struct {
	Name           string
	WithDecryption bool // no effect on a String
}

type getOutput struct{ Parameter described }

type described struct {
	ARN, DataType, Name, Type, Value string
	LastModifiedDate                 float64
	Version                          int64
}

func (s *Service) get(in getInput) (getOutput, error) {
	name := strings.TrimPrefix(in.Name, s.arn(""))
	p, ok := s.parameters[name]
	if !ok && in.Name != name {
		name = "/" + name // an ARN has only one slash before a hierarchical name
		p, ok = s.parameters[name]
	}
	if !ok {
		return getOutput{}, &api.Error{Code: "ParameterNotFound"}
	}
	return getOutput{described{
		ARN: s.arn(name), DataType: "text", Name: name, Type: "String", Value: p.value,
		LastModifiedDate: float64(p.at.UnixMilli()) / 1000, Version: p.version,
	}}, nil
}

type getAllInput struct {
	Names          []string
	WithDecryption bool // no effect on a String
}

type getAllOutput struct {
	Parameters        []described
	InvalidParameters []string
}

// mostNames is the number of names that GetParameters takes (SSM API reference).
const mostNames = 10

func (s *Service) getAll(in getAllInput) (getAllOutput, error) {
	if len(in.Names) == 0 || len(in.Names) > mostNames {
		return getAllOutput{}, invalid("1 validation error detected: Value at 'names' failed to satisfy constraint: "+
			"Member must have length between 1 and %d", mostNames)
	}
	out := getAllOutput{Parameters: []described{}, InvalidParameters: []string{}}
	for _, name := range in.Names {
		if found, err := s.get(getInput{Name: name}); err == nil {
			out.Parameters = append(out.Parameters, found.Parameter)
		} else {
			out.InvalidParameters = append(out.InvalidParameters, name)
		}
	}
	return out, nil
}

func (s *Service) arn(name string) string {
	return "arn:aws:ssm:" + s.region + ":" + s.account + ":parameter/" + strings.TrimPrefix(name, "/")
}

type putInput struct {
	Name, Value, Type, Tier string
	Overwrite               bool
}

type putOutput struct {
	Tier    string
	Version int64
}

var nameChars = regexp.MustCompile(`^[a-zA-Z0-9_.\-/]+$`)

// These are the largest sizes of a value in bytes, by tier.
const (
	standardBytes = 4096
	advancedBytes = 8192
)

func (s *Service) put(in putInput) (putOutput, error) {
	before, exists := s.parameters[in.Name]
	most, tier := standardBytes, "Standard"
	if in.Tier == "Advanced" || in.Tier == "Intelligent-Tiering" && len(in.Value) > standardBytes {
		most, tier = advancedBytes, "Advanced"
	}
	switch {
	case len(in.Name) > 1011 || !nameChars.MatchString(in.Name):
		return putOutput{}, invalid("Parameter name must not be empty and can only include the following symbols " +
			"and letters a-zA-Z0-9_.-/")
	case in.Type != "String" && (in.Type != "" || !exists):
		return putOutput{}, invalid("The embedded Parameter Store models the type String, not %q.", in.Type)
	case in.Value == "" || len(in.Value) > most:
		return putOutput{}, invalid("%s tier parameters support a maximum parameter value of %d characters.", tier,
			most)
	case exists && !in.Overwrite:
		return putOutput{}, &api.Error{Code: "ParameterAlreadyExists",
			Message: "The parameter already exists. To overwrite this value, " +
				"set the overwrite option in the request to true."}
	}
	s.parameters[in.Name] = parameter{in.Value, before.version + 1, time.Now()}
	return putOutput{tier, before.version + 1}, nil
}
