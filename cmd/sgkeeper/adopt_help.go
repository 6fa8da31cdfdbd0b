package main

const adoptLong = `Make rules that a launcher once opened, and nobody closed, sgkeeper's own. It revokes
its own rules when no launch asks for them; so a rule that is adopted goes with the
next sweep, unless a launch asks for it. What becomes of each rule is in the plan
that is printed first. Nothing is written before --rule names rules, or --all means
all that the plan lists, and somebody said yes.

Without --rule the plan lists ingress rules, but for those among the members of the
group. Never adopted are EC2's default egress rule, rules of another installation,
and rules that an AWS service has tagged.

The rule's id goes into the table, with a checksum of the rule: one that is modified
later is nobody's again. The rule itself is left as it is.

The caller needs dynamodb:Query and UpdateItem on sgkeeper's table,
ec2:DescribeSecurityGroups and ec2:DescribeSecurityGroupRules. A caller that may write to
the table decides what sgkeeper revokes: give that right to few.

Exit codes: 0 adopted, or nothing to adopt, or the plan printed; 1 an error, or no yes.`

const adoptExample = `  # The plan.
  sgkeeper adopt --table sgkeeper --group sg-0123456789abcdef0

  # One rule, by a program.
  sgkeeper adopt --table sgkeeper --group sg-0123456789abcdef0 --rule "$RULE" --yes`
