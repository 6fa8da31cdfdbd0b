package main

const closeLong = `End a launch, or with --group its part in one group: publish a Launch Ended event
on sgkeeper's bus. The caller needs events:PutEvents on that bus, and nothing on
security groups. --queue and --function send it by another way, as of open.

What no other launch asks for is closed; what others need stays. An end is for
good: the launch's name is refused for 45 days, so that what was sent before and
comes late opens nothing. Ending twice does no harm.

Only the launch's own publisher can end it, or an admin of the guardrails. If the
guardrails name publishers, --source tells which of them you are, and --wait needs
--publisher, too. An admin names the launch <account>:<publisher>/<launch>.

With --wait the command reads sgkeeper's table (dynamodb:Query and GetItem) until
the end was served in every group: the launch's requests there are over, and sgkeeper
has done what there was to do. A rule whose replacement has yet to settle goes half
a minute later, and nothing goes from a group that is frozen. With --function the
function's answer may tell that by itself.

Exit codes: 0 sent, with --wait also served; 1 an error, or not served in time.`

const closeExample = `  sgkeeper close --launch llama4-7f3a

  # In one group only, and wait for it.
  sgkeeper close --launch llama4-7f3a --group sg-0123456789abcdef0 --wait --table sgkeeper`
