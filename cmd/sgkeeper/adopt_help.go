package main

const adoptLong = `Adopt foreign rules, for example the rules that a launcher opened and never closed.
sgkeeper revokes its own rules if no launch requests them. So an adopted rule is
revoked by the next sweep, unless a launch requests it. The command first prints a
plan with the fate of each rule. It writes nothing before you name rules with --rule,
or all rules of the plan with --all, and confirm.

Without --rule the plan lists ingress rules, except those among the members of the
group. The command never adopts EC2's default egress rule, a rule of another
installation, or a rule that an AWS service has tagged.

The command writes the rule's id to the table, with a checksum of the rule. If somebody
modifies the rule later, it is foreign again. The rule itself is not changed.

The caller needs dynamodb:Query and UpdateItem on sgkeeper's table,
ec2:DescribeSecurityGroups and ec2:DescribeSecurityGroupRules. A principal that may write
to the table decides which rules sgkeeper revokes, so grant these permissions sparingly.

Exit codes: 0 rules adopted, nothing to adopt, or the plan printed; 1 an error, or not
confirmed.`

const adoptExample = `  # The plan.
  sgkeeper adopt --table sgkeeper --group sg-0123456789abcdef0

  # One rule, by a program.
  sgkeeper adopt --table sgkeeper --group sg-0123456789abcdef0 --rule "$RULE" --yes`
