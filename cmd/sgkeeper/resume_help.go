package main

const resumeLong = `Let sgkeeper revoke again in security groups after its table was restored.

sgkeeper finds out by itself that the table was restored to an older state, or replaced. A
group's record names the table in which it began, and each rule of sgkeeper's bears the
ticket of the round that made it. If the table has another name, or has not served that
ticket, it may have forgotten launches. Then sgkeeper opens ports as before, and revokes
nothing in the group. The metric HistoryLost counts that, and leases, explain and the
audit tell.

Replay the events since the time of the restored state first, or have the launches ask
again. Then run resume. It names the rules that no launch on record asks for, and asks.
After a yes, the next sweep revokes them.

The caller needs dynamodb:Query and UpdateItem on sgkeeper's table, with --all also
dynamodb:Scan, and ec2:DescribeSecurityGroupRules.

Exit codes: 0 resumed, or nothing to resume; 1 an error, no yes, or a group is left.`

const resumeExample = `  sgkeeper resume --table sgkeeper --group sg-0123456789abcdef0
  sgkeeper resume --table sgkeeper --all`
