package main

const leasesLong = `Print for each security group who holds its lease: the request id of the function
that is at work on it, as the function's log has it, since when, and when the lease
expires if that function dies. SERVED says how many of the tickets that were counted
are served; NEXT LOOK when a sweep looks at the group though nobody asks.

A lease is "free", "held", "expired" (its holder is dead; the next function that
comes takes it over, the sweeper's at the latest), or "waiting" (nobody holds it,
and somebody waits: the sweeper comes).

Below the table it says for each group that no sweep could serve why, since when, and
what to do. For example, a member's role does not trust the function any more.

If the table holds items that this version cannot read, it prints the other groups,
names the items on standard error (in JSON also as "unreadable"), and exits with 1.

The caller needs dynamodb:Scan on sgkeeper's table.

Exit codes: 0 printed, 1 an error.`

const leasesExample = `  sgkeeper leases --table sgkeeper
  sgkeeper leases --table sgkeeper --held`
