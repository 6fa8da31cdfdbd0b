package ec2sg

import (
	"bytes"
	"context"
	"io"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
)

// answer decodes the list of an answer without the SDK, whose decoding took more than half of an
// audit's processor time. The SDK still makes and signs each call, retries it, and decodes errors. It
// also decodes an answer that has an unusual form.
type answer struct {
	list string // the name of the list's element
	// item decodes an element of the list. It must leave the element.
	item func(*elements)
	// reset drops the items that were decoded, because the SDK tries again or decodes the answer.
	reset func()
}

// options has the SDK use the answer for a call.
func (a answer) options(o *ec2.Options) {
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Deserialize.Insert(a, "OperationDeserializer", middleware.After)
	})
}

// ID implements middleware.DeserializeMiddleware.
func (answer) ID() string { return "sgkeeper.answer" }

// HandleDeserialize implements middleware.DeserializeMiddleware.
func (a answer) HandleDeserialize(ctx context.Context, in middleware.DeserializeInput,
	next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
	a.reset()
	out, metadata, err := next.HandleDeserialize(ctx, in)
	response, ok := out.RawResponse.(*smithyhttp.Response)
	if err != nil || !ok || response.StatusCode/100 != 2 {
		return out, metadata, err
	}
	text, broken := io.ReadAll(response.Body)
	response.Body.Close()
	rest := text // for the SDK
	if broken == nil {
		if token, err := a.decode(text); err == nil {
			rest = []byte("<answer><nextToken>" + token + "</nextToken></answer>")
		} else {
			a.reset()
		}
	}
	response.Body = io.NopCloser(io.MultiReader(bytes.NewReader(rest), failing{broken}))
	return out, metadata, nil
}

// failing is the rest of a body that could not be read.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err == nil {
		return 0, io.EOF
	}
	return 0, f.err
}

// decode returns the token of the next page as it is in the answer.
func (a answer) decode(text []byte) (token string, err error) {
	x := elementsOf(text)
	if _, ok := x.next(); !ok {
		x.fail()
	}
	for name, ok := x.next(); ok; name, ok = x.next() {
		switch string(name) {
		case a.list:
			for name, ok := x.next(); ok; name, ok = x.next() {
				if a.item(x); string(name) != "item" {
					x.fail()
				}
			}
		case "nextToken":
			if token = x.value(); bytes.ContainsAny([]byte(token), "<>&") {
				x.fail()
			}
		default:
			x.skip()
		}
	}
	return token, x.err
}

// ruleIn decodes a rule, as far as entryOf needs it.
func ruleIn(x *elements) (r types.SecurityGroupRule) {
	for name, ok := x.next(); ok; name, ok = x.next() {
		switch string(name) {
		case "securityGroupRuleId":
			r.SecurityGroupRuleId = optional(x.value())
		case "groupId":
			r.GroupId = optional(x.value())
		case "isEgress":
			r.IsEgress = x.truth()
		case "ipProtocol":
			r.IpProtocol = optional(x.value())
		case "fromPort":
			r.FromPort = x.number()
		case "toPort":
			r.ToPort = x.number()
		case "cidrIpv4":
			r.CidrIpv4 = optional(x.value())
		case "cidrIpv6":
			r.CidrIpv6 = optional(x.value())
		case "prefixListId":
			r.PrefixListId = optional(x.value())
		case "description":
			r.Description = optional(x.value())
		case "referencedGroupInfo":
			r.ReferencedGroupInfo = x.reference()
		case "tagSet":
			r.Tags = x.tags()
		default:
			x.skip()
		}
	}
	return r
}

func (x *elements) truth() *bool {
	text := x.value()
	truth, err := strconv.ParseBool(text)
	if err != nil {
		x.fail()
	}
	return &truth
}

func (x *elements) number() *int32 {
	n, err := strconv.ParseInt(x.value(), 10, 32)
	if err != nil {
		x.fail()
	}
	return aws.Int32(int32(n))
}

func (x *elements) reference() *types.ReferencedSecurityGroup {
	r := new(types.ReferencedSecurityGroup)
	for name, ok := x.next(); ok; name, ok = x.next() {
		switch string(name) {
		case "groupId":
			r.GroupId = optional(x.value())
		case "userId":
			r.UserId = optional(x.value())
		default:
			x.skip()
		}
	}
	return r
}

func (x *elements) tags() (tags []types.Tag) {
	for _, ok := x.next(); ok; _, ok = x.next() {
		var t types.Tag
		for name, ok := x.next(); ok; name, ok = x.next() {
			switch string(name) {
			case "key":
				t.Key = aws.String(x.value())
			case "value":
				t.Value = aws.String(x.value())
			default:
				x.skip()
			}
		}
		tags = append(tags, t)
	}
	return tags
}

// foundFrom decodes a group, and counts its rules.
func foundFrom(x *elements) audit.Found {
	f := audit.Found{Tags: make(map[string]string)}
	for name, ok := x.next(); ok; name, ok = x.next() {
		switch string(name) {
		case "groupId":
			f.ID = x.value()
		case "groupName":
			f.Name = x.value()
		case "vpcId":
			f.VPC = x.value()
		case "tagSet":
			for _, t := range x.tags() {
				f.Tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
			}
		case "ipPermissions", "ipPermissionsEgress":
			f.Rules += x.peers()
		default:
			x.skip()
		}
	}
	return f
}

// peers counts the rules in permissions.
func (x *elements) peers() (n int) {
	for _, ok := x.next(); ok; _, ok = x.next() {
		for name, ok := x.next(); ok; name, ok = x.next() {
			switch string(name) {
			case "ipRanges", "ipv6Ranges", "prefixListIds", "groups":
				for _, ok := x.next(); ok; _, ok = x.next() {
					n++
					x.skip()
				}
			default:
				x.skip()
			}
		}
	}
	return n
}
