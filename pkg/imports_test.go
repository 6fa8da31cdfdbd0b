// Package pkg_test holds the project's import rules: which package may import
// which, and why.
package pkg_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/sgkeeper/sgkeeper/"

// rule says what the non-test files of a package, and of those below it, may
// import besides the standard library. A trailing slash allows all below.
type rule struct {
	pkg string
	may []string
	why string
}

const (
	aws    = "github.com/aws/aws-sdk-go-v2/"
	smithy = "github.com/aws/smithy-go"
	lambda = "github.com/aws/aws-lambda-go/"

	gomponents = "maragu.dev/gomponents"
)

var rules = []rule{
	{"pkg/core/secgroup", nil,
		"the algebra stands by itself: anybody may use it"},
	{"pkg/core/claim", []string{"pkg/core/secgroup"},
		"the domain knows launches, requests and rules: neither how an event is written nor where requests are kept"},
	{"pkg/core/awsid", nil,
		"the forms of Regions and partitions are AWS's, not those of a part of sgkeeper"},
	{"events", []string{"pkg/core/awsid", "pkg/core/claim", "pkg/core/secgroup", "github.com/agext/levenshtein"},
		"the wire contract turns hostile bytes into the core's values, and nothing more"},
	{"pkg/rulefile", []string{"events", "pkg/core/claim", "pkg/core/secgroup", "github.com/agext/levenshtein", "go.yaml.in/yaml/v3"},
		"files about rules are read alike, and their rules as in an event"},
	{"pkg/core/pattern", nil,
		"files match names alike, whichever package reads them"},
	{"pkg/core/guard", []string{"pkg/core/claim", "pkg/core/pattern", "pkg/core/secgroup"},
		"it judges an event before anything is claimed, and the claimed requests of a group together"},
	{"pkg/guardfile", []string{"events", "pkg/core/claim", "pkg/core/guard", "pkg/core/secgroup", "pkg/rulefile"},
		"the form of a guardrails file is apart from the judge, which takes values"},
	{"pkg/core/plan", []string{"pkg/core/claim", "pkg/core/secgroup"},
		"a plan is a pure function, so that `sgkeeper plan` shows what ensure does"},
	{"pkg/core/group", []string{"pkg/core/claim", "pkg/core/lease", "pkg/core/plan", "pkg/core/secgroup"},
		"the one value for what is known of a group is pure, so that everybody can build it and ask it"},
	{"pkg/core/lease", nil,
		"the protocol is checked state by state: it can know neither AWS nor rules"},
	{"pkg/adopt", []string{"pkg/core/claim", "pkg/core/group", "pkg/core/plan", "pkg/core/secgroup"},
		"what may become ours is decided apart from how it is written"},
	{"pkg/explain", []string{"pkg/core/claim", "pkg/core/group", "pkg/core/lease", "pkg/core/plan", "pkg/core/secgroup"},
		"why a port is open is decided as ensure decides, from files as from AWS"},
	{"pkg/awscli", []string{"pkg/core/secgroup"},
		"files that people save with the AWS CLI: the algebra need not know them, and reading them needs no SDK"},
	{"pkg/preview", []string{"events", "pkg/awscli", "pkg/core/claim", "pkg/core/group", "pkg/core/plan", "pkg/core/secgroup"},
		"what ensure would do is decided from files by the State that ensure has"},
	{"pkg/ensure", []string{"events", "pkg/core/claim", "pkg/core/group", "pkg/core/guard", "pkg/core/lease", "pkg/core/plan", "pkg/core/secgroup"},
		"the use case performs effects through interfaces of its own; no SDK"},
	{"pkg/core/drift", []string{"pkg/core/claim", "pkg/core/group", "pkg/core/guard", "pkg/core/lease", "pkg/core/pattern", "pkg/core/plan", "pkg/core/secgroup"},
		"the comparison is pure: the same facts give the same drifts, from AWS as from files"},
	{"pkg/exceptionfile", []string{"pkg/core/drift", "pkg/rulefile"},
		"the file of exceptions becomes the core's values here, so that the core knows no YAML"},
	{"pkg/audit", []string{"events", "pkg/core/claim", "pkg/core/drift", "pkg/core/lease", "pkg/core/secgroup"},
		"the use case reads, resumes and records through interfaces of its own, and compares nothing itself; no SDK"},
	{"pkg/console", []string{"github.com/jedib0t/go-pretty/", "golang.org/x/term"},
		"what is written for people to a terminal is made harmless in one place"},
	{"pkg/report", []string{"pkg/core/claim", "pkg/core/drift", "pkg/console", "pkg/core/secgroup", gomponents},
		"renders a report, and knows neither how it was made, nor AWS's API, nor where reports go"},
	{"pkg/aws/ec2sg", []string{"pkg/audit", "pkg/core/claim", "pkg/core/drift", "pkg/ensure", "pkg/core/guard", "pkg/core/secgroup", aws, smithy},
		"an adapter: EC2's shapes and error codes end here"},
	{"pkg/aws/dynamo", []string{"pkg/audit", "pkg/core/claim", "pkg/ensure", "pkg/core/lease", "pkg/core/secgroup", aws},
		"an adapter: the table's items and conditions end here"},
	{"pkg/aws/assumerole", []string{"pkg/core/awsid", aws},
		"an adapter: which role gives a client, and nothing of what is done with it"},
	{"pkg/aws/parameter", []string{aws},
		"an adapter: SSM's parameters end here"},
	{"pkg/aws/eventbus", []string{"events", aws, smithy},
		"an adapter: EventBridge ends here"},
	{"pkg/launcher", []string{"events", "pkg/core/claim", "pkg/aws/ec2sg", "pkg/aws/eventbus", "pkg/core/secgroup", aws},
		"the launchers' client: what it exports is of events, secgroup and the SDK; the rest is how it reads a group and reaches a bus"},
	{"pkg/aws/s3store", []string{"pkg/audit", "pkg/core/drift", "pkg/exceptionfile", "pkg/report", aws, smithy, gomponents},
		"an adapter: S3's objects and conditions end here"},
	{"pkg/aws/securityhub", []string{"pkg/core/drift", "pkg/report", aws},
		"an adapter: Security Hub ends here"},
	{"pkg/aws/sqsqueue", []string{aws},
		"an adapter: SQS ends here"},
	{"functions/runtime", []string{"pkg/core/awsid", "pkg/core/plan", "pkg/core/secgroup", aws, lambda, "github.com/agext/levenshtein"},
		"what the functions have in common; no client, so that neither links the other's"},
	{"functions/audit/handler", []string{"events", "functions/runtime", "pkg/", aws},
		"the audit function's parts, put together apart from ensure's: neither links the other's clients"},
	{"functions/ensure/handler", []string{"events", "functions/runtime", "pkg/", aws, lambda},
		"the one place that puts the parts together"},
	{"pkg/fakeaws", []string{"pkg/fakeaws/"},
		"an independent reading of AWS: it shares no type and no mistake with what it tests"},
	{"pkg/proof", nil,
		"tests ask it how much of a proof to run; no program imports it"},
	{"functions", []string{"functions/audit/handler", "functions/runtime", "functions/ensure/handler", aws, lambda},
		"a main reads the environment, makes clients and starts the handler"},
	{"infra", []string{"infra/stack", "events", "functions/runtime", "pkg/aws/dynamo", "pkg/core/awsid", "pkg/core/claim", "pkg/core/pattern", "pkg/core/plan", "pkg/core/secgroup", "pkg/guardfile", aws, "github.com/aws/aws-cdk-go/awscdk/", "github.com/aws/constructs-go/", "github.com/aws/jsii-runtime-go", "github.com/agext/levenshtein", "go.yaml.in/yaml/v3", "golang.org/x/mod/semver"},
		"the stack takes from the code what both must agree on: the table, the events' names, what a value may be, guardrails that read"},
	{"cmd/sgkeeper/embedded", []string{"functions/ensure/handler", "functions/runtime", "pkg/aws/dynamo", "pkg/core/claim", "pkg/fakeaws", aws},
		"the function in an account in this process: the part that demo and local share, without flags and output"},
	{"cmd/sgkeeper/demo", []string{"cmd/sgkeeper/embedded", "events", "pkg/", aws, smithy, "github.com/schollz/progressbar/", "golang.org/x/term"},
		"a program of its own: it imports no command, and no command but demo imports it"},
	{"cmd/sgkeeper", []string{"cmd/sgkeeper/demo", "cmd/sgkeeper/embedded", "events", "pkg/", aws, smithy, "github.com/spf13/cobra", "github.com/spf13/pflag", "go.yaml.in/yaml/v3", "github.com/schollz/progressbar/", "golang.org/x/mod/module", "golang.org/x/term"},
		"the command line may use everything"},
}

