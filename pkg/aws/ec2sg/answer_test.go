package ec2sg

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// saying is an EC2 that gives the same answer to each call.
type saying struct {
	status int
	text   string
	broken error // after the text
}

func (s saying) Do(r *http.Request) (*http.Response, error) {
	body := io.MultiReader(strings.NewReader(s.text), failing{s.broken})
	return &http.Response{StatusCode: s.status, Header: http.Header{}, Body: io.NopCloser(body), ContentLength: -1,
		Request: r}, nil
}

func (s saying) client() *ec2.Client {
	return ec2.NewFromConfig(aws.Config{Region: "us-east-1", HTTPClient: s, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")})
}

// peers holds each peer that a rule can have. %s is a text.
const (
	head  = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	first = `<securityGroupRuleId>sgr-1</securityGroupRuleId><groupId>sg-1</groupId><isEgress>false</isEgress>
  <ipProtocol>tcp</ipProtocol><fromPort>80</fromPort><toPort>81</toPort>`
	peers = `<item>` + first + `<cidrIpv4>10.0.0.0/8</cidrIpv4><description>%s</description>
  <tagSet><item><key>%[1]s</key><value>%[1]s</value></item><item><key>b</key><value/></item></tagSet></item>
<item>` + first + `<cidrIpv6>::/0</cidrIpv6><tagSet/></item>
<item>` + first + `<prefixListId>pl-1</prefixListId><description/></item>
<item>` + first + `<referencedGroupInfo><groupId>sg-2</groupId><userId>111122223333</userId>
  <peeringStatus>active</peeringStatus></referencedGroupInfo><groupOwnerId>1</groupOwnerId></item>
<item>` + first + `<unknown a="b"><x><y/></x>text</unknown></item>
<item><isEgress>true</isEgress></item>`
)

func rulesText(items string) string {
	return `<DescribeSecurityGroupRulesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId>` +
		`<securityGroupRuleSet>` + items + `</securityGroupRuleSet></DescribeSecurityGroupRulesResponse>`
}

func groupsText(name string) string {
	some := `<item><ipProtocol>tcp</ipProtocol><fromPort>1</fromPort><ipRanges><item><cidrIp>10.0.0.0/8</cidrIp></item>` +
		`<item/></ipRanges><ipv6Ranges><item><a/></item></ipv6Ranges><prefixListIds/><groups><item/></groups></item>`
	return `<R><securityGroupInfo><item><groupId>sg-1</groupId><groupName>` + name + `</groupName><vpcId>vpc-1</vpcId>` +
		`<groupDescription>d</groupDescription><tagSet><item><key>` + name + `</key><value>` + name +
		`</value></item></tagSet><ipPermissions>` + some + some + `</ipPermissions><ipPermissionsEgress>` + some +
		`</ipPermissionsEgress></item><item><groupId>sg-2</groupId></item></securityGroupInfo>` +
		`<nextToken>next=/+</nextToken></R>`
}

// forms returns answers in usual and unusual forms, and broken ones.
func forms(text string) map[string]saying {
	return map[string]saying{
		"usual":       {200, text, nil},
		"header":      {200, head + text, nil},
		"comment":     {200, strings.Replace(text, "<item>", "<!-- <item> --><item>", 1), nil},
		"CDATA":       {200, strings.Replace(text, "sg-1", "<![CDATA[sg-1]]>", 1), nil},
		"attribute":   {200, strings.Replace(text, "<item>", `<item a="x>y">`, 1), nil},
		"CR":          {200, strings.Replace(text, "<item>", "\r\n<item>", 1), nil},
		"odd element": {200, strings.Replace(text, "<item>", "<odd/><item>", 1), nil},
		"cut":         {200, text[:len(text)/2], nil},
		"no UTF-8":    {200, strings.Replace(text, "sg-1", "sg-\xff", 1), nil},
		"no number":   {200, strings.Replace(text, "<fromPort>80", "<fromPort>x", 1), nil},
		"no entity":   {200, strings.Replace(text, "sg-1", "sg-&x;", 1), nil},
		"no XML":      {200, "no XML", nil},
		"empty":       {200, "", nil},
		"broken":      {200, text[:len(text)/2], io.ErrUnexpectedEOF},
		"error": {400, `<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors>` +
			`</Response>`, nil},
	}
}

// same reports whether two errors are alike.
func same(a, b error) bool {
	var x, y interface{ ErrorCode() string }
	if errors.As(a, &x) && errors.As(b, &y) {
		return x.ErrorCode() == y.ErrorCode()
	}
	return (a == nil) == (b == nil)
}

// TestAnswerRules compares with the SDK's own decoding.
func TestAnswerRules(t *testing.T) {
	fast := 0
	for name, ec := range forms(rulesText(fmt.Sprintf(peers, "a &lt;&amp;&#x41;&#66;&quot;&apos;&gt; é\n"))) {
		var want []groupRule
		out, wantErr := ec.client().DescribeSecurityGroupRules(t.Context(), new(ec2.DescribeSecurityGroupRulesInput))
		if wantErr == nil {
			for i := range out.SecurityGroupRules {
				want = append(want, groupRuleOf(&out.SecurityGroupRules[i]))
			}
		}
		var got []groupRule
		err := NewReader(One(ec.client(), "", "")).Rules(t.Context(), audit.Place{}, []string{"sg-1"},
			func(id string, e secgroup.Entry, err error) { got = append(got, groupRule{id, e, err}) })
		if !same(err, wantErr) || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v\n%v\nwant\n%v", name, err, wantErr, got, want)
		}
		plain := answer{list: "securityGroupRuleSet", item: func(x *elements) { ruleIn(x) }}
		if _, err := plain.decode([]byte(ec.text)); err == nil {
			fast++
		}
	}
	if fast < 2 {
		t.Errorf("%d forms were decoded without the SDK", fast)
	}
}

// TestAnswerGroups compares with the SDK's own decoding.
func TestAnswerGroups(t *testing.T) {
	for name, ec := range forms(groupsText("a &lt;&amp;")) {
		out, wantErr := ec.client().DescribeSecurityGroups(t.Context(), new(ec2.DescribeSecurityGroupsInput))
		var want []audit.Found
		next := ""
		if wantErr == nil {
			want, next = foundIn(out.SecurityGroups), aws.ToString(out.NextToken)
		}
		got, token, err := NewReader(One(ec.client(), "", "")).Managed(t.Context(), audit.Place{}, "a=b", "")
		if !same(err, wantErr) || token != next || len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v\n%v, %q\nwant\n%v, %q", name, err, wantErr, got, token, want, next)
		}
	}
}

