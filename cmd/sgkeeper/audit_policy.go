package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/plan"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// auditPolicyFlags say what an audit holds to be right.
type auditPolicyFlags struct {
	installation string
	exceptions   string
	guardrails   string
	managed      string
	limit        int
	weights      []string
	accounts     []string
}

func (f *auditPolicyFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.installation, "installation", "", "`identity` of the installation whose rules are sgkeeper's own; by default $SGKEEPER_INSTALLATION, what --claims says, or <account>/<Region>/<table>")
	flags.StringVar(&f.exceptions, "exceptions", "", "`file` (YAML or JSON) with rules that are meant, though no launch asked for them; - is standard input")
	flags.StringVar(&f.guardrails, "guardrails", "", "`file` with what may be asked, or builtin: open requests that it would refuse are drifts (where it depends on names or tags, by describe-security-groups); none by default; - is standard input")
	flags.StringVar(&f.managed, "managed-tag", "sgkeeper:managed=true", "`key=value` of the tag by which a group opts in")
	flags.IntVar(&f.limit, "limit", plan.DefaultLimit, "`rules` a group may hold, for each direction and address family (EC2 quota L-0EA8095F)")
	flags.StringArrayVar(&f.weights, "weight", nil, "what a prefix list counts towards the quota, as `pl-...=N`; may be repeated; a list not named counts 1")
	flags.StringSliceVar(&f.accounts, "known-account", nil, "`id=name` of an account whose groups rules may refer to; may be repeated")
	must(cmd.MarkFlagFilename("exceptions", "yaml", "yml", "json"))
	must(cmd.RegisterFlagCompletionFunc("guardrails", cobra.FixedCompletions([]string{builtinGuard}, cobra.ShellCompDirectiveDefault)))
	for _, name := range []string{"installation", "managed-tag", "limit", "weight", "known-account"} {
		complete(cmd, name)
	}
}

func (f *auditPolicyFlags) read(s *source) (p audit.Policy, err error) {
	p = audit.Policy{Installation: f.installation, ManagedTag: f.managed, Limit: f.limit, Sensitive: audit.SensitivePorts()}
	if f.limit < 1 || f.limit > 1000 {
		return p, fmt.Errorf("--limit %d: want 1 to 1000", f.limit)
	}
	if key, value, ok := strings.Cut(f.managed, "="); !ok || key == "" || value == "" {
		return p, fmt.Errorf("--managed-tag %q: want key=value", f.managed)
	}
	if p.Weights, err = plan.ParseWeights(strings.Join(f.weights, ",")); err != nil {
		return p, fmt.Errorf("--weight: %w", err)
	}
	if p.Accounts, err = knownAccounts(f.accounts); err != nil {
		return p, err
	}
	if f.guardrails != "" {
		if p.Guard, err = s.guardrails(f.guardrails); err != nil {
			return p, fmt.Errorf("--guardrails %s: %w", f.guardrails, err)
		}
	}
	if f.exceptions == "" {
		return p, nil
	}
	data, err := s.read(f.exceptions)
	if err == nil {
		p.Exceptions, err = audit.ReadExceptions(data)
	}
	if err != nil {
		err = fmt.Errorf("--exceptions %s: %w", f.exceptions, err)
	}
	return p, err
}

func knownAccounts(texts []string) (map[string]string, error) {
	known := make(map[string]string, len(texts))
	for _, text := range texts {
		id, name, ok := strings.Cut(text, "=")
		if !ok || !secgroup.IsAccount(id) || name == "" {
			return nil, fmt.Errorf("--known-account %q: want 12 digits, = and a name", text)
		}
		known[id] = name
	}
	return known, nil
}
