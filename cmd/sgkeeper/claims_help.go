package main

const claimsLong = `Print what launches ask for: the requests in sgkeeper's table that are open, and
with --all also those that are over: refused, expired, or ended with their launch.
A request is what one event asked of one group; a launch that asked for more has
several.

Without --group the whole table is read. The caller needs dynamodb:Scan on it, or
with --group dynamodb:Query.

With --output json it prints the document that plan --claims reads:

  {
    "installation": "",           what --installation said
    "claims": [{
      "launch": "llama4-7f3a",
      "account": "111122223333",  that published the launch
      "group": "sg-0123456789abcdef0",
      "groupAccount": "111122223333",
      "region": "us-east-1",
      "rules": [],                as in EC2's SecurityGroupRules
      "receivedAt": "2026-11-23T09:00:00.25Z",
      "expiresAt": "2026-12-01T00:00:00Z",      absent: never
      "status": "open",           or refused, expired, ended
      "settledAt": "2026-11-24T09:00:00Z",      absent of an open one
      "reasons": []               why it was refused; absent of others
    }]
  }

expiresAt does not close anything by itself: a request is open until the sweep, a
minute or so later, has marked it expired.`

const claimsExample = `  sgkeeper claims --table sgkeeper
  sgkeeper claims --table sgkeeper --group sg-0123456789abcdef0 --all

  # What would the end of a launch change?
  sgkeeper claims --table sgkeeper --output json > claims.json
  aws ec2 describe-security-group-rules > rules.json
  echo '{"detailType": "Launch Ended", "launch": "llama4-7f3a"}' |
    sgkeeper plan --rules rules.json --event - --claims claims.json --installation 111122223333/us-east-1/sgkeeper`
