package main

const claimsLong = `Print the live requests in sgkeeper's table. With --all, also print the finished ones:
refused, expired, or ended with their launch. A request is the set of rules of one event
on one group. A launch that requested more rules later has several requests.

With --all it also prints the events that sgkeeper refused before they became requests.
Such an event was malformed, for example, or the guardrails forbid it, or its launch had
ended. Each is on record for 45 days. sgkeeper records 200 such events of one publisher
a day, and counts the others.

Without --group the command reads the whole table. The caller needs dynamodb:Scan on
it, or with --group dynamodb:Query.

With --output json it prints the document that plan --claims reads:

  {
    "installation": "",           the value of --installation
    "claims": [{
      "launch": "llama4-7f3a",
      "account": "111122223333",  of the publisher
      "namespace": "team-a",      the publisher's name in the guardrails; absent: none
      "group": "sg-0123456789abcdef0",
      "groupAccount": "111122223333",
      "region": "us-east-1",
      "rules": [],                as in EC2's SecurityGroupRules
      "receivedAt": "2026-11-23T09:00:00.25Z",
      "expiresAt": "2031-12-01T00:00:00Z",      absent: never
      "status": "open",           or refused, expired, ended
      "settledAt": "2026-11-24T09:00:00Z",      end of the request; absent: it is open
      "reasons": [],              why it was refused; absent: it was not
      "requester": "team-inference",            of the event; absent: not given
      "reason": "inference demo",               of the event; absent: not given
      "ticket": "OPS-1234",                     of a tracker; absent: not given
      "origin": {                 of the event; unknown parts are absent
        "account": "111122223333", "source": "ci", "detailType": "Launch Requested",
        "event": "7bf73129-1428-4cd3-a780-95db273d1602", "message": "", "sender": ""
      }
    }],
    "freezes": [{                 frozen groups; absent: none
      "group": "sg-0123456789abcdef0",
      "groupAccount": "111122223333",
      "region": "us-east-1",
      "frozen": "incident 12",    the reason
      "frozenBy": "arn:aws:iam::111122223333:user/ada",   absent: not known
      "frozenAt": "2026-11-23T09:00:00Z",       absent: not known
      "frozenUntil": "2026-11-23T12:00:00Z"     absent: a thaw ends it
    }],
    "refusals": [{                only with --all; absent: none
      "launch": "llama4-7f3a",    "" if the event named none
      "account": "111122223333",
      "group": "sg-0123456789abcdef0",          absent: not known
      "groupName": "", "vpc": "",               only of a group that was not found
      "groupAccount": "111122223333",
      "region": "us-east-1",
      "publisher": "111122223333:team-a",       whose refusals are counted together
      "event": "7bf73129-1428-4cd3-a780-95db273d1602",
      "sentAt": "2026-11-23T09:00:00Z",
      "refusedAt": "2026-11-23T09:00:00.25Z",
      "end": true,                the event was a Launch Ended; absent: it was not
      "rules": [],                the first requested rules, if they are known
      "moreRules": 988,           number of further rules; absent: none
      "reasons": []               also namespace, requester, reason, ticket and origin
    }],
    "unrecorded": {"111122223333": 800}         number of refused events without a record,
  }                                             by publisher; absent: none

If the table holds items that this version cannot read, claims prints all others, names
the items on standard error (in JSON also as "unreadable"), and exits with 1. The command
plan --claims refuses such a document, because it is not complete.

A request stays open at its expiresAt until the next sweep marks it as expired, about a
minute later.`

const claimsExample = `  sgkeeper claims --table sgkeeper
  sgkeeper claims --table sgkeeper --group sg-0123456789abcdef0 --all

  # What would the end of a launch change?
  sgkeeper claims --table sgkeeper --output json > claims.json
  aws ec2 describe-security-group-rules > rules.json
  echo '{"detailType": "Launch Ended", "launch": "llama4-7f3a"}' |
    sgkeeper plan --rules rules.json --event - --claims claims.json --installation 111122223333/us-east-1/sgkeeper`
