package clients_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"go.yaml.in/yaml/v3"

	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

// TestAction runs the GitHub Action as a runner does, in 60 jobs at once on one group. While the jobs run, their ports are open. After their post steps, no rule is left.
func TestAction(t *testing.T) {
	proof.FullOnly(t, "it builds the CLI and starts 120 processes of Node.js")
	a := newAction(t)
	before := a.local.rules(t)
	jobs := make([]*job, 60)
	for i := range jobs {
		jobs[i] = a.job(t, map[string]string{
			"group": a.local.Group, "ports": fmt.Sprint(9000 + 2*(i%5)),
		}, fmt.Sprintf("203.0.113.%d", i%6))
	}
	each(jobs, func(j *job) { j.step(t, "main", true) })
	if got, want := len(a.local.rules(t)), len(before)+5*6; got != want {
		t.Errorf("while the jobs run, the group has %d rules, want %d: 5 ports from 6 runners", got, want)
	}
	each(jobs, func(j *job) { j.step(t, "post", true) })
	each(jobs, func(j *job) { j.closed(t) })
	left := slices.DeleteFunc(a.local.rules(t), func(id string) bool { return slices.Contains(before, id) })
	if len(left) > 0 {
		t.Errorf("rules left: %v", left)
	}
	fmt.Printf("action: %d runs, %d rules left\n", len(jobs), len(left))
}

// TestActionRefused: the step fails with the reasons of the guardrails, and the post step
// succeeds.
func TestActionRefused(t *testing.T) {
	proof.FullOnly(t, "it builds the CLI and starts 120 processes of Node.js")
	a := newAction(t)
	before := a.local.rules(t)
	j := a.job(t, map[string]string{"group": a.local.Group, "ports": "22", "from": "0.0.0.0/0"}, "203.0.113.1")
	out := j.step(t, "main", false)
	if !strings.Contains(out, "::error title=sgkeeper::") || !strings.Contains(out, "SSH") {
		t.Errorf("the step printed %s; want an error that names SSH", out)
	}
	j.step(t, "post", true)
	if after := a.local.rules(t); !slices.Equal(before, after) {
		t.Errorf("rules before %v, after %v", before, after)
	}
}

// TestActionCovered: if a wider rule allows the traffic, the step succeeds, and no rule is made.
func TestActionCovered(t *testing.T) {
	a := newAction(t)
	a.local.authorize(t, 1, 65535, "203.0.113.0/24")
	before := a.local.rules(t)
	j := a.job(t, map[string]string{"group": a.local.Group, "ports": "9000"}, "203.0.113.1")
	j.step(t, "main", true)
	if during := a.local.rules(t); !slices.Equal(before, during) {
		t.Errorf("rules before %v, during the job %v", before, during)
	}
	j.step(t, "post", true)
}

// TestActionWithoutProgram: the error names the remedy.
func TestActionWithoutProgram(t *testing.T) {
	a := newAction(t)
	j := a.job(t, map[string]string{"group": a.local.Group, "ports": "9000", "program": "no-such-program"},
		"203.0.113.1")
	if out := j.step(t, "main", false); !strings.Contains(out, "install sgkeeper in an earlier step") {
		t.Errorf("the step printed %s", out)
	}
	if out := j.step(t, "post", true); !strings.Contains(out, "::warning title=sgkeeper::") {
		t.Errorf("the post step printed %s; want a warning", out)
	}
}

// action is the Action of clients/action, as its action.yml describes it.
type action struct {
	folder, node string
	local        local
	addresses    string // URL: /ADDRESS answers with the address
	Inputs       map[string]struct{ Default string }
	Runs         struct{ Main, Post string }
}

func newAction(t *testing.T) *action {
	t.Helper()
	a := &action{folder: "../../../clients/action", local: startLocal(t)}
	text, err := os.ReadFile(filepath.Join(a.folder, "action.yml"))
	if err == nil {
		err = yaml.Unmarshal(text, a)
	}
	if err != nil {
		t.Fatal(err)
	}
	if a.node, err = exec.LookPath("node"); err != nil && os.Getenv("CI") == "" {
		t.Skipf("node is not on PATH: install Node.js 20 or later: %v", err)
	} else if err != nil {
		t.Fatalf("node is not on PATH: install Node.js 20 or later: %v", err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, path.Base(r.URL.Path))
	}))
	t.Cleanup(server.Close)
	a.addresses = server.URL
	return a
}

