package main

const freezeLong = `Freeze a security group: sgkeeper writes nothing to it until it is thawed, whatever
is asked. Requests are taken and recorded meanwhile; those that need nothing
written are served, the others are queued and told the reason. Ends are taken, and
the rules stay. A function that is in the middle of writing ends that first.

Freeze before you repair a group by hand, or while you find out who else changes
it. Freezing again changes the reason.

The caller needs dynamodb:GetItem and UpdateItem on sgkeeper's table.`

const freezeExample = `  sgkeeper freeze --table sgkeeper --group sg-0123456789abcdef0 --reason 'incident 12, see the runbook'`

const thawLong = `End the freeze of a security group. The next sweep, within a minute or so, opens and
closes what was asked meanwhile. Thawing a group that is not frozen does nothing.

The caller needs dynamodb:GetItem and UpdateItem on sgkeeper's table.`

const thawExample = `  sgkeeper thaw --table sgkeeper --group sg-0123456789abcdef0`
