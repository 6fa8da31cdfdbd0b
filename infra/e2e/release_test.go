package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// TestRelease builds a release and runs the commands of docs/deploy.md with it, as written.
// MiniStack takes the installation, with the embedded account's security groups. moto takes the
// StackSet, because MiniStack has none.
func TestRelease(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	d := newProxy(fakeaws.New(fakeaws.Options{ID: account, Region: region}))
	w := &world{proxy: d, server: httptest.NewServer(d)}
	w.start(t)
	if !step(t, "a release is built", func(t *testing.T) { buildRelease(t, folder) }) {
		t.Fatal("there is nothing to deploy")
	}
	deployed := step(t, "the documented commands deploy its template", func(t *testing.T) {
		w.shell(t, folder, documented(t, "release"), "BUCKET=sgkeeper-release")
	})
	if !deployed {
		t.Fatal("nothing else will work")
	}
	step(t, "the same command with other parameters updates the stack, and a launch opens its port",
		func(t *testing.T) {
			deploy := documented(t, "release")
			deploy = deploy[strings.Index(deploy, "aws cloudformation deploy"):]
			deploy = strings.TrimSpace(strings.Replace(deploy, "Mode=observe", "Mode=enforce", 1)) + " Architecture=" +
				hostArchitecture
			w.dropChangeSets(t)
			w.shell(t, folder, deploy, "BUCKET=sgkeeper-release")
			w.readOutputs(t)
			w.observer = w.observe(t)
			group := w.newGroup(t, "released")
			w.publish(t, requested, requestOf("released", group, 8000))
			w.observer.ensured(t, "released")
			w.wantIngress(t, group, "8000 from 10.0.0.0/8")
		})
	step(t, "the documented commands deploy the members' StackSet", func(t *testing.T) {
		organization := engine{name: moto.name, command: moto.command} // MOTO_ACCOUNT_ID would be its only account
		members := &world{url: start(t, organization)}
		members.stackSet(t, folder)
	})
}

// hostArchitecture is Lambda's name of this machine's architecture.
var hostArchitecture = map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]

// buildRelease writes a release to the folder, with the command line for this machine alone.
func buildRelease(t *testing.T, folder string) {
	t.Helper()
	build := exec.Command("go", "run", "./infra/release", "-host", folder)
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("release: %v\n%s", err, out)
	}
	unpacked := t.TempDir()
	archive := fmt.Sprintf("sgkeeper_%s_%s.tar.gz", runtime.GOOS, runtime.GOARCH)
	if out, err := exec.Command("tar", "-xzf", filepath.Join(folder, archive), "-C",
		unpacked).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", archive, err, out)
	}
	version, err := exec.Command(filepath.Join(unpacked, "sgkeeper"), "--version").Output()
	if err != nil || !sourced.Match(version) {
		t.Errorf("the version is %q, %v; want the tag, or devel with the commit", version, err)
	}
}

// sourced is the version of a program from a repository of git.
var sourced = regexp.MustCompile(`^sgkeeper (v[0-9]+\.[0-9]+\.[0-9]+\S*|devel \([0-9a-f]{40}(\+modified)?\)) go1\.`)

// documented returns the commands that follow a mark in docs/deploy.md.
func documented(t *testing.T, mark string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "deploy.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)<!-- " + mark + ": [^>]*-->\n```\n(.*?)```\n").FindSubmatch(text)
	if found == nil {
		t.Fatalf("docs/deploy.md has no commands with the mark %s", mark)
	}
	return string(found[1])
}

// shell runs commands in the folder against the world, with more variables.
func (w *world) shell(t *testing.T, folder, commands string, more ...string) {
	t.Helper()
	run := exec.Command("bash", "-euo", "pipefail", "-c", commands)
	run.Dir = folder
	run.Env = append(outside(), "AWS_ENDPOINT_URL="+w.url, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		"AWS_DEFAULT_REGION="+region,
		"PATH="+filepath.Dir(installed(t, "aws", "bin", "aws"))+string(os.PathListSeparator)+os.Getenv("PATH"))
	run.Env = append(run.Env, more...)
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, commands, out)
	}
}

