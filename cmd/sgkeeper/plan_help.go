package main

const planLong = `Show offline what the ensure function would do: which rules it would authorize,
which are covered by what is there, and which requests it would reject and why.
It needs no AWS access; --rules is what describe-security-group-rules or
describe-security-groups printed, as is.

An event is a Launch Requested or Launch Ended event, with EventBridge's envelope
or without (a bare detail speaks for the account that owns the group). Events are
taken in the order of the files, and within a file in their own order: what a
Launch Ended ends is not opened, and what asks for it later is rejected.

In the result, + is a rule to authorize, = a rule that is asked for and covered,
- a rule to revoke, ! a rejected event, and ~ something that was read differently
than it was written.

Nothing counts as sgkeeper's own offline, so nothing is revoked.

Exit codes: 0 nothing to do, 1 an error or a rejected event, 2 something to do.`

const planExample = `  # What would a launch change in a group without rules?
  echo '{"SecurityGroupRules": []}' > rules.json
  echo '{"launch": "llama4-7f3a", "group": "sg-0123456789abcdef0",
         "rules": [{"ports": [8000, "8002-8004"], "from": ["10.0.0.0/8"]}]}' > launch.json
  sgkeeper plan --rules rules.json --event launch.json

  # The same in a real group, for another program.
  aws ec2 describe-security-group-rules --filters Name=group-id,Values=sg-0123456789abcdef0 |
    sgkeeper plan --rules - --event launch.json --output json`
