package main

const guardLong = `Guardrails restrict the requests of launches. They are a file of allow and deny entries,
which the ensure function reads (SGKEEPER_GUARDRAILS). check tries a file before you
deploy it, evict ends the requests that a tightened file no longer allows, and schema
prints the JSON Schema.`

const guardCheckLong = `Check a guardrails file, YAML or JSON. - is standard input, and builtin names the guard
of an installation without a file. The command reports all faults of the file at once.

With --event it also says for each request in those files whether the guardrails allow
it, and if not, why. Events are written as for sgkeeper plan. A bare detail speaks for
the account that owns its group by --rules, or for --account. If guardrails depend on
the name or the tags of a group, give --rules the output of describe-security-groups. If
they depend on the entries of a prefix list, give --prefix-list the output of
get-managed-prefix-list-entries; without it, the verdict is unknown. The command does not
look at existing rules, quotas, the other requests of the group, or limits on a launch or
a group; for those, run sgkeeper plan --guardrails.

Exit codes: 0 the file is valid and allows every request; 1 the file is invalid, a
request is refused, or the verdict is unknown.`

const guardCheckExample = `  # A file, and its verdict on a launch.
  echo '{"allow": [{"id": "web", "rules": [
         {"ports": [80, 443, "8000-8999"], "from": ["0.0.0.0/0", "::/0"]}]}]}' > guardrails.json
  echo '{"launch": "llama4-7f3a", "group": "sg-0123456789abcdef0",
         "rules": [{"ports": [8000, "8002-8004"], "from": ["0.0.0.0/0"]}]}' > launch.json
  sgkeeper guard check guardrails.json --event launch.json`

const guardEvictLong = `Show the live requests that guardrails would refuse today, and with --yes end them: the
launch's part in that group, finally, as sgkeeper close --launch L --group SG does. The
next sweep revokes their rules, unless other launches request them.

A request is judged by the time at which it was received: by itself, and beside the
earlier requests of its group. If live requests open a port to the world together, the
latest of them are shown, and the reason names the others. The limits on claims in a
group and rules of a launch evict no request that was served.

The command reads and writes sgkeeper's table (dynamodb:Query, Scan, UpdateItem and
TransactWriteItems). If guardrails depend on the name or the tags of a group, it calls
ec2:DescribeSecurityGroups. If they depend on a prefix list, it calls
ec2:GetManagedPrefixListEntries. It ends launches of every account, so give write access
to the table to operators alone.

Exit codes: 0 nothing to end, or all was ended; 1 an error, a request to end without
--yes, or a request with an unknown verdict.`

const guardEvictExample = `  # Which requests would a tightened file end?
  sgkeeper guard evict --guardrails guardrails.yaml --table sgkeeper

  # End them.
  sgkeeper guard evict --guardrails guardrails.yaml --table sgkeeper --yes`

const guardSchemaLong = `Print the JSON Schema (2020-12) of a guardrails file, for editors and pipelines. It stands
by itself: the schema of rules is within it.`
