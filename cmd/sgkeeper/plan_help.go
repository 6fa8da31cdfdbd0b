package main

const planLong = `Show offline what the ensure function would do: which rules it would authorize,
which are covered by what is there, and which requests it would reject and why.
It needs no AWS access; --rules is what describe-security-group-rules or
describe-security-groups printed, as is.

An event is a Launch Requested or Launch Ended event, with EventBridge's envelope
or without: a bare detail speaks for the account that owns the group, and asks for
ports unless its detailType is Launch Ended. Events are taken in the order of the
files, and within a file in their own order: what a Launch Ended ends is not opened,
and what asks for it later is rejected.

The command decides as an installation would. It refuses an event that the built-in
guardrails do not allow, such as tcp 22 from 0.0.0.0/0. To plan with the guardrails of
your installation, give their file; to plan without any, give --guardrails none. A
request is judged beside the open claims and events of its group. If guardrails depend on
the entries of a prefix list, give --prefix-list the output of
get-managed-prefix-list-entries; without it, the event is rejected, because nobody can say
that an installation would serve it. The command also
refuses an event whose expiresAt is at or before the time of --at, by default now. To
replay older events, give the time at which they arrived.

In the result, + is a rule to authorize, = a rule that is asked for and covered,
- a rule to revoke, ! a rejected event, and ~ a rule that would go but is held by
quota, or something that was read differently than it was written.

By itself the command knows of no request but those in the events, and no rule
counts as sgkeeper's own, so nothing is revoked. With --claims and --installation,
which go together, the open claims are asked before all events, in the order they
were received. A Launch Ended ends those of its launch. A claim expires one minute
after its expiresAt, by the time of --at: an installation's sweep would have expired
it. A claim whose rules the group admits counts as served, and is never rejected. A
rule whose tags say that this installation made it, and which nobody has modified
since, is revoked if no request asks for it. If another rule must take its place, it is
revoked half a minute after that one is open. Groups that only a claim names are planned
too: to plan for one group, describe that one and ask for its claims alone.

Exit codes: 0 nothing to do, 1 an error or a rejected event, 2 something to do.`

const planExample = `  # What would a launch change in a group without rules?
  echo '{"SecurityGroupRules": []}' > rules.json
  echo '{"launch": "llama4-7f3a", "group": "sg-0123456789abcdef0",
         "rules": [{"ports": [8000, "8002-8004"], "from": ["10.0.0.0/8"]}]}' > launch.json
  sgkeeper plan --rules rules.json --event launch.json

  # The same in a real group, for another program.
  aws ec2 describe-security-group-rules --filters Name=group-id,Values=sg-0123456789abcdef0 |
    sgkeeper plan --rules - --event launch.json --output json

  # What did the event change when it arrived, under the guardrails of an installation?
  echo '{"deny": [{"id": "no-web", "rules": [{"ports": 80, "from": ["world"]}]}]}' > guardrails.json
  sgkeeper plan --rules rules.json --event launch.json --guardrails guardrails.json --at 2026-11-23T00:01:00Z

  # What would the end of the launch revoke?
  sgkeeper claims --table sgkeeper --group sg-0123456789abcdef0 --output json > claims.json
  echo '{"detailType": "Launch Ended", "launch": "llama4-7f3a"}' > end.json
  aws ec2 describe-security-group-rules --filters Name=group-id,Values=sg-0123456789abcdef0 |
    sgkeeper plan --rules - --event end.json --claims claims.json --installation 111122223333/us-east-1/sgkeeper`