// TestElements decodes random texts that encoding/xml escaped.
func TestElements(t *testing.T) {
	const letters = "ab <>&\"'\t\n\u00e9\u2028\U0001f600;#x"
	for n := range 2000 {
		dice := rand.New(rand.NewPCG(uint64(n), 0))
		var text strings.Builder
		for range dice.IntN(20) {
			text.WriteRune([]rune(letters)[dice.IntN(len([]rune(letters)))])
		}
		var b bytes.Buffer
		b.WriteString("<v>")
		xml.EscapeText(&b, []byte(text.String()))
		b.WriteString("</v>")
		x := elementsOf(b.Bytes())
		if _, ok := x.next(); !ok {
			t.Fatal(x.err)
		}
		if got := x.value(); got != text.String() || x.err != nil {
			t.Fatalf("%s: %q, %v, want %q", &b, got, x.err, text.String())
		}
	}
}

// BenchmarkAnswer decodes a page of 1,000 rules with two tags, and has the SDK do so.
func BenchmarkAnswer(b *testing.B) {
	item, _, _ := strings.Cut(fmt.Sprintf(peers, "text"), "</item>\n<item>"+first+"<cidrIpv6>")
	ec := saying{200, rulesText(strings.Repeat(item+"</item>", 1000)), nil}
	client := ec.client()
	b.Run("sgkeeper", func(b *testing.B) {
		b.ReportAllocs()
		reader := NewReader(One(client, "", ""))
		for b.Loop() {
			n := 0
			err := reader.Rules(b.Context(), audit.Place{}, nil, func(string, secgroup.Entry, error) { n++ })
			if err != nil || n != 1000 {
				b.Fatal(n, err)
			}
		}
	})
	b.Run("SDK", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			out, err := client.DescribeSecurityGroupRules(b.Context(), new(ec2.DescribeSecurityGroupRulesInput))
			if err != nil || len(out.SecurityGroupRules) != 1000 {
				b.Fatal(err)
			}
			for i := range out.SecurityGroupRules {
				groupRuleOf(&out.SecurityGroupRules[i])
			}
		}
	})
}
