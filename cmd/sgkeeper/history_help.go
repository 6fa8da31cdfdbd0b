package main

const historyLong = `Print the history of a security group or of a launch: every request in sgkeeper's
table, with any status, and every event that sgkeeper refused before it became a
request. The oldest comes first.

A request is "open", or it is closed: "ended" with its launch, "expired", or "refused"
by the quota or by EC2. A refused event was malformed, for example, or the guardrails
forbid it, or its launch had ended. Closed requests and refused events are on record
for 45 days. sgkeeper records 200 refused events of one publisher a day, and counts the
others.

Each line names the publisher. The column WHY has the requester, the ticket and the
reason, if the event contains them.

With --launch alone, the launch is that of one publisher: --account names its account, and
--publisher the name that the guardrails give it, if they name publishers. Give
--launch together with --group to see any account's launch of that name on the group.

The caller needs dynamodb:Query on sgkeeper's table.

If the table holds items that this version cannot read, it prints all others, names the
items on standard error (in JSON also as "unreadable"), and exits with 1.

With --output json it prints

  {
    "history": [
      {"kind": "request", "at": "2026-11-23T09:00:00.25Z", ...},
      {"kind": "refusal", "at": "2026-11-24T09:00:00Z", ...}
    ],
    "unrecorded": {"111122223333": 800}   absent: none
  }

A request has the keys of an element of "claims", and a refusal those of an element of
"refusals", which claims --help describes.

Exit codes: 0 printed, 1 an error.`

const historyExample = `  sgkeeper history --table sgkeeper --group sg-0123456789abcdef0
  sgkeeper history --table sgkeeper --launch llama4-7f3a
  sgkeeper history --table sgkeeper --launch llama4-7f3a --account 444455556666 --output json`
