package main

import (
	"debug/elf"
	"debug/gosym"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/infra/stack"
	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

// call matches a method of an SDK client among a program's functions. The linker keeps only methods
// that the program can call.
var call = regexp.MustCompile(`aws-sdk-go-v2/service/(\w+)\.\(\*Client\)\.([A-Z]\w+)$`)

// linkedFor maps calls that the SDK links to the reason that the functions never make them.
var linkedFor = map[string]string{
	"dynamodb:DescribeEndpoints":    "endpoint discovery, which is off by default",
	"sso:GetRoleCredentials":        "a person's credentials; a function has its role's",
	"ssooidc:CreateToken":           "likewise",
	"sts:AssumeRoleWithWebIdentity": "a container's credentials",
	"signin:CreateOAuth2Token":      "a person's credentials",
	"s3:CreateSession":              "buckets of S3 Express, which ours is not",
}

// actionsOf maps calls to IAM actions of other names.
var actionsOf = map[string][]string{
	"dynamodb:TransactWriteItems": {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem",
		"dynamodb:ConditionCheckItem"},
	"eventbridge:PutEvents": {"events:PutEvents"},
	"s3:HeadObject":         {"s3:GetObject"},
}

// allowedFor maps actions to their users, if a role allows them for others than the program.
var allowedFor = map[string]string{
	"logs:CreateLogStream":           "Lambda writes the log",
	"logs:PutLogEvents":              "Lambda writes the log",
	"xray:PutTraceSegments":          "Lambda writes the traces",
	"xray:PutTelemetryRecords":       "Lambda writes the traces",
	"sqs:ReceiveMessage":             "Lambda reads the queue for the function",
	"sqs:DeleteMessage":              "Lambda reads the queue for the function",
	"sqs:GetQueueAttributes":         "Lambda reads the queue for the function",
	"ec2:CreateTags":                 "EC2 requires it if Authorize sets tags",
	"s3:ListBucket":                  "without it, S3 answers 403 for a missing object, and not 404",
	"ec2:CreateNetworkInterface":     "Lambda connects the function to the VPC",
	"ec2:DeleteNetworkInterface":     "likewise",
	"ec2:AssignPrivateIpAddresses":   "likewise",
	"ec2:UnassignPrivateIpAddresses": "likewise",
	"ec2:DescribeNetworkInterfaces":  "likewise",
	"ec2:DescribeSubnets":            "likewise",
	"kms:Decrypt":                    "the services require it if there is a key",
	"kms:Encrypt":                    "the services require it if there is a key",
	"kms:ReEncrypt*":                 "the services require it if there is a key",
	"kms:GenerateDataKey":            "the services require it if there is a key",
	"kms:GenerateDataKey*":           "the services require it if there is a key",
	"kms:DescribeKey":                "the services require it if there is a key",
}

// TestMatrix compares each role with its program: it allows exactly the actions that the
// program calls.
func TestMatrix(t *testing.T) {
	for _, row := range []struct{ function, template, role string }{
		{"ensure", "full", "keeper-ensure"},
		{"audit", "full", "keeper-audit"},
	} {
		t.Run(row.function, func(t *testing.T) {
			needed, granted := calls(t, row.function), grants(t, of(t, row.template), row.role)
			// the table, not its index alone
			table := texts(statement(t, of(t, row.template), row.role, "Table")["Action"])
			for _, action := range needed {
				if !slices.Contains(granted, action) || strings.HasPrefix(action, "dynamodb:") &&
					!slices.Contains(table, action) {
					t.Errorf("%s calls %s, which its role does not allow", row.function, action)
				}
			}
			for _, action := range granted {
				if !slices.Contains(needed, action) && allowedFor[action] == "" {
					t.Errorf("the role of %s allows %s, which nothing calls", row.function, action)
				}
			}
			name := literal(t, of(t, row.template).Resources[roleID(t, of(t, row.template),
				row.role)].Properties["RoleName"])
			outcome := put{role(home, fmt.Sprint(name)), events.Source, "Ports Ensured"}
			if !busOf(t, row.template).lets(t, outcome) {
				t.Errorf("%s publishes outcomes, which the policy of the bus denies to %s", row.function,
					outcome.principal)
			}
			t.Logf("%s calls %d actions, all allowed; %d are allowed", row.function, len(needed), len(granted))
		})
	}
}

// calls returns the actions that a function's program needs for its calls.
func calls(t *testing.T, function string) (actions []string) {
	t.Helper()
	for _, c := range linked(t, function) {
		if names := actionsOf[c]; names != nil {
			actions = append(actions, names...)
		} else {
			actions = append(actions, c)
		}
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}

// linked returns the calls that a function's deployed program can make, as service:Operation.
func linked(t *testing.T, function string) (all []string) {
	t.Helper()
	proof.FullOnly(t, "it builds a function for Lambda")
	folder := t.TempDir()
	if err := stack.Build("..", function, stack.ARM64, folder); err != nil {
		t.Fatal(err)
	}
	for _, name := range functionsOf(t, filepath.Join(folder, "bootstrap")) {
		m := call.FindStringSubmatch(name)
		if m != nil && linkedFor[m[1]+":"+m[2]] == "" {
			all = append(all, m[1]+":"+m[2])
		}
	}
	return all
}

// functionsOf returns the names of a program's functions. A program without symbols has them too, for
// stack traces.
func functionsOf(t *testing.T, program string) (names []string) {
	t.Helper()
	file, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines, err := file.Section(".gopclntab").Data()
	if err != nil {
		t.Fatal(err)
	}
	table, err := gosym.NewTable(nil, gosym.NewLineTable(lines, file.Section(".text").Addr))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range table.Funcs {
		names = append(names, f.Name)
	}
	return names
}

// grants returns the actions that a role allows. The role's name is without its Region.
func grants(t *testing.T, tp *template, role string) (actions []string) {
	t.Helper()
	for _, s := range statements(t, tp, role) {
		actions = append(actions, texts(s["Action"])...)
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}

// statements returns the statements of a role's policies.
func statements(t *testing.T, tp *template, role string) (found []map[string]any) {
	t.Helper()
	id := roleID(t, tp, role)
	for _, policy := range tp.all("AWS::IAM::Policy") {
		for _, attached := range policy.Properties["Roles"].([]any) {
			if at(attached, "Ref") == id {
				for _, s := range at(policy.Properties, "PolicyDocument", "Statement").([]any) {
					found = append(found, s.(map[string]any))
				}
			}
		}
	}
	return found
}

func roleID(t *testing.T, tp *template, role string) string {
	t.Helper()
	for id, r := range tp.all("AWS::IAM::Role") {
		if name := r.Properties["RoleName"]; name == role ||
			strings.HasPrefix(rendered(t, name), `{"Fn::Join":["",["`+role+`-",{"Ref":"AWS::Region"}`) {
			return id
		}
	}
	t.Fatalf("there is no role %s", role)
	return ""
}

// statement returns a role's statement by its Sid.
func statement(t *testing.T, tp *template, role, sid string) map[string]any {
	t.Helper()
	for _, s := range statements(t, tp, role) {
		if s["Sid"] == sid {
			return s
		}
	}
	t.Fatalf("%s has no statement %s", role, sid)
	return nil
}

// TestNoManagedPolicies: no role has a managed policy.
func TestNoManagedPolicies(t *testing.T) {
	for name := range contexts {
		for id, role := range of(t, name).all("AWS::IAM::Role") {
			if role.Properties["ManagedPolicyArns"] != nil {
				t.Errorf("%s: %s has a managed policy", name, id)
			}
		}
	}
}

// wildcards maps statements with a * in their resources to the reason.
var wildcards = map[string]string{
	"Describe":            "EC2's describes support no resources, and prefix lists may be AWS's",
	"DescribeInstances":   "EC2's describes support no resources",
	"Trace":               "X-Ray supports no resources",
	"ManagedGroups":       "any group that opted in, by its tag",
	"Network":             "these calls support few resources, and interfaces have no id yet",
	"NetworkByLambdaOnly": "it denies",
	"Log":                 "the streams of the log group",
	"RulesOfOurs":         "a new rule has no id yet",
	"TagsAtCreation":      "likewise",
	"Reports":             "each report has its own name",
	"Runs":                "each unfinished audit has its own name",
	"SecurityHub":         "each Region that is served",
}

// TestWildcards finds every * in the resources of a role's policy.
func TestWildcards(t *testing.T) {
	for _, name := range []string{"installation", "full", "untagged", "member"} {
		for id, policy := range of(t, name).all("AWS::IAM::Policy") {
			for _, s := range at(policy.Properties, "PolicyDocument", "Statement").([]any) {
				sid, _ := at(s, "Sid").(string)
				if strings.Contains(rendered(t, at(s, "Resource")), "*") && wildcards[sid] == "" {
					t.Errorf("%s: %s: the statement %q has a wildcard without a reason: %s", name, id, sid,
						rendered(t, s))
				}
			}
		}
	}
}

// TestOnlyManagedGroups: a role may change only groups with the managed tag. It may tag a rule
// only with sgkeeper's tags, in the call that makes the rule.
func TestOnlyManagedGroups(t *testing.T) {
	for _, row := range []struct{ template, role, tag, value string }{
		{"installation", "sgkeeper-ensure", "sgkeeper:managed", "true"},
		{"full", "keeper-ensure", "team:ports", "open"},
		{"untagged", "sgkeeper-ensure", "sgkeeper:managed", "true"},
		{"member", "sgkeeper-member", "sgkeeper:managed", "true"},
	} {
		tp := of(t, row.template)
		for _, s := range statements(t, tp, row.role) {
			for _, action := range texts(s["Action"]) {
				resource, condition := rendered(t, s["Resource"]), rendered(t, s["Condition"])
				if !strings.Contains(action, "SecurityGroup") || strings.Contains(action, "Describe") {
					continue
				}
				onGroups := strings.Contains(resource, `:security-group/*"`) &&
					strings.Contains(condition, fmt.Sprintf(`"aws:ResourceTag/%s":%q`, row.tag, row.value))
				onRules := strings.Contains(resource, `:security-group-rule/*"`) &&
					strings.Contains(condition, `"aws:RequestTag/sgkeeper:installation":`) &&
					!strings.Contains(action, "Revoke")
				if !onGroups && !onRules {
					t.Errorf("%s: %s on %s if %s", row.template, action, resource, condition)
				}
			}
		}
		if row.template == "untagged" {
			if got := grants(t, tp, row.role); slices.Contains(got, "ec2:CreateTags") {
				t.Errorf("rules are not tagged, yet ec2:CreateTags is allowed")
			}
			continue
		}
		condition := rendered(t, statement(t, tp, row.role, "TagsAtCreation")["Condition"])
		for _, want := range []string{`"ec2:CreateAction":["AuthorizeSecurityGroupIngress","AuthorizeSecurityGroupEgress"]`, `"aws:RequestTag/sgkeeper:installation":`, `"aws:TagKeys":["sgkeeper:installation","sgkeeper:rule","sgkeeper:seal","sgkeeper:ticket"]`} {
			if !strings.Contains(condition, want) {
				t.Errorf("%s: tags are set if %s, want %s", row.template, condition, want)
			}
		}
	}
}