// dropChangeSets deletes the stack's change sets. CloudFormation does so when it executes one;
// MiniStack keeps them. The AWS CLI names a change set by the second, so two deployments within a
// second would collide.
func (w *world) dropChangeSets(t *testing.T) {
	t.Helper()
	var listed struct {
		Summaries []struct{ ChangeSetId string }
	}
	if err := json.Unmarshal(w.aws(t, "cloudformation", "list-change-sets", "--stack-name", "sgkeeper"),
		&listed); err != nil {
		t.Fatal(err)
	}
	if len(listed.Summaries) == 0 {
		t.Error("MiniStack lists no change set any more, so this step is not needed")
	}
	for _, set := range listed.Summaries {
		w.aws(t, "cloudformation", "delete-change-set", "--change-set-name", set.ChangeSetId)
	}
}

// readOutputs reads the outputs of the stack.
func (w *world) readOutputs(t *testing.T) {
	t.Helper()
	var described struct {
		Stacks []struct {
			StackStatus string
			Outputs     []struct{ OutputKey, OutputValue string }
		}
	}
	if err := json.Unmarshal(w.aws(t, "cloudformation", "describe-stacks", "--stack-name", "sgkeeper"),
		&described); err != nil {
		t.Fatal(err)
	}
	if status := described.Stacks[0].StackStatus; status != "UPDATE_COMPLETE" {
		t.Errorf("the stack is in %s, want UPDATE_COMPLETE", status)
	}
	w.outputs = make(map[string]string)
	for _, output := range described.Stacks[0].Outputs {
		w.outputs[output.OutputKey] = output.OutputValue
	}
}

// stackSet deploys the member's template to an organization of one account and two Regions. The
// account has the roles once, and the forwarding rule in each Region.
func (w *world) stackSet(t *testing.T, folder string) {
	ask := func(query string, args ...string) string {
		t.Helper()
		return strings.Trim(strings.TrimSpace(string(w.aws(t, append(args, "--query", query)...))), `"`)
	}
	w.aws(t, "organizations", "create-organization", "--feature-set", "ALL")
	root := ask("Roots[0].Id", "organizations", "list-roots")
	unit := ask("OrganizationalUnit.Id", "organizations", "create-organizational-unit", "--parent-id", root, "--name",
		"served")
	member := ask("CreateAccountStatus.AccountId", "organizations", "create-account", "--email", "member@example.com",
		"--account-name", "member")
	w.aws(t, "organizations", "move-account", "--account-id", member, "--source-parent-id", root,
		"--destination-parent-id", unit)

	w.shell(t, folder, documented(t, "members"), "OU="+unit)

	var session struct {
		Credentials struct{ AccessKeyId, SecretAccessKey, SessionToken string }
	}
	assumed := w.aws(t, "sts", "assume-role", "--role-arn", "arn:aws:iam::"+member+
		":role/OrganizationAccountAccessRole", "--role-session-name", "test")
	if err := json.Unmarshal(assumed, &session); err != nil {
		t.Fatal(err)
	}
	w.shell(t, folder, "aws iam list-roles --output json --query 'Roles[].RoleName' > roles.json\n"+
		"aws events list-rules --output json --query 'Rules[].Name' --region us-east-1 > us-east-1.json\n"+
		"aws events list-rules --output json --query 'Rules[].Name' --region eu-west-1 > eu-west-1.json\n",
		"AWS_ACCESS_KEY_ID="+session.Credentials.AccessKeyId, "AWS_SECRET_ACCESS_KEY="+
			session.Credentials.SecretAccessKey, "AWS_SESSION_TOKEN="+session.Credentials.SessionToken)
	for file, want := range map[string][]string{
		"roles.json": {
			"OrganizationAccountAccessRole", "sgkeeper-member", "sgkeeper-member-audit",
			"sgkeeper-member-events-eu-west-1", "sgkeeper-member-events-us-east-1",
		},
		"us-east-1.json": {"sgkeeper-member-changes"},
		"eu-west-1.json": {"sgkeeper-member-changes"},
	} {
		text, err := os.ReadFile(filepath.Join(folder, file))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("the member account has in %s %v, want %v", file, got, want)
		}
	}
}
