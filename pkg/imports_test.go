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

// rule names the imports that the non-test files of some packages, and of those below them, may
// have besides the standard library. A trailing slash allows all packages below.
type rule struct {
	pkgs string // separated by spaces; the first rule that names a package counts
	may  []string
	why  string
}

const (
	aws    = "github.com/aws/aws-sdk-go-v2/"
	smithy = "github.com/aws/smithy-go"
	lambda = "github.com/aws/aws-lambda-go/"

	gomponents  = "maragu.dev/gomponents"
	levenshtein = "github.com/agext/levenshtein"
	yaml        = "go.yaml.in/yaml/v3"
)

// rules go from the core to the programs. A package imports only packages of rules above its own.
var rules = []rule{
	{"pkg/core/secgroup pkg/core/lease pkg/core/pattern pkg/core/awsid", nil,
		"the algebra, the protocol and the forms of names stand by themselves, so that each can be checked alone"},
	{"pkg/core", []string{"pkg/core/"},
		"the core decides, and is pure: it knows neither how an event is written nor where requests are kept"},
	{"events", []string{"pkg/core/", levenshtein},
		"the wire contract turns hostile bytes into the core's values"},
	{"pkg/awscli pkg/rulefile pkg/guardfile pkg/exceptionfile pkg/declared",
		[]string{"events", "pkg/core/", "pkg/rulefile", levenshtein, yaml},
		"files become the core's values here, so that the core knows no YAML and no output of the AWS CLI"},
	{"pkg/ensure pkg/await pkg/audit pkg/explain pkg/adopt pkg/preview", []string{"events", "pkg/awscli", "pkg/core/"},
		"a use case reaches AWS through interfaces of its own: no SDK, and no other use case"},
	{"pkg/mend", []string{"pkg/core/", "pkg/ensure"},
		"a person's repairs share the groups, the table and the errors with ensure, and no SDK"},
	{"pkg/console", []string{"github.com/jedib0t/go-pretty/", "golang.org/x/term"},
		"text for a terminal is made harmless in one place"},
	{"pkg/bigjson", []string{"github.com/go-json-experiment/json"},
		"a report is read and written in pieces in one place"},
	{"pkg/report", []string{"pkg/bigjson", "pkg/console", "pkg/core/", gomponents},
		"a report is rendered without knowing how it was made or where it goes"},
	{"pkg/tracepage", []string{"pkg/console", "pkg/core/", gomponents},
		"a run is drawn without its source"},
	{"pkg/aws", []string{"events", "pkg/audit", "pkg/await", "pkg/bigjson", "pkg/core/", "pkg/ensure",
		"pkg/exceptionfile",
		"pkg/report", aws, smithy, gomponents},
		"AWS's shapes, conditions and error codes end in an adapter; no adapter imports another"},
	{"pkg/launcher", []string{"events", "pkg/aws/ec2sg", "pkg/aws/eventbus", "pkg/core/", aws},
		"the client for launchers in Go needs no table"},
	{"functions/runtime", []string{"pkg/core/", aws, lambda, levenshtein},
		"the functions share settings, log and metrics, and no client"},
	{"functions/ensure", []string{"events", "functions/ensure/handler", "functions/runtime", "pkg/", aws, lambda},
		"the function puts its parts together, without the audit's clients"},
	{"functions/audit", []string{"events", "functions/audit/handler", "functions/runtime", "pkg/", aws, lambda},
		"the function puts its parts together, without ensure's clients"},
	{"pkg/fakeaws", []string{"pkg/fakeaws/"},
		"an independent reading of AWS: it shares no type and no mistake with the code under test"},
	{"pkg/dice", nil,
		"the simulations of ensure and of the audit throw the same dice"},
	{"pkg/proof", nil,
		"tests ask it how much of a proof to run; no program imports it"},
	{"infra", []string{"events", "functions/runtime", "infra/stack", "pkg/aws/dynamo", "pkg/core/", "pkg/guardfile",
		aws,
		"github.com/aws/aws-cdk-go/awscdk/", "github.com/aws/constructs-go/", "github.com/aws/jsii-runtime-go",
		"golang.org/x/mod/semver", levenshtein, yaml},
		"the stack takes from the code all that both must agree on: the table, " +
			"the names of events, the forms of values"},
	{"clients/terraform", []string{"clients/terraform/internal/provider", "events", "pkg/", aws, smithy,
		"github.com/hashicorp/"},
		"the Terraform provider is a client and a module of its own: it publishes events and waits, like any launcher"},
	{"cmd/sgkeeper/embedded", []string{"functions/ensure/handler", "functions/runtime", "pkg/aws/dynamo", "pkg/core/",
		"pkg/fakeaws", aws},
		"the function in an embedded account: the part that demo and local share, without flags and output"},
	{"cmd/sgkeeper/demo", []string{"cmd/sgkeeper/embedded", "events", "pkg/", aws, smithy,
		"github.com/schollz/progressbar/", "golang.org/x/term"},
		"the demo is a program of its own: it imports no command"},
	{"cmd/sgkeeper", []string{"cmd/sgkeeper/", "events", "pkg/", aws, smithy, yaml,
		"github.com/spf13/cobra", "github.com/spf13/pflag", "github.com/schollz/progressbar/",
		"golang.org/x/mod/module", "golang.org/x/sys/unix",
		"golang.org/x/term"},
		"the command line may use everything"},
}

func TestImports(t *testing.T) {
	for pkg, imports := range importsByPackage(t) {
		rule, place := ruleFor(pkg)
		if place == "" {
			t.Errorf("%s has no import rule; add one, with its reason", pkg)
			continue
		}
		for _, imported := range imports {
			if !rule.allows(pkg, imported) || imported == "pkg/dice" || imported == "pkg/proof" {
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
			if strings.HasPrefix(rule.pkgs+"/", core) && !strings.HasPrefix(may, core) {
				t.Errorf("%s may import %s, which is not in %s", rule.pkgs, may, core)
			}
		}
	}
}

// TestRulesAreNeeded keeps the table honest: each rule is about a package that
// is there, and each permission is used.
func TestRulesAreNeeded(t *testing.T) {
	used := make(map[string]bool)
	for pkg, imports := range importsByPackage(t) {
		rule, place := ruleFor(pkg)
		used[place] = true
		for _, imported := range imports {
			for _, may := range rule.may {
				if matches(may, imported) {
					used[rule.pkgs+" may "+may] = true
				}
			}
		}
	}
	for _, rule := range rules {
		for place := range strings.FieldsSeq(rule.pkgs) {
			if !used[place] {
				t.Errorf("there is no package %s", place)
			}
		}
		for _, may := range rule.may {
			if !used[rule.pkgs+" may "+may] {
				t.Errorf("%s may import %s but does not", rule.pkgs, may)
			}
		}
	}
}

// ruleFor returns the rule for a package, and the package or folder that the rule names. The
// place is "" if there is no rule.
func ruleFor(pkg string) (r rule, place string) {
	for _, r := range rules {
		for place := range strings.FieldsSeq(r.pkgs) {
			if pkg == place || strings.HasPrefix(pkg, place+"/") {
				return r, place
			}
		}
	}
	return rule{}, ""
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
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == "node_modules" || d.Name() != "." &&
			strings.HasPrefix(d.Name(), ".")):
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
