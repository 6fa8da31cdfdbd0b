package main

const leasesLong = `Print the lease of each security group: the holder (the request id in the log of its
function), the time since when it holds the lease, and the time at which the lease
expires. SERVED is the number of served tickets, of all counted ones. NEXT SWEEP is the
time of the next sweep of the group.

A lease is "free", "held", "expired" (its holder died; the next invocation for the group
takes it over, at the latest the next sweep), or "waiting" (no function holds it, and
tickets wait for the next sweep).

If no sweep could serve a group, the text below the table has the reason, the time since
when, and the remedy. For example, a member's role does not trust the function any more.

If the table holds items that this version cannot read, it prints the other groups,
names the items on standard error (in JSON also as "unreadable"), and exits with 1.

The caller needs dynamodb:Scan on sgkeeper's table.

Exit codes: 0 printed, 1 an error.`

const leasesExample = `  sgkeeper leases --table sgkeeper
  sgkeeper leases --table sgkeeper --held`