func TestImports(t *testing.T) {
	for pkg, imports := range importsByPackage(t) {
		rule, ok := ruleFor(pkg)
		if !ok {
			t.Errorf("%s has no import rule; add one, with its reason", pkg)
			continue
		}
		for _, imported := range imports {
			if !rule.allows(pkg, imported) || imported == "pkg/proof" {
				t.Errorf("%s imports %s, which its rule forbids: %s", pkg, imported, rule.why)
			}
		}
	}
}

// TestCore: the core imports the standard library and itself, and nothing else.
func TestCore(t *testing.T) {
	const core = "pkg/core/"
	for _, rule := range rules {
		for _, may := range rule.may {
			if strings.HasPrefix(rule.pkg, core) && !strings.HasPrefix(may, core) {
				t.Errorf("%s may import %s, which is not in %s", rule.pkg, may, core)
			}
		}
	}
}

// TestRulesAreNeeded keeps the table honest: each rule is about a package that
// is there, and each permission is used.
func TestRulesAreNeeded(t *testing.T) {
	used := make(map[string]bool)
	for pkg, imports := range importsByPackage(t) {
		rule, _ := ruleFor(pkg)
		used[rule.pkg] = true
		for _, imported := range imports {
			for _, may := range rule.may {
				if matches(may, imported) {
					used[rule.pkg+" "+may] = true
				}
			}
		}
	}
	for _, rule := range rules {
		if !used[rule.pkg] {
			t.Errorf("there is no package %s", rule.pkg)
		}
		for _, may := range rule.may {
			if !used[rule.pkg+" "+may] {
				t.Errorf("%s may import %s but does not", rule.pkg, may)
			}
		}
	}
}

