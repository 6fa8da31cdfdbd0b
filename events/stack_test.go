package events

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const responseURL = "https://cloudformation-custom-resource-response-useast1.s3.us-east-1.amazonaws.com/arn%3Aaws?X-Amz-Signature=secret"

// stackRequest returns a payload of CloudFormation with some values replaced. A nil value leaves
// its key out.
func stackRequest(change map[string]any) string {
	payload := map[string]any{
		"RequestType": "Create", "ResponseURL": responseURL, "RequestId": "0b6f1b1c-1111-2222-3333-444455556666",
		"StackId":      "arn:aws:cloudformation:us-east-1:111122223333:stack/serve/8a3f0f10-0000-11ee-8c11-0a1b2c3d4e5f",
		"ResourceType": "Custom::SgkeeperLaunch", "LogicalResourceId": "Ports",
		"ServiceToken": "arn:aws:lambda:us-east-1:111122223333:function:sgkeeper-ensure:stack",
		"ResourceProperties": map[string]any{
			"ServiceToken": "arn:aws:lambda:us-east-1:111122223333:function:sgkeeper-ensure:stack",
			"group":        groupID,
			"rules": []any{
				map[string]any{"ports": "8000", "from": []any{"10.0.0.0/8"}},
				map[string]any{"protocol": "icmp", "icmp": map[string]any{"type": "3", "code": "4"},
					"from": []any{"self"}},
			},
		},
	}
	for k, v := range change {
		if payload[k] = v; v == nil {
			delete(payload, k)
		}
	}
	b, err := json.Marshal(payload)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func properties(ports ...string) map[string]any {
	var rules []any
	for _, p := range ports {
		rules = append(rules, map[string]any{"ports": p, "from": []any{"10.0.0.0/8"}})
	}
	return map[string]any{"group": groupID, "rules": rules, "ServiceToken": "arn"}
}

// TestStackRequest: a request of CloudFormation is a launch, with a name of its own.
func TestStackRequest(t *testing.T) {
	d := Decoder{Account: ownAccount, Region: "us-east-1"}
	r, err := d.DecodeStackRequest([]byte(stackRequest(nil)))
	if err != nil || r.Faults != nil || r.Request == nil {
		t.Fatalf("%+v, %v", r, err)
	}
	var rules []string
	for _, e := range r.Request.Rules {
		rules = append(rules, e.Rule.String())
	}
	if diff := cmp.Diff([]string{"icmp 3/4 from self", "tcp 8000 from 10.0.0.0/8"}, rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	if r.Request.Launch.Name != r.Name || r.Request.Launch.Account != ownAccount || !IsLaunchName(r.Name) ||
		!strings.HasPrefix(r.Name, "cfn-Ports-") {
		t.Errorf("launch %v, name %s", r.Request.Launch, r.Name)
	}
	again, _ := d.DecodeStackRequest([]byte(stackRequest(nil)))
	if again.Name != r.Name {
		t.Errorf("a repeated delivery has the name %s, want %s", again.Name, r.Name)
	}
	for key, value := range map[string]string{
		"RequestId": "other", "LogicalResourceId": "Other",
		"StackId": "arn:aws:cloudformation:us-east-1:111122223333:stack/serve/other",
	} {
		if other, err := d.DecodeStackRequest([]byte(stackRequest(map[string]any{key: value}))); err != nil ||
			other.Name == r.Name {
			t.Errorf("another %s has the name %s, %v", key, other.Name, err)
		}
	}
	long := map[string]any{"LogicalResourceId": strings.Repeat("A", 255)}
	if r, err := d.DecodeStackRequest([]byte(stackRequest(long))); err != nil || !IsLaunchName(r.Name) {
		t.Errorf("a long logical id: name %q, %v", r.Name, err)
	}
}

// TestStackUpdate: an update says whether it changes the launch.
func TestStackUpdate(t *testing.T) {
	d := Decoder{Account: ownAccount, Region: "us-east-1"}
	for _, row := range []struct {
		old, new map[string]any
		same     bool
	}{
		{properties("8000", "8001"), properties("8000", "8001"), true},
		{properties("8000", "8001"), properties("8001", "8000"), true},
		{properties("8000,8001"), properties("8000-8001"), true},
		{properties("8000"), properties("8000", "8001"), false},
		{properties("8000", "8001"), properties("8000"), false},
	} {
		r, err := d.DecodeStackRequest([]byte(stackRequest(map[string]any{
			"RequestType": "Update", "PhysicalResourceId": "cfn-a", "ResourceProperties": row.new,
			"OldResourceProperties": row.old,
		})))
		if err != nil || r.Faults != nil || r.Same != row.same || r.PhysicalID != "cfn-a" {
			t.Errorf("from %v to %v: same %t, faults %v, %v; want %t", row.old, row.new, r.Same, r.Faults, err,
				row.same)
		}
	}
	broken, err := d.DecodeStackRequest([]byte(stackRequest(map[string]any{
		"RequestType": "Update", "PhysicalResourceId": "cfn-a", "ResourceProperties": properties("1"),
		"OldResourceProperties": properties("x"),
	})))
	if err != nil || broken.Faults != nil || broken.Same {
		t.Errorf("old properties with a fault: %+v, %v", broken, err)
	}
}

// TestStackDelete: a delete needs no properties, so that a resource with wrong ones can go.
func TestStackDelete(t *testing.T) {
	d := Decoder{Account: ownAccount, Region: "us-east-1"}
	r, err := d.DecodeStackRequest([]byte(stackRequest(map[string]any{
		"RequestType": "Delete", "PhysicalResourceId": "cfn-a", "ResourceProperties": properties("x"),
	})))
	if err != nil || r.Faults != nil || r.Request != nil || r.PhysicalID != "cfn-a" {
		t.Errorf("delete %+v, %v", r, err)
	}
}

// TestStackFaults: faults of the properties name their field. The request can be answered.
func TestStackFaults(t *testing.T) {
	d := Decoder{Account: ownAccount, Region: "us-east-1"}
	with := func(key string, value any) map[string]any {
		p := properties("8000")
		p[key] = value
		return p
	}
	for field, p := range map[string]any{
		"/ResourceProperties/rules/0/ports": properties("99999"),
		"/ResourceProperties/launch":        with("launch", "mine"),
		"/ResourceProperties/Rules":         with("Rules", []any{}),
		"/ResourceProperties/group":         with("group", "sg-x"),
		"/ResourceProperties/rules/0/icmp/type": with("rules",
			[]any{map[string]any{"protocol": "icmp", "icmp": map[string]any{"type": "many"}, "from": []any{"self"}}}),
		"/ResourceProperties": nil,
	} {
		r, err := d.DecodeStackRequest([]byte(stackRequest(map[string]any{"ResourceProperties": p})))
		if err != nil || r.Request != nil || len(r.Faults) == 0 || r.Faults[0].Field != field || r.Name == "" {
			t.Errorf("%s: %+v, %v", field, r, err)
		}
	}
}

// TestStackHostile: a request that cannot be answered is refused as a whole. No message has the URL.
func TestStackHostile(t *testing.T) {
	d := Decoder{Account: ownAccount, Region: "us-east-1"}
	const path = "/a?X-Amz-Signature=secret"
	bucket := "cloudformation-custom-resource-response-useast1"
	for _, u := range []string{
		"", "x", "http://" + bucket + ".s3.us-east-1.amazonaws.com" + path, "https://example.com" + path,
		"https://" + bucket + ".s3.us-east-1.amazonaws.com.example.com" + path,
		"https://" + bucket + ".s3.us-east-1.amazonaws.com@example.com" + path,
		"https://user@" + bucket + ".s3.us-east-1.amazonaws.com" + path,
		"https://" + bucket + ".s3.us-east-1.amazonaws.com:8443" + path,
		"https://example.com/" + bucket + ".s3.us-east-1.amazonaws.com" + path,
		"https://" + bucket + "-evil.s3.us-east-1.amazonaws.com" + path,
		"https://cloudformation-custom-resource-response-evil.s3.us-east-1.amazonaws.com" + path,
		"https://cloudformation-custom-resource-response-euwest1.s3.eu-west-1.amazonaws.com" + path,
		"https://" + bucket + ".s3.us-east-1.amazonaws.com.cn" + path,
		"https://169.254.169.254/latest" + path, "file:///etc/passwd" + path,
		"https://" + bucket + ".s3.us-east-1.amazonaws.com/" + strings.Repeat("a", 5000) + path,
	} {
		r, err := d.DecodeStackRequest([]byte(stackRequest(map[string]any{"ResponseURL": u})))
		if err == nil || r.ResponseURL != (ResponseURL{}) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %+v, %v", u, r, err)
		}
	}
	for _, u := range []string{
		responseURL, "https://" + bucket + ".s3-us-east-1.amazonaws.com" + path,
		"https://" + bucket + ".s3.amazonaws.com" + path,
	} {
		if _, err := d.DecodeStackRequest([]byte(stackRequest(map[string]any{"ResponseURL": u}))); err != nil {
			t.Errorf("%s: %v", u, err)
		}
	}
	china := Decoder{Account: ownAccount, Region: "cn-north-1"}
	u := "https://cloudformation-custom-resource-response-cnnorth1.s3.cn-north-1.amazonaws.com.cn" + path
	if _, err := china.DecodeStackRequest([]byte(stackRequest(map[string]any{"ResponseURL": u}))); err != nil {
		t.Errorf("%s: %v", u, err)
	}
	for key, value := range map[string]any{
		"RequestType": "Read", "StackId": "arn:aws:s3:::a", "RequestId": "a b", "LogicalResourceId": "a b",
		"ResponseURL": nil,
	} {
		if _, err := d.DecodeStackRequest([]byte(stackRequest(map[string]any{key: value}))); err == nil ||
			!strings.Contains(err.Error(), "/"+key) {
			t.Errorf("%s = %v: %v", key, value, err)
		}
	}
	for _, payload := range []string{``, `[]`, `{"RequestType": "Create"`, `{"sgkeeper":"sweep"}`,
		`{"detailType":"Launch Ended","launch":"a"}`,
		strings.Replace(stackRequest(nil), "{", `{"ResponseURL":"https://example.com",`,
			1), stackRequest(map[string]any{"more": strings.Repeat("a", 1<<20)})} {
		if r, err := d.DecodeStackRequest([]byte(payload)); err == nil {
			t.Errorf("%.80s: %+v", payload, r)
		}
	}
}

// TestResponseURLIsHidden: no way to print a request shows its URL.
func TestResponseURLIsHidden(t *testing.T) {
	r, err := Decoder{Account: ownAccount, Region: "us-east-1"}.DecodeStackRequest([]byte(stackRequest(nil)))
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprint(r), fmt.Sprintf("%+v", r), fmt.Sprintf("%#v", r),
		fmt.Sprint(r.ResponseURL), string(b)} {
		if strings.Contains(text, "secret") {
			t.Errorf("the URL is in %s", text)
		}
	}
	if !strings.Contains(r.ResponseURL.Reveal(), "secret") {
		t.Error("Reveal hides the URL")
	}
}
