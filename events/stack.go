package events

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// StackRequest is a request of CloudFormation for a custom resource: a launch that lives as long
// as the resource (AWS CloudFormation user guide, custom resource reference).
type StackRequest struct {
	Type        StackRequestType
	ResponseURL ResponseURL
	StackID     string
	RequestID   string
	LogicalID   string
	PhysicalID  string // "" for a create

	// Name is the launch name of this request. It is the same for each delivery of the request,
	// and another one for each other request, so that a changed resource is another launch.
	Name string
	// Request holds the properties; nil for a delete, or if they have faults.
	Request *Request
	// Same reports that an update changes no rule, group, expiry or purpose.
	Same   bool
	Faults claim.Faults // of the properties
}

// StackRequestType is the operation of a [StackRequest].
type StackRequestType string

// The operations of CloudFormation.
const (
	StackCreate StackRequestType = "Create"
	StackUpdate StackRequestType = "Update"
	StackDelete StackRequestType = "Delete"
)

// ResponseURL is the presigned URL that takes the answer to a request. It is a secret: its
// holder can answer for the resource. It hides itself in texts and logs.
type ResponseURL struct{ url string }

// Reveal returns the URL.
func (u ResponseURL) Reveal() string { return u.url }

// String hides the URL.
func (ResponseURL) String() string { return "(hidden)" }

// GoString hides the URL.
func (ResponseURL) GoString() string { return "(hidden)" }

// MarshalText hides the URL.
func (ResponseURL) MarshalText() ([]byte, error) { return []byte("(hidden)"), nil }

// StackPrefix is the prefix of the launch names of custom resources. No delete of a custom
// resource ends a launch with another name.
const StackPrefix = "cfn-"

// propertyKeys are the properties of a resource: the detail of a launch without its name.
// CloudFormation adds the last two.
var propertyKeys = []string{
	"group", "rules", "expiresAt", "requester", "reason", "ticket", "ServiceToken", "ServiceTimeout",
}

var (
	stackID = regexp.MustCompile(
		`^arn:aws[a-z-]*:cloudformation:[a-z0-9-]+:[0-9]{12}:stack/[A-Za-z][A-Za-z0-9-]*/[\w-]+$`)
	requestID = regexp.MustCompile(`^[A-Za-z0-9-]+$`)
	logicalID = regexp.MustCompile(`^[A-Za-z0-9]+$`)
)

// DecodeStackRequest reads a payload of CloudFormation. It fails if the payload is not such a
// request of the decoder's Region. Such a payload cannot be answered. It ignores unknown keys
// beside the properties, because CloudFormation may add some. Faults of the properties are in the
// result's Faults, with pointers such as /ResourceProperties/rules/0/ports.
func (d Decoder) DecodeStackRequest(payload []byte) (r StackRequest, err error) {
	if faults := checkSize(len(payload)); faults != nil {
		return r, faults
	}
	v, err := parse(payload)
	if err != nil {
		return r, eventFault("the payload cannot be read as JSON: %v", err)
	}
	if v.kind != object {
		return r, eventFault("found %s: want a request of CloudFormation for a custom resource", v)
	}
	var found detail
	if repeated, twice := firstRepeated(v); twice {
		found.add(pointer("").key(repeated), "the key %s is repeated: want it once", quote(repeated))
	}
	r.read(&found, v, d.Region)
	if faults := found.all(); faults != nil {
		return StackRequest{}, faults
	}
	sum := sha256.Sum256([]byte(r.StackID + "|" + r.LogicalID + "|" + r.RequestID))
	r.Name = StackPrefix + r.LogicalID[:min(len(r.LogicalID), maxLogicalID)] + "-" + hex.EncodeToString(sum[:10])
	if r.Type != StackDelete {
		r.properties(d, v)
	}
	return r, nil
}

// maxLogicalID is the part of a logical id in a launch name, for people.
const maxLogicalID = 64

