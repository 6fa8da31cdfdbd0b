package main

const explainLong = `Explain why a port of a security group is open: the rules that admit it, their owners,
and the launches that request it, with their times. If the port is closed, the answer
is the state of the requests: none, refused, expired, ended, or queued with the reason.

Without --from, a port is open if any address may reach it; the rules show the
addresses. If only members of groups may reach it, it is "closed except to members".
With --from, it is open if all addresses of that peer may reach it, and "partly open"
if some may. A rule that admits a group is marked with ~, because the rules do not show
the group's members.

An event that sgkeeper refused before it became a request is shown for 45 days: for
example, the guardrails forbid its ports. If an event could not be read, its ports are
not known. The answer also lists such events on the group.

EC2 may describe a rule for some minutes after its revoke. Such rules, and those whose
revoke is pending, admit nothing and are listed apart. A rule that sgkeeper made a
moment ago counts as open; a note says if EC2 does not describe it yet.

A request is "open" if its own rule exists. It is "covered" if other rules admit all of
it; sgkeeper then writes nothing for it.

The caller needs dynamodb:Query on sgkeeper's table, ec2:DescribeSecurityGroupRules
and ec2:DescribeSecurityGroups. With --rules, and --claims for the
requests, the command reads files and calls no AWS API. It then does not know leases.

Exit codes: 0 answered, 1 an error.`

const explainExample = `  sgkeeper explain --table sgkeeper --group sg-0123456789abcdef0 --port 8000
  sgkeeper explain --table sgkeeper --group sg-0123456789abcdef0 --port 8000 --from 198.51.100.7,::/0

  # From files, without AWS.
  sgkeeper claims --table sgkeeper --group sg-0123456789abcdef0 --all --output json > claims.json
  aws ec2 describe-security-group-rules --filters Name=group-id,Values=sg-0123456789abcdef0 |
    sgkeeper explain --rules - --claims claims.json --installation 111122223333/us-east-1/sgkeeper \
      --group sg-0123456789abcdef0 --port 8000`
