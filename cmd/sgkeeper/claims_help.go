package main

const claimsLong = `Print the requests of launches: the live requests in sgkeeper's table, and with --all
also the finished ones: refused, expired, or ended with their launch. A request is the
set of rules of one event on one group. A launch that requested more has several.

With --all it also prints the events that sgkeeper refused before they became
requests: malformed ones, those that the guardrails forbid, those of ended launches.
Each is on record for 45 days. Of one publisher sgkeeper records 200 such events a
day, and counts the others.

Without --group the whole table is read. The caller needs dynamodb:Scan on it, or
with --group dynamodb:Query.

With --output json it prints the document that plan --claims reads:

  {
    "installation": "",           what --installation said
    "claims": [{
      "launch": "llama4-7f3a",
      "account": "111122223333",  that published the launch
      "namespace": "team-a",      its publisher in the guardrails; absent: they name none
      "group": "sg-0123456789abcdef0",
      "groupAccount": "111122223333",
      "region": "us-east-1",
      "rules": [],                as in EC2's SecurityGroupRules
      "receivedAt": "2026-11-23T09:00:00.25Z",
      "expiresAt": "2026-12-01T00:00:00Z",      absent: never
      "status": "open",           or refused, expired, ended
      "settledAt": "2026-11-24T09:00:00Z",      absent of an open one
      "reasons": [],              why it was refused; absent of others
      "requester": "team-inference",            from the event; else absent
      "reason": "inference demo",               likewise
      "ticket": "OPS-1234",                     of a tracker, likewise
      "origin": {                 of its event; unknown parts are absent
        "account": "111122223333", "source": "ci", "detailType": "Launch Requested",
        "event": "7bf73129-1428-4cd3-a780-95db273d1602", "message": "", "sender": ""
      }
    }],
    "refusals": [{                with --all alone; absent: none
      "launch": "llama4-7f3a",    "" if the event named none
      "account": "111122223333",
      "group": "sg-0123456789abcdef0",          absent: not known
      "groupName": "", "vpc": "",               of a group that was not found; else absent
      "groupAccount": "111122223333",
      "region": "us-east-1",
      "publisher": "111122223333:team-a",       by which the refusal is counted
      "event": "7bf73129-1428-4cd3-a780-95db273d1602",
      "sentAt": "2026-11-23T09:00:00Z",
      "refusedAt": "2026-11-23T09:00:00.25Z",
      "end": true,                a refused end of the launch; else absent
      "rules": [],                the first requested rules, if they are known
      "moreRules": 988,           how many more; absent: none
      "reasons": []               and namespace, requester, reason, ticket and origin
    }],
    "unrecorded": {"111122223333": 800}         refused events that were only counted,
  }                                             by publisher; absent: none

If the table holds items that this version cannot read, claims prints all others, names
the items on standard error (in JSON also as "unreadable"), and exits with 1. The command
plan --claims refuses such a document, because it is not complete.

expiresAt does not close anything by itself: a request is open until the sweep, a
minute or so later, has marked it expired.`

const claimsExample = `  sgkeeper claims --table sgkeeper
  sgkeeper claims --table sgkeeper --group sg-0123456789abcdef0 --all

  # What would the end of a launch change?
  sgkeeper claims --table sgkeeper --output json > claims.json
  aws ec2 describe-security-group-rules > rules.json
  echo '{"detailType": "Launch Ended", "launch": "llama4-7f3a"}' |
    sgkeeper plan --rules rules.json --event - --claims claims.json --installation 111122223333/us-east-1/sgkeeper`
