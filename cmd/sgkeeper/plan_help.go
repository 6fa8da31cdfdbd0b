package main

const planLong = `Show offline what the ensure function would do: the rules that it would authorize, the
existing rules that already cover a request, and the requests that it would reject, with
the reasons. It calls no AWS.

--rules is the output of describe-security-group-rules or describe-security-groups. With
both, rules have ids and tags, and groups have names and tags. A file may hold several
outputs or pages, one after the other or as jq -s joins them. A rule that names a prefix
list counts toward the quota as the list's MaxEntries, if the output of
describe-managed-prefix-lists is given too, and otherwise as 1.

An event is a Launch Requested or Launch Ended event, with EventBridge's envelope or
without. A bare detail speaks for the account that owns the group, and requests ports
unless its detailType is Launch Ended. Events are taken in the order of the files, and
within a file in their own order. After a Launch Ended, the launch's earlier requests
open nothing, and its later requests are rejected.

The command decides as an installation would. It refuses an event that the built-in
guardrails do not allow, such as tcp 22 from 0.0.0.0/0. To plan with the guardrails of
your installation, give their file; to plan without any, give --guardrails none. A
request is judged beside the live claims and earlier events of its group. If guardrails
depend on the entries of a prefix list, give --prefix-list the output of
get-managed-prefix-list-entries; without it, the event is rejected, because the entries
are unknown. The command also
refuses an event if its expiresAt is at or before the time of --at, by default now. To
replay older events, give the time at which they arrived.

In the result, + is a rule to authorize, = a requested rule that is covered, - a rule to
revoke, and ! a rejected event. ~ marks a rule that is held by quota, or a value that
was read differently than it was written.

By itself the command knows only the requests in the events, and no rule counts as
sgkeeper's, so nothing is revoked. --claims and --installation, which go together, add
the live requests of an installation:

- They come before all events, in the order in which they were received.
- A Launch Ended ends those of its launch.
- A claim expires one minute after its expiresAt, by the time of --at, as in a sweep.
- A claim counts as served if existing rules cover it, and then it is never rejected.
- A rule with the installation's tags that nobody has modified is revoked if no request
  needs it. If another rule must replace it, that happens half a minute after the other
  rule is open.
- A group that only a claim names is planned, too. To plan for one group, describe that
  group and give its claims alone.

Exit codes: 0 nothing to do, 1 an error or a rejected event, 2 something to do.`

const planExample = `  # A launch on a group without rules.
  echo '{"SecurityGroupRules": []}' > rules.json
  echo '{"launch": "llama4-7f3a", "group": "sg-0123456789abcdef0",
         "rules": [{"ports": [8000, "8002-8004"], "from": ["10.0.0.0/8"]}]}' > launch.json
  sgkeeper plan --rules rules.json --event launch.json

  # The same on a real group, as JSON.
  aws ec2 describe-security-group-rules --filters Name=group-id,Values=sg-0123456789abcdef0 |
    sgkeeper plan --rules - --event launch.json --output json

  # An older event, under the guardrails of an installation.
  echo '{"deny": [{"id": "no-web", "rules": [{"ports": 80, "from": ["world"]}]}]}' > guardrails.json
  sgkeeper plan --rules rules.json --event launch.json --guardrails guardrails.json --at 2026-11-23T00:01:00Z

  # The end of the launch.
  sgkeeper claims --table sgkeeper --group sg-0123456789abcdef0 --output json > claims.json
  echo '{"detailType": "Launch Ended", "launch": "llama4-7f3a"}' > end.json
  aws ec2 describe-security-group-rules --filters Name=group-id,Values=sg-0123456789abcdef0 |
    sgkeeper plan --rules - --event end.json --claims claims.json --installation 111122223333/us-east-1/sgkeeper`
