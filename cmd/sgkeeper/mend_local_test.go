package main

import (
	"bytes"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// TestMendLocal copies the commands from a report of `sgkeeper local`'s account, as a user does, and runs
// them. Then no drift is left.
func TestMendLocal(t *testing.T) {
	info := startLocal(t)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": info.Endpoint, "AWS_REGION": info.Region,
		"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any",
	} {
		t.Setenv(name, value)
	}
	t.Chdir(t.TempDir())
	sgkeeper := func(want int, args ...string) string {
		t.Helper()
		var out, errOut bytes.Buffer
		if code := run(args, strings.NewReader(""), &out, &errOut); code != want {
			t.Fatalf("%v: exit code %d, want %d\n%s%s", args, code, want, &out, &errOut)
		}
		return out.String()
	}
	client := ec2.NewFromConfig(info.clients())
	open := func(port int32, cidr string) {
		t.Helper()
		_, err := client.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
			GroupId: &info.Group,
			IpPermissions: []ec2types.IpPermission{{
				IpProtocol: aws.String("tcp"), FromPort: &port, ToPort: &port,
				IpRanges: []ec2types.IpRange{{CidrIp: &cidr, Description: aws.String("$(touch hostile)")}},
			}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	sgkeeper(0, "mend", "--table", "sgkeeper", "--group", info.Group, "--yes") // the rules from before sgkeeper
	open(3306, "0.0.0.0/0")
	open(25000, "192.0.2.0/24")

	text := sgkeeper(2, "audit", "--table", "sgkeeper")
	commands := regexp.MustCompile(`(?m)^ +sgkeeper (mend .*)$`).FindAllStringSubmatch(text, -1)
	if len(commands) != 2 {
		t.Fatalf("want a command for each of two drifts:\n%s", text)
	}
	for _, command := range commands {
		done := sgkeeper(0, append(strings.Fields(command[1]), "--yes")...)
		if !strings.Contains(done, "Done: 0 authorized, 1 revoked, 0 changed, 0 left.") {
			t.Errorf("%s\n%s", command[0], done)
		}
	}
	sgkeeper(0, "audit", "--table", "sgkeeper")
	if files, _ := filepath.Glob("*"); len(files) != 3 {
		t.Errorf("%v: want one undo file for each command, and nothing else", files)
	}
}
