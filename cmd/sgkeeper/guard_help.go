package main

const guardLong = `Guardrails say what may be asked of security groups: a file of allow and deny entries,
which the ensure function reads (SGKEEPER_GUARDRAILS). check tries a file before it is
put in place, evict ends what a file that was tightened no longer allows, and schema
prints the JSON Schema.`

const guardCheckLong = `Check a guardrails file, YAML or JSON; - is standard input, and builtin the guard of an
installation without a file. All that is wrong with the file is told at once.

With --event, say of each request in those files whether the guardrails would allow it,
and else why not. An event is as of sgkeeper plan; a bare detail speaks for the account
that owns its group by --rules, or for --account. Where guardrails depend on the name or
the tags of a group, give --rules the output of describe-security-groups. Where they
depend on the entries of a prefix list, give --prefix-list the output of
get-managed-prefix-list-entries; without it, the verdict is unknown. What is open
already, quotas, the other requests of the group, and the limits on what a launch or a
group has in all are left to sgkeeper plan --guardrails.

Exit codes: 0 the file is sound and allows every request, 1 it is not, or refuses one or
cannot tell.`

const guardCheckExample = `  # A file, and what it says of a launch.
  echo '{"allow": [{"id": "web", "rules": [
         {"ports": [80, 443, "8000-8999"], "from": ["0.0.0.0/0", "::/0"]}]}]}' > guardrails.json
  echo '{"launch": "llama4-7f3a", "group": "sg-0123456789abcdef0",
         "rules": [{"ports": [8000, "8002-8004"], "from": ["0.0.0.0/0"]}]}' > launch.json
  sgkeeper guard check guardrails.json --event launch.json`

const guardEvictLong = `Show the open requests that guardrails would refuse if they were made now, and with
--yes end them: the launch's part in that group, for good, as sgkeeper close --launch
L --group SG does. Its rules go with the next sweep, unless other launches need them.

Requests are judged as of when they were received: each by itself, and beside those of
its group that came before. If live requests open a port to the world together, those
that came last are shown, and the reason names the others. The limits on how many claims a
group or how many rules a launch has evict nobody: whoever was served stays.

The command reads and writes sgkeeper's table (dynamodb:Query, Scan, UpdateItem and
TransactWriteItems), and where guardrails depend on the name or the tags of a group,
asks EC2 for them (ec2:DescribeSecurityGroups). It reads the entries of prefix lists
where they matter (ec2:GetManagedPrefixListEntries). It ends launches of every account:
who may write the table is an operator.

Exit codes: 0 nothing to end, or all was ended; 1 an error, something that --yes is
needed for, or a request of which it cannot be told.`

const guardEvictExample = `  # What would a tightened file end?
  sgkeeper guard evict --guardrails guardrails.yaml --table sgkeeper

  # End it.
  sgkeeper guard evict --guardrails guardrails.yaml --table sgkeeper --yes`
