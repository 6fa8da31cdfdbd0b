package provider_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/sgkeeper/sgkeeper/clients/terraform/internal/provider"
)

// acceptance runs steps with the real Terraform, which calls the provider in this process.
func acceptance(t *testing.T, steps ...resource.TestStep) {
	t.Helper()
	program, err := exec.LookPath("terraform")
	if err != nil {
		t.Skip("terraform is not on PATH, and no package registry has it: install Terraform 1.1 or later from " +
			"HashiCorp. TestCreate and its neighbors drive the provider without it")
	}
	t.Setenv("TF_ACC_TERRAFORM_PATH", program)
	t.Setenv("CHECKPOINT_DISABLE", "1")
	t.Setenv("TF_CLI_CONFIG_FILE", "")
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: map[string]func() (tfprotov6.ProviderServer, error){
			"sgkeeper": providerserver.NewProtocol6WithError(provider.New("test")()),
		},
		Steps: steps,
	})
}

// header configures the provider for the world.
func (w *world) header() string {
	return fmt.Sprintf("provider \"sgkeeper\" {\n  region = %q\n  endpoint_url = %q\n}\n", w.Account.Region(),
		w.endpoint)
}

const twoLaunches = `
resource "sgkeeper_launch" "a" {
  name_prefix = "a"
  group       = { id = "sg-0123456789abcdef0" }
  rules       = [{ ports = %q, from = ["10.0.0.0/8"], description = "for a" }]
}

resource "sgkeeper_launch" "b" {
  group = { name = "shared", vpc = "vpc-0d000000000000000" }
  rules = [
    { ports = 9000, from = ["10.0.0.0/8"] },
    { protocol = "icmp", icmp = { type = 3, code = 4 }, from = ["0.0.0.0/0"] },
  ]
  requester = "team-inference"
}
`

// TestTerraform: create, add, remove, read, import and destroy, by the real Terraform.
func TestTerraform(t *testing.T) {
	w := newWorld(t, "")
	before := w.count()
	open := func(want ...int) resource.TestCheckFunc {
		return func(*terraform.State) error {
			if n := w.openPorts(9000, 9002, 9004); n != len(want) || w.openPorts(want...) != len(want) {
				return fmt.Errorf("%d ports are open, want %v", n, want)
			}
			return nil
		}
	}
	updates := func(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
		return resource.ConfigPlanChecks{
			PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction("sgkeeper_launch.a", action)},
		}
	}
	acceptance(t,
		resource.TestStep{
			Config: w.header() + fmt.Sprintf(twoLaunches, "9000,9002"),
			Check: resource.ComposeTestCheckFunc(open(9000, 9002),
				resource.TestMatchResourceAttr("sgkeeper_launch.a", "launch", regexp.MustCompile(`^a-[a-z2-7]{16}$`)),
				resource.TestMatchResourceAttr("sgkeeper_launch.b", "launch", regexp.MustCompile(`^tf-[a-z2-7]{16}$`)),
				resource.TestCheckResourceAttr("sgkeeper_launch.b", "group_id", groupID)),
		},
		resource.TestStep{
			ResourceName: "sgkeeper_launch.b", ImportState: true, ImportStateVerify: true,
			ImportStateVerifyIdentifierAttribute: "launch", ImportStateVerifyIgnore: []string{"name_prefix", "group",
				"rules"},
			ImportStateIdFunc: func(s *terraform.State) (string, error) {
				return s.RootModule().Resources["sgkeeper_launch.b"].Primary.Attributes["launch"], nil
			},
		},
		resource.TestStep{
			Config:           w.header() + fmt.Sprintf(twoLaunches, "9000,9002,9004"),
			ConfigPlanChecks: updates(plancheck.ResourceActionUpdate),
			Check:            open(9000, 9002, 9004),
		},
		resource.TestStep{
			Config:           w.header() + fmt.Sprintf(twoLaunches, "9002"),
			ConfigPlanChecks: updates(plancheck.ResourceActionUpdate),
			Check:            open(9000, 9002), // 9000 by b
		},
		resource.TestStep{
			Config: w.header() + fmt.Sprintf(twoLaunches, "9002") + `
data "sgkeeper_claims" "all" { group = "sg-0123456789abcdef0" }
data "sgkeeper_plan" "world" {
  group = { id = "sg-0123456789abcdef0" }
  rules = [{ ports = 22, from = ["0.0.0.0/0"] }]
}
`,
			Check: resource.ComposeTestCheckFunc(
				resource.TestCheckResourceAttr("data.sgkeeper_claims.all", "claims.#", "2"),
				resource.TestCheckResourceAttr("data.sgkeeper_plan.world", "allowed", "false"),
				resource.TestCheckResourceAttr("data.sgkeeper_plan.world", "reasons.0.field", "/rules/0/from/0")),
		},
	)
	if w.count() != before {
		t.Errorf("%d rules after the destroy, want %d", w.count(), before)
	}
}

