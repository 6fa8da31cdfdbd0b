package main

const resumeLong = `Let sgkeeper revoke again in security groups after its table was restored.

sgkeeper detects that the table was restored to an older state, or replaced. A group's
head names the table in which it began, and the tags of each rule that sgkeeper made have
the ticket of its round. If the table has another name, or has not served that ticket, it
may have forgotten launches. Then sgkeeper opens ports as before, and revokes nothing in
the group. The metric HistoryLost counts such groups; leases, explain and the audit name
them.

First replay the events since the time of the restored state, or let the launches
publish their requests again. Then run resume. It lists the rules without a request and
asks for a confirmation. After that, the next sweep revokes them.

The caller needs dynamodb:Query and UpdateItem on sgkeeper's table, with --all also
dynamodb:Scan, and ec2:DescribeSecurityGroupRules.

Exit codes: 0 resumed, or nothing to resume; 1 an error, not confirmed, or a group was not
resumed.`

const resumeExample = `  sgkeeper resume --table sgkeeper --group sg-0123456789abcdef0
  sgkeeper resume --table sgkeeper --all`
