package main

const closeLong = `End a launch in all groups, or with --group in one: publish a Launch Ended event on
sgkeeper's bus. The caller needs events:PutEvents on that bus, and no permission on
security groups. --queue and --function send the event another way, as for open.

sgkeeper closes the rules that no other launch requests. An end is final: sgkeeper
refuses the launch's name for 45 days, so an older event that arrives late opens
nothing. To end a launch twice does no harm.

Only the launch's own publisher can end it, or an admin of the guardrails. If the
guardrails name publishers, --source identifies yours. With --queue or --table, --wait
also needs --publisher. An admin names the launch <account>:<publisher>/<launch>.

With --wait the command invokes the alias wait of sgkeeper's function
(lambda:InvokeFunction), or with --table it reads the table (dynamodb:GetItem and
Query), until the end was served in every group: the launch has no live request there,
and sgkeeper has revoked its rules. Two cases take longer. If another rule must replace
a rule, that rule is revoked half a minute later. If a group is frozen, its rules stay.
With --function, the wait may be over with the function's answer.

Exit codes: 0 sent, with --wait also served; 1 an error, or not served in time.`

const closeExample = `  sgkeeper close --launch llama4-7f3a

  # In one group only, and wait for it.
  sgkeeper close --launch llama4-7f3a --group sg-0123456789abcdef0 --wait`