// job is one job that uses the Action, with the runner's files.
type job struct {
	action      *action
	environment []string
	state       string // file
}

// job returns a job with inputs, on a runner with a public address.
func (a *action) job(t *testing.T, inputs map[string]string, address string) *job {
	t.Helper()
	folder := t.TempDir()
	j := &job{action: a, state: filepath.Join(folder, "state")}
	j.environment = append(a.local.environment(t),
		"GITHUB_STATE="+j.state, "GITHUB_OUTPUT="+filepath.Join(folder, "output"),
		"GITHUB_RUN_ID=16123456789", "GITHUB_RUN_ATTEMPT=1", "GITHUB_JOB=end to end", "GITHUB_WORKFLOW=CI",
		"GITHUB_REPOSITORY=octo/app", "GITHUB_SERVER_URL=https://github.com", "GITHUB_ACTOR=octocat",
		"SGKEEPER_ME_URL="+a.addresses+"/"+address)
	for name, input := range a.Inputs {
		value, given := inputs[name]
		if !given {
			value = input.Default
		}
		if name == "program" && !given {
			value = filepath.Join(binary.folder, "sgkeeper")
		}
		j.environment = append(j.environment, "INPUT_"+strings.ToUpper(name)+"="+value)
	}
	for name := range inputs {
		if _, known := a.Inputs[name]; !known {
			t.Fatalf("action.yml has no input %s", name)
		}
	}
	return j
}

// step runs the main or the post step, and returns its output.
func (j *job) step(t *testing.T, name string, succeeds bool) string {
	script := map[string]string{"main": j.action.Runs.Main, "post": j.action.Runs.Post}[name]
	command := exec.Command(j.action.node, filepath.Join(j.action.folder, script))
	command.Env = j.environment
	if name == "post" {
		command.Env = append(slices.Clone(j.environment), "STATE_launch="+j.launch(t))
	}
	out, err := command.CombinedOutput()
	if (err == nil) != succeeds {
		t.Errorf("the %s step: %v\n%s", name, err, out)
	}
	return string(out)
}

// launch returns the name that the main step saved for the post step.
func (j *job) launch(t *testing.T) string {
	state, err := os.ReadFile(j.state)
	name, saved := bytes.CutPrefix(bytes.TrimSpace(state), []byte("launch="))
	if err != nil || !saved {
		t.Errorf("the main step saved %q, %v; want launch=NAME", state, err)
	}
	return string(name)
}

// closed returns when the job's end is served.
func (j *job) closed(t *testing.T) {
	command := exec.Command(filepath.Join(binary.folder, "sgkeeper"), "wait", "--end", "--launch", j.launch(t))
	command.Env = j.environment
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("sgkeeper wait: %v\n%s", err, out)
	}
}

// each calls do for all jobs at once, and returns after the last call.
func each(jobs []*job, do func(*job)) {
	var all sync.WaitGroup
	for _, j := range jobs {
		all.Go(func() { do(j) })
	}
	all.Wait()
}

// ec2 returns a client of the account.
func (l local) ec2() *ec2.Client {
	return ec2.New(ec2.Options{
		Region: l.Region, BaseEndpoint: &l.Endpoint,
		Credentials: credentials.NewStaticCredentialsProvider("any", "any", ""),
	})
}

// authorize makes a rule of an outsider.
func (l local) authorize(t *testing.T, first, last int32, cidr string) {
	t.Helper()
	_, err := l.ec2().AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: &l.Group,
		IpPermissions: []types.IpPermission{{
			IpProtocol: aws.String("tcp"), FromPort: &first, ToPort: &last, IpRanges: []types.IpRange{{CidrIp: &cidr}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// rules returns the ids of the group's rules, sorted.
func (l local) rules(t *testing.T) (ids []string) {
	t.Helper()
	out, err := l.ec2().DescribeSecurityGroupRules(t.Context(), &ec2.DescribeSecurityGroupRulesInput{
		Filters: []types.Filter{{Name: aws.String("group-id"), Values: []string{l.Group}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range out.SecurityGroupRules {
		ids = append(ids, *rule.SecurityGroupRuleId)
	}
	slices.Sort(ids)
	return ids
}
