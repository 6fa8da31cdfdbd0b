package main

const auditLong = `Report every difference between what launches asked for and what security groups
hold: a drift, of a kind, with a severity, the rule, the gap, who asked, and what
would mend it. A group that nobody asked anything of is expected to hold nothing.
What cannot be read is a drift, too. The kinds are in docs/audit.md.

By default the command audits the installation that --table names, as the audit
function does: every group in the table, and every group that bears the managed
tag. It only reads; it needs dynamodb:Scan and Query on the table, and
ec2:DescribeSecurityGroups, DescribeSecurityGroupRules, DescribeNetworkInterfaces,
DescribeStaleSecurityGroups, DescribeManagedPrefixLists and
GetManagedPrefixListEntries.

With --rules it asks no AWS: --rules is the output of describe-security-group-rules
or describe-security-groups, and --claims what sgkeeper claims --all --output json
printed. Files do not tell where groups are attached, which references are stale,
what is in prefix lists, or how ensure's rounds went. The output of
describe-security-groups does not tell rules' ids and tags either, so that no rule
is known to be sgkeeper's own; that of describe-security-group-rules does not tell
groups' names, tags, and groups without rules.

--output html is a page to look at, in one file, that fetches nothing; csv has a row
for each drift, junit a case for each group, asff a line for each batch of findings
as aws securityhub batch-import-findings takes it, ocsf a list of Compliance
Findings.

Exit codes: 0 no drift, or none from --fail-on on; 1 an error; 2 drift.`

const auditExample = `  # A page about everything there is.
  sgkeeper audit --table sgkeeper --file sgkeeper-report.html || test $? = 2

  # One group, offline, from what was saved.
  aws ec2 describe-security-group-rules --filters Name=group-id,Values=sg-0123456789abcdef0 > rules.json
  sgkeeper claims --table sgkeeper --group sg-0123456789abcdef0 --all --output json > claims.json
  sgkeeper audit --rules rules.json --claims claims.json --installation 111122223333/us-east-1/sgkeeper

  # In a pipeline: a test report, and a failure only for what is grave.
  sgkeeper audit --table sgkeeper --output junit --file audit.xml --fail-on high`
