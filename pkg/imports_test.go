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
		"the algebra stands by itself: anybody may use it, and nothing of AWS's API shapes it"},
	{"events", []string{"pkg/core/secgroup", "github.com/agext/levenshtein"},
		"the wire contract is read and written by programs that have nothing else of ours"},
	{"pkg/core/claim", []string{"events", "pkg/core/secgroup"},
		"the domain knows events and rules, not where requests are kept"},
	{"pkg/rulefile", []string{"events", "pkg/core/secgroup", "github.com/agext/levenshtein", "go.yaml.in/yaml/v3"},
		"files about rules are read alike, and their rules as in an event"},
	{"pkg/core/guard", []string{"events", "pkg/core/claim", "pkg/rulefile", "pkg/core/secgroup"},
		"it judges an event before anything is claimed, and the claimed requests of a group together"},
	{"pkg/core/plan", []string{"events", "pkg/core/claim", "pkg/core/secgroup"},
		"a plan is a pure function, so that `sgkeeper plan` shows what ensure does"},
	{"pkg/core/group", []string{"events", "pkg/core/claim", "pkg/core/lease", "pkg/core/plan", "pkg/core/secgroup"},
		"the one value for what is known of a group is pure, so that everybody can build it and ask it"},
	{"pkg/core/lease", nil,
		"the protocol is checked state by state: it can know neither AWS nor rules"},
	{"pkg/adopt", []string{"pkg/core/claim", "pkg/core/group", "pkg/core/plan", "pkg/core/secgroup"},
		"what may become ours is decided apart from how it is written"},
	{"pkg/explain", []string{"pkg/core/claim", "pkg/core/group", "pkg/core/lease", "pkg/core/plan", "pkg/core/secgroup"},
		"why a port is open is decided as ensure decides, from files as from AWS"},
	{"pkg/preview", []string{"events", "pkg/core/claim", "pkg/core/group", "pkg/core/plan", "pkg/core/secgroup"},
		"what ensure would do is decided from files by the State that ensure has"},
	{"pkg/ensure", []string{"events", "pkg/core/claim", "pkg/core/group", "pkg/core/guard", "pkg/core/lease", "pkg/core/plan", "pkg/core/secgroup"},
		"the use case performs effects through interfaces of its own; no SDK"},
	{"pkg/audit", []string{"events", "pkg/core/claim", "pkg/core/group", "pkg/core/guard", "pkg/core/lease", "pkg/core/plan", "pkg/rulefile", "pkg/core/secgroup"},
		"the audit decides as ensure does: a use case, with interfaces of its own; no SDK"},
	{"pkg/console", []string{"github.com/jedib0t/go-pretty/", "golang.org/x/term"},
		"what is written for people to a terminal is made harmless in one place"},
	{"pkg/report", []string{"pkg/audit", "pkg/core/claim", "pkg/console", "pkg/core/secgroup", gomponents},
		"renders what an audit found, and knows neither AWS's API nor where reports go"},
	{"pkg/aws/ec2sg", []string{"pkg/audit", "pkg/core/claim", "pkg/ensure", "pkg/core/guard", "pkg/core/secgroup", aws, smithy},
		"an adapter: EC2's shapes and error codes end here"},
	{"pkg/aws/dynamo", []string{"events", "pkg/audit", "pkg/core/claim", "pkg/ensure", "pkg/core/lease", "pkg/core/secgroup", aws},
		"an adapter: the table's items and conditions end here"},
	{"pkg/aws/assumerole", []string{aws},
		"an adapter: which role gives a client, and nothing of what is done with it"},
	{"pkg/aws/parameter", []string{aws},
		"an adapter: SSM's parameters end here"},
	{"pkg/aws/eventbus", []string{"events", aws, smithy},
		"an adapter: EventBridge ends here"},
	{"pkg/launcher", []string{"events", "pkg/core/claim", "pkg/aws/ec2sg", "pkg/aws/eventbus", "pkg/core/secgroup", aws},
		"the launchers' client: what it exports is of events, secgroup and the SDK; the rest is how it reads a group and reaches a bus"},
	{"pkg/aws/s3store", []string{"pkg/audit", "pkg/report", aws, smithy, gomponents},
		"an adapter: S3's objects and conditions end here"},
	{"pkg/aws/securityhub", []string{"pkg/audit", "pkg/report", aws},
		"an adapter: Security Hub ends here"},
	{"pkg/aws/sqsqueue", []string{aws},
		"an adapter: SQS ends here"},
	{"functions/runtime", []string{"pkg/core/plan", "pkg/core/secgroup", aws, lambda, "github.com/agext/levenshtein"},
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
	{"infra", []string{"infra/stack", "events", "pkg/aws/dynamo", "pkg/core/guard", "pkg/core/plan", "pkg/core/secgroup", aws, "github.com/aws/aws-cdk-go/awscdk/", "github.com/aws/constructs-go/", "github.com/aws/jsii-runtime-go", "github.com/agext/levenshtein", "go.yaml.in/yaml/v3"},
		"the stack takes from the code what both must agree on: the table, the events' names, what a value may be, guardrails that read"},
	{"cmd/sgkeeper", []string{"events", "functions/ensure/handler", "functions/runtime", "pkg/", aws, smithy, "github.com/spf13/cobra", "github.com/spf13/pflag", "go.yaml.in/yaml/v3", "github.com/schollz/progressbar/", "golang.org/x/term"},
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
