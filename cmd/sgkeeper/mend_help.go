package main

const mendLong = `Repair drifts that an audit found. The command audits the groups, prints a plan, and
changes nothing before you confirm. Choose drifts with --drift, --kind, --severity and
--group; a report prints the command for each of its drifts. Without them, the plan has
all drifts.

The plan of a drift depends on its kind:

- a requested rule that is not open is authorized;
- a rule that nothing explains is revoked;
- a rule that is too wide is replaced by its requested part, and by the part that an
  exception declares;
- a changed description is restored, and sgkeeper's tags are removed from a rule that
  they do not fit;
- the managed tag is put on the group again;
- for any other drift, the plan prints the remedy.

Requested traffic stays open after each call: the command authorizes before it revokes.
It never opens anything that the guardrails refuse; --guardrails names them. With
--table it takes the group's lease, so that sgkeeper does not write at the same time,
and rules that it makes for launches become sgkeeper's own. Without --table it repairs
the drifts of a --report, and does neither. Right before it changes a group, it reads
the group again. If the plan would be another one by then, it changes nothing in that
group.

Before the first change, the command writes the former rules, descriptions and tags to
an undo file, which only you can read. --undo gives them back, as far as the guardrails
allow. You may run it more than once. A restored rule gets a new id.

The calls are made with your own credentials. They need dynamodb:Scan, Query and
UpdateItem on sgkeeper's table, the permissions of sgkeeper audit,
ec2:AuthorizeSecurityGroupIngress and Egress, RevokeSecurityGroupIngress and Egress,
UpdateSecurityGroupRuleDescriptionsIngress and Egress, and CreateTags and DeleteTags.

Exit codes: 0 all planned calls are done, or the plan is printed; 1 an error, a call that
failed, or not confirmed.`

const mendExample = `  # The plan for all high and critical drifts.
  sgkeeper mend --table sgkeeper --severity high --dry-run

  # One drift, by a program; then back again.
  sgkeeper mend --table sgkeeper --drift "$DRIFT" --yes --undo-file undo.json
  sgkeeper mend --table sgkeeper --undo undo.json --yes`
