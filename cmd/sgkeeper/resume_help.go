package main

const resumeLong = `Let sgkeeper revoke again in a security group after its table was restored.

Each rule of sgkeeper's bears the ticket of the round that made it. If the table has not
served that ticket, it was restored to an older state, or replaced: it has forgotten
launches. Then sgkeeper opens ports as before, and revokes nothing in the group. The alarm
history-lost goes off, and leases, explain and the audit tell.

Replay the events since the time of the restored state first, or have the launches ask
again. Then run resume. It names the rules that no launch on record asks for, and asks.
After a yes, the next sweep revokes them.

The caller needs dynamodb:Query and UpdateItem on sgkeeper's table, and
ec2:DescribeSecurityGroupRules.

Exit codes: 0 resumed, or nothing to resume; 1 an error, or no yes.`

const resumeExample = `  sgkeeper resume --table sgkeeper --group sg-0123456789abcdef0`
