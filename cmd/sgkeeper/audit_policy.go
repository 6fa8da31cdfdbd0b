package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/exceptionfile"
)

// auditPolicyFlags configure the policy of an audit.
type auditPolicyFlags struct {
	installation installationFlag
	exceptions   string
	guardrails   string
	managed      string
	quota        quotaFlags
	accounts     []string
	declared     []string
	unread       map[string]string // what the declared files do not hold, by resource; set by read
}

func (f *auditPolicyFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	f.installation.add(cmd,
		"`identity` of the installation, to identify its rules; by default $SGKEEPER_INSTALLATION, "+
			"the one in --claims, or "+
			"<account>/<Region>/<table>")
	flags.StringVar(&f.exceptions, "exceptions", "",
		"`file` (YAML or JSON) with rules that are right although no launch requested them; - is standard input")
	flags.StringArrayVar(&f.declared, "declared", nil,
		"`file` with rules that are declared elsewhere: terraform show -json, or a CloudFormation or CDK template in "+
			"JSON, as STACK=FILE unless the file is named after its stack; may be repeated; - is standard input")
	flags.StringVar(&f.guardrails, "guardrails", f.guardrails,
		"guardrails `file`, builtin or none: live requests that it would refuse are drifts (offline, names and "+
			"tags come from describe-security-groups); - is standard input")
	flags.StringVar(&f.managed, "managed-tag", "sgkeeper:managed=true",
		"`key=value` of the tag by which a group opts in")
	f.quota.add(cmd)
	flags.StringSliceVar(&f.accounts, "known-account", nil,
		"`id=name` of an account with groups that rules may refer to; may be repeated")
	must(cmd.MarkFlagFilename("exceptions", "yaml", "yml", "json"))
	must(cmd.MarkFlagFilename("declared", "json"))
	must(cmd.RegisterFlagCompletionFunc("guardrails",
		cobra.FixedCompletions([]string{builtinGuard, noGuard}, cobra.ShellCompDirectiveDefault)))
	complete(cmd, "managed-tag")
	complete(cmd, "known-account")
}

// read reads the files of the flags, with notes about them.
func (f *auditPolicyFlags) read(s *source, notes io.Writer) (p drift.Policy, err error) {
	quota, err := f.quota.quota()
	if err != nil {
		return p, err
	}
	p = drift.Policy{ManagedTag: f.managed, Limit: quota.Limit, Weights: quota.Weights,
		Sensitive: drift.SensitivePorts()}
	if key, value, ok := strings.Cut(f.managed, "="); !ok || key == "" || value == "" {
		return p, fmt.Errorf("--managed-tag %q: want key=value", f.managed)
	}
	if p.Accounts, err = knownAccounts(f.accounts); err != nil {
		return p, err
	}
	if f.guardrails != "" && f.guardrails != noGuard {
		if p.Guard, err = s.guardrails(f.guardrails); err != nil {
			return p, fmt.Errorf("--guardrails %s: %w", f.guardrails, err)
		}
	}
	if p.Declared, err = f.readDeclared(s, notes); err != nil {
		return p, err
	}
	if f.exceptions == "" {
		return p, nil
	}
	data, err := s.read(f.exceptions)
	if err == nil {
		p.Exceptions, err = exceptionfile.Read(data)
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
