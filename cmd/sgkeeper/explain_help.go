package main

const explainLong = `Say why a port of a security group is open: which rules admit it, who made them,
which launches ask for it, since when and until when. Or why it is closed: nobody
asked, or what was asked was refused, has expired, has ended, or is queued, and
what it waits for.

Without --from a port is open if some addresses may reach it, whichever: the rules say
which; where only the members of groups may, it is "closed but to members". With --from
it is open if all of that peer may, and "partly open" if some may. An address may be
a member's of a group that a rule admits, which no rule tells: such rules are shown,
and marked with ~.

A request that sgkeeper refused before it became a claim is shown for 45 days: for
example, the guardrails forbid its ports. If an event could not be read, its ports are
not known. Such events on the group are listed, too.

EC2 may describe a rule for some minutes after its revoke. Such rules, and those whose
revoke is pending, admit nothing and are listed apart. A rule that sgkeeper made a
moment ago counts as open; a note says if EC2 does not describe it yet.

A claim is what a launch asked for. It is "open" where its own rule stands,
"covered" where other rules admit all of it, and then nothing was written for it.

The caller needs dynamodb:Query on sgkeeper's table, ec2:DescribeSecurityGroupRules
and ec2:DescribeSecurityGroups. With --rules, and --claims if there are any, all is
read from files and no AWS is asked; nothing is known of leases then.

Exit codes: 0 answered, 1 an error.`

const explainExample = `  sgkeeper explain --table sgkeeper --group sg-0123456789abcdef0 --port 8000
  sgkeeper explain --table sgkeeper --group sg-0123456789abcdef0 --port 8000 --from 198.51.100.7,::/0

  # From files, without AWS.
  sgkeeper claims --table sgkeeper --group sg-0123456789abcdef0 --all --output json > claims.json
  aws ec2 describe-security-group-rules --filters Name=group-id,Values=sg-0123456789abcdef0 |
    sgkeeper explain --rules - --claims claims.json --installation 111122223333/us-east-1/sgkeeper \
      --group sg-0123456789abcdef0 --port 8000`
