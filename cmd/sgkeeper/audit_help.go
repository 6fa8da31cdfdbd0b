package main

const auditLong = `Report every drift: a difference between the requests of launches and the rules of
security groups. A drift has a kind, a severity, the rule, the gap, the launches that
requested it, and a remedy. If no launch requests anything on a group, the audit
expects no rules there. A group that cannot be read is a drift, too. docs/audit.md
lists the kinds.

By default the command audits the installation that --table names, as the audit
function does: every group in the table, and every group with the managed tag. It only
reads. It needs dynamodb:Scan and Query on the table, and ec2:DescribeSecurityGroups,
DescribeSecurityGroupRules, DescribeNetworkInterfaces, DescribeStaleSecurityGroups,
DescribeManagedPrefixLists and GetManagedPrefixListEntries.

--member-accounts and --member-regions add the accounts and Regions that the installation
serves. The command assumes --member-role in each account. The role that the stack makes
trusts only the audit function, so name a role that trusts you.

With --rules it calls no AWS. --rules is the output of describe-security-group-rules
or describe-security-groups. --claims is the output of sgkeeper claims --all --output
json. Files do not say:

- where groups are attached, and which references are stale;
- which entries a prefix list has;
- how ensure's rounds went;
- from describe-security-groups: ids and tags of rules, so no rule counts as sgkeeper's;
- from describe-security-group-rules: names and tags of groups, and groups without rules.

--declared takes rules that Terraform, CloudFormation or the CDK declare for intended. A
value that such a file does not hold is an unknown drift.

--output html writes a page in one file that fetches nothing. csv has a row for each
drift, junit a case for each group, asff a line for each batch of findings as aws
securityhub batch-import-findings takes it, ocsf a list of Compliance Findings.

Exit codes: 0 no drift, or none of the severity of --fail-on or above; 1 an error;
2 drift.`

const auditExample = `  # A page about a whole installation.
  sgkeeper audit --table sgkeeper --file sgkeeper-report.html || test $? = 2

  # One group, offline, from saved files.
  aws ec2 describe-security-group-rules --filters Name=group-id,Values=sg-0123456789abcdef0 > rules.json
  sgkeeper claims --table sgkeeper --group sg-0123456789abcdef0 --all --output json > claims.json
  sgkeeper audit --rules rules.json --claims claims.json --installation 111122223333/us-east-1/sgkeeper

  # In a pipeline: a test report, and a failure only for high and critical drifts.
  sgkeeper audit --table sgkeeper --output junit --file audit.xml --fail-on high`