func (r *StackRequest) read(d *detail, v value, region string) {
	text := func(key string, is func(string) bool, want string) string {
		found, ok := v.get(key)
		if !ok {
			d.add(pointer("").key(key), "absent: want %s", want)
			return ""
		}
		return d.match(found, pointer("").key(key), is, want)
	}
	matches := func(r *regexp.Regexp, most int) func(string) bool {
		return func(s string) bool { return len(s) <= most && r.MatchString(s) }
	}
	r.Type = StackRequestType(text("RequestType", isStackRequestType, "Create, Update or Delete"))
	r.StackID = text("StackId", matches(stackID, 512), "the ARN of a stack")
	r.RequestID = text("RequestId", matches(requestID, 128), "1 to 128 letters, digits and -")
	r.LogicalID = text("LogicalResourceId", matches(logicalID, 255), "1 to 255 letters and digits")
	if r.Type != StackCreate {
		short := func(s string) bool { return s != "" && len(s) <= 1024 }
		r.PhysicalID = text("PhysicalResourceId", short, "1 to 1,024 characters")
	}
	written := v.word("ResponseURL")
	if !isResponseURL(written, region) {
		d.add("/ResponseURL", "not a URL of CloudFormation's bucket in %s: want https://%s.s3.%s.amazonaws.com/...",
			region, responseBucket(region), region) // the value is a secret
	}
	r.ResponseURL = ResponseURL{written}
}

func isStackRequestType(s string) bool {
	return slices.Contains([]StackRequestType{StackCreate, StackUpdate, StackDelete}, StackRequestType(s))
}

// responseBucket returns the bucket of CloudFormation that takes the answers in a Region. Its name
// has the Region without dashes (AWS CloudFormation user guide, VPC endpoints). The bucket belongs
// to AWS in each Region.
func responseBucket(region string) string {
	return "cloudformation-custom-resource-response-" + strings.ReplaceAll(region, "-", "")
}

// isResponseURL reports whether a URL is of CloudFormation's bucket in a Region. CloudFormation
// sends a custom resource only to a function of the stack's Region.
func isResponseURL(s, region string) bool {
	u, err := url.Parse(s)
	if err != nil || region == "" || len(s) > maxResponseURL || u.Scheme != "https" || u.User != nil || u.Opaque != "" {
		return false
	}
	bucket, domain := responseBucket(region), "amazonaws.com"
	if strings.HasPrefix(region, "cn-") {
		domain = "amazonaws.com.cn"
	}
	hosts := []string{
		fmt.Sprintf("%s.s3.%s.%s", bucket, region, domain),
		fmt.Sprintf("%s.s3-%s.%s", bucket, region, domain), // as the Lambda developer guide shows it
	}
	if region == "us-east-1" {
		hosts = append(hosts, bucket+".s3."+domain)
	}
	return slices.Contains(hosts, u.Host)
}

// maxResponseURL bounds the URL in bytes.
const maxResponseURL = 4096

// properties reads the properties of a create or an update.
func (r *StackRequest) properties(d Decoder, v value) {
	request, faults := d.resource(v, "ResourceProperties", r.Name)
	r.Faults = faults
	if faults != nil {
		return
	}
	r.Request = &request
	if r.Type != StackUpdate {
		return
	}
	old, faults := d.resource(v, "OldResourceProperties", r.Name)
	digest := func(r Request) string { return r.On(r.Group.Ref().Group(), time.Time{}).Digest() }
	r.Same = faults == nil && old.Group == request.Group && old.Purpose == request.Purpose &&
		digest(old) == digest(request)
}

// resource reads the properties under a key as the detail of a Launch Requested.
func (d Decoder) resource(v value, key, name string) (Request, claim.Faults) {
	m := d.newMessage()
	m.Launch.Name = name
	found := detail{from: place{m.Launch.Account, m.Group.Region}}
	properties, ok := v.get(key)
	if !ok || properties.kind != object {
		found.add(pointer("").key(key), "found %s: want the properties of the resource", properties)
		return Request{}, found.all()
	}
	found.base = pointer("").key(key)
	found.keys(properties, "", propertyKeys)
	m.request(&found, numbered(properties))
	return *m.Request, found.all()
}

// numbered turns the texts of ICMP types and codes into numbers, because CloudFormation sends
// each number as a text (AWS CloudFormation user guide, custom resource request). Ports and
// protocols may be texts in every event.
func numbered(v value) value {
	return v.with("rules", func(rules value) value {
		rules.list = slices.Clone(rules.list)
		for i, rule := range rules.list {
			rules.list[i] = rule.with("icmp", func(icmp value) value {
				return icmp.with("type", asNumber).with("code", asNumber)
			})
		}
		return rules
	})
}

// with returns an object with one member replaced.
func (v value) with(key string, replace func(value) value) value {
	v.members = slices.Clone(v.members)
	for i, m := range v.members {
		if m.key == key {
			v.members[i].value = replace(m.value)
		}
	}
	return v
}

var decimal = regexp.MustCompile(`^-?[0-9]{1,4}$`)

func asNumber(v value) value {
	if v.kind == text && decimal.MatchString(v.text) {
		v.kind = number
	}
	return v
}