// TestTerraformExample applies the example of docs/launchers.md, and destroys it.
func TestTerraformExample(t *testing.T) {
	page, err := os.ReadFile("../../../../docs/launchers.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "<!-- run: terraform -->\n```hcl\n")
	text, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("docs/launchers.md has no example for Terraform")
	}
	w := newWorld(t, "")
	before := w.count()
	t.Setenv("TF_VAR_group", groupID)
	acceptance(t, resource.TestStep{
		Config: w.header() + text,
		Check: func(*terraform.State) error {
			if n := w.openPorts(8443); n != 1 {
				return fmt.Errorf("port 8443 is open by %d rules, want 1", n)
			}
			return nil
		},
	})
	if w.count() != before {
		t.Errorf("%d rules after the destroy, want %d", w.count(), before)
	}
}

// TestTerraformRefused: Terraform shows the refusal, and the rule that it is about.
func TestTerraformRefused(t *testing.T) {
	w := newWorld(t, "")
	before := w.count()
	acceptance(t, resource.TestStep{
		Config: w.header() + `
resource "sgkeeper_launch" "a" {
  group = { id = "sg-0123456789abcdef0" }
  rules = [{ ports = 22, from = ["0.0.0.0/0"] }]
}
`,
		ExpectError: regexp.MustCompile(`sgkeeper refuses the launch(?s:.*)rules\[0\]\.from\[0\]: tcp 22`),
	})
	if w.count() != before {
		t.Errorf("%d rules after a refusal, want %d", w.count(), before)
	}
}

// TestTerraformOutsideEnd: Terraform creates a launch again that somebody ended.
func TestTerraformOutsideEnd(t *testing.T) {
	w := newWorld(t, "")
	var launch string
	config := w.header() + `
resource "sgkeeper_launch" "a" {
  group = { id = "sg-0123456789abcdef0" }
  rules = [{ ports = 9000, from = ["10.0.0.0/8"] }]
}
`
	acceptance(t,
		resource.TestStep{Config: config, Check: func(s *terraform.State) error {
			launch = s.RootModule().Resources["sgkeeper_launch.a"].Primary.Attributes["launch"]
			return nil
		}},
		resource.TestStep{
			PreConfig: func() { w.endOutside(launch) },
			Config:    config,
			ConfigPlanChecks: resource.ConfigPlanChecks{
				PreApply: []plancheck.PlanCheck{
					plancheck.ExpectResourceAction("sgkeeper_launch.a", plancheck.ResourceActionCreate),
				},
			},
			Check: func(s *terraform.State) error {
				again := s.RootModule().Resources["sgkeeper_launch.a"].Primary.Attributes["launch"]
				if again == launch || w.openPorts(9000) != 1 {
					return fmt.Errorf("the launch is %s, and was %s; 9000 open %d", again, launch, w.openPorts(9000))
				}
				return nil
			},
		},
	)
}
