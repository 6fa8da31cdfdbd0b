package main

const freezeLong = `Freeze a security group: sgkeeper writes nothing to it until you thaw it. sgkeeper goes
on to record requests and ends. It serves the requests that need no write, and queues
the others with the reason. If a function is writing to the group, it finishes its round
first.

Freeze a group before you repair it by hand, or while you look for the principal that
changes it. If the group is frozen already, the reason is replaced.

The caller needs dynamodb:GetItem and UpdateItem on sgkeeper's table.`

const freezeExample = `  sgkeeper freeze --table sgkeeper --group sg-0123456789abcdef0 --reason 'incident 12, see the runbook'`