func ruleFor(pkg string) (rule, bool) {
	i := slices.IndexFunc(rules, func(r rule) bool { return pkg == r.pkg || strings.HasPrefix(pkg, r.pkg+"/") })
	if i < 0 {
		return rule{}, false
	}
	return rules[i], true
}

func (r rule) allows(pkg, imported string) bool {
	return imported == pkg || slices.ContainsFunc(r.may, func(may string) bool { return matches(may, imported) })
}

func matches(may, imported string) bool {
	return imported == may || strings.HasPrefix(imported, strings.TrimSuffix(may, "/")+"/")
}

// importsByPackage returns what each package's non-test files import, but for
// the standard library; the project's own packages by their folder.
func importsByPackage(t *testing.T) map[string][]string {
	t.Helper()
	imports := make(map[string][]string)
	root := os.DirFS("..")
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == "node_modules" || d.Name() != "." && strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		pkg := path.Dir(name)
		imports[pkg] = append(imports[pkg], fileImports(t, name)...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return imports
}

func fileImports(t *testing.T, name string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", name), nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var imports []string
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if own, ok := strings.CutPrefix(imported, module); ok {
			imports = append(imports, own)
		} else if strings.Contains(strings.Split(imported, "/")[0], ".") {
			imports = append(imports, imported)
		}
	}
	return imports
}
