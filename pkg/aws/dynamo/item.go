package dynamo

import (
	"hash/crc32"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// The items of the table. None of the parts between # can hold a #.
//
// A launch belongs to an owner: <account>, or <account>:<namespace> if the guardrails name
// publishers. An account has no colon, so no two owners share a key, and an item that was
// written before namespaces existed has the empty one.
//
//	pk  L#<owner>#<launch>                            one launch
//	sk  END                                           it has ended
//	      shard, due  as in HEAD, the shard with an E before it; until the end is
//	                  finished in each of the launch's groups
//	sk  END#<account>#<region>#<sg>                   its part in one group has ended
//	sk  G#<account>#<region>#<sg>                     its requests on one group
//	      firstAsked, lastAsked  ms
//	      digests                SS, of its requests
//	      finished               ms, when the end of the launch was finished in the group;
//	                             it counts if it is not before lastAsked
//	      ttl                    s, absent until all of them are archived
//	sk  D#<ms sent>#<publisher>#<sg>#<event>          one refusal of its events, see claim.Refusal;
//	                                                  the launch is "" if the event names none
//	      publisher  S, <account> or <account>:<namespace>, the counter of the event
//	      launch     S, <owner>#<name>
//	      group      S, <account>#<region>#<sg>; unknown parts are ""
//	      name, vpc  S, of a group that is not known by its id
//	      event      S, the id of the event
//	      sent, at   ms, when the event was sent, and when it was refused
//	      end        BOOL, the event ends the launch; absent: it does not
//	      rules      L of M: rule S; the first rules of the event
//	      more       N, of its further rules
//	      digest     S, of the request; absent if the event holds no request
//	      origin, requester, reason, ticket  as in R#
//	      reasons    L of M: field S, problem S
//	      ttl        s, of all refusals and counts
//
//	pk  DG#<account>#<region>#<sg>                    one group: its refusals
//	sk  D#<ms sent>#<publisher>#<sg>#<event>          a copy of the launch's item
//
//	pk  DN#<publisher>                                one publisher
//	sk  <yyyy-mm-dd>                                  its refusals on one day, in UTC
//	      n          N, how many, also those that were not recorded
//
//	pk  SG#<account>#<region>#<sg>                    one group
//	sk  R#<owner>#<launch>#<digest>                   one request, see claim.Request
//	      st        S, its status
//	      received  ms
//	      expires   ms, absent: never
//	      rules     L of M: rule S as secgroup.ParseRule reads it, description S or absent
//	      origin    M, where its event came from, see claim.Origin: account S, source S,
//	                type S, event S, message S, sender S; unknown parts are absent
//	      requester S, and
//	      reason    S, and
//	      ticket    S: see claim.Purpose; each may be absent
//	      instance  BOOL, its launch is an EC2 instance; absent: it is none
//	      settled   ms, absent while open
//	      ttl       s, absent while open
//	      reasons   L of M: field S, problem S; absent unless refused; such an item has
//	                no rules, which are in the A# item
//	sk  A#<owner>#<launch>#<digest>                   an archived request
//	      as R#, its status ended, expired or refused
//	sk  HEAD                                          its lease and ledger; never deleted
//	      own       S, the holder, <since>/<request id>/<random>.<entry>; absent: the lease is free
//	      exp       ms, its expiry; present if and only if own is
//	      want      N, the last ticket counted
//	      applied   N, the last ticket served
//	      last      S, the last holder that released the lease
//	      due       ms, when a sweep serves it; 0 since the last ring; with
//	      shard     S, its partition key in the index
//	      stuck     M, see Stuck: since ms, reason S, remedy S; and applied N: it counts
//	                until that ticket is not the last one served
//	      through   ms, and
//	      recent    B, and
//	      waiting   B: the ledger's Served, its marks 8 bytes each, big-endian, in order
//	      until     ms, when EC2's describe reflects all revokes
//	      lost      ms, when a request was last finished, or a rule last revoked
//	      missing   ms, since when EC2 knows no such group
//	      lapse     ms, when a round last began after one that was not released
//	      limit     N, the rule quota that EC2 has shown, at
//	      limitAt   ms
//	      frozen    S, why nothing is written to the group
//	      keys      L of S: the keys that seal its rules, the newest first, and for a while
//	                "unkeyed", for the seals of older versions
//	      retires   ms, when all keys but the first become invalid; absent: a round sets it
//	      keyed     N, the tickets counted by versions that seal with a key. It is less than
//	                want if an older version has rung since the last release
//	      span      S, a random name for the tickets counted since the last release
//	      home      S, the name of the table in which the group began
//	      forgotten N, the highest ticket on the rules of launches that a restored table has
//	                forgotten: nothing is revoked
//	      pages     N: pages with a lower number count
//	      writes    N, how often the ledger was written, by releases and yields
//	sk  LEDGER                                        additions since the last release
//	      cond      SS of pending revokes: [egress ]<rule id>[ <s, in base 36>]
//	      untagged  SS of adopted rules without tags: <rule id> <seal> <s, in base 36>
//	sk  LEDGER#<n>                                    a page of the ledger, see page.go
//	      lines     SS
//	      ttl       s, a day after the last revoke on it; absent if it holds other lines
//	sk  RX#<owner>#<launch>                           the launch has ended in this group
//	      at        ms
//	      ttl       s, absent until its requests are archived; then a sweep deletes it
//
// Retention: the table keeps a request for 45 days past its end, expiry or refusal, and
// the end of a launch as long. Load reads from HEAD on, so no round reads an A# item.
// DynamoDB deletes items with a ttl in no order, sometimes days late. A request must not
// remain as R# after its RX# item is deleted, or it would be live again. So EndIn writes
// the RX# item without a ttl. Archive sets one when it has archived the launch's last
// request. If END is deleted, the launch's name may be used again: an RX# item does not
// end requests that were received long after its at.
//
// The table keeps a refusal and a day's count for 45 days, too. No round and no audit of a
// group reads their partitions, so a flood of refused events makes neither slower.
//
// Every item has v, the version of this schema. A reader refuses an item of a newer
// version. The attribute ttl is in seconds; every other time is in milliseconds since the
// Unix epoch.
const version = 1

// headVersion is the schema version of a group's head and ledger. Since version 2 the
// lists of the ledger are kept on pages.
const headVersion = 2

// item is a DynamoDB item, or a map within one.
type item = map[string]types.AttributeValue

// key is the primary key of an item.
type key struct{ pk, sk string }

// String returns the key as it appears in errors.
func (k key) String() string { return k.pk + "/" + k.sk }

func (k key) item() item { return item{"pk": text(k.pk), "sk": text(k.sk)} }

func keyOf(it item) key {
	r := reader{item: it}
	return key{r.text("pk"), r.text("sk")}
}

func groupText(g claim.Group) string { return g.Account + "#" + g.Region + "#" + g.ID }

func launchPK(l claim.Launch) string { return "L#" + l.Owner() + "#" + l.Name }

func endKey(l claim.Launch) key { return key{launchPK(l), "END"} }

func groupEndKey(l claim.Launch, g claim.Group) key {
	return key{launchPK(l), "END#" + groupText(g)}
}

func launchGroupKey(l claim.Launch, g claim.Group) key { return key{launchPK(l), "G#" + groupText(g)} }

func groupPK(g claim.Group) string { return "SG#" + groupText(g) }

// headSK is the sk of a group's head. It sorts after the archived requests, and before all
// other items of the group.
const headSK = "HEAD"

func headKey(g claim.Group) key { return key{groupPK(g), headSK} }

// Prefixes of the sk of a group's requests and of the ends of launches in it. One query reads
// both.
const (
	requestPrefix  = "R#"
	endedPrefix    = "RX#"
	archivedPrefix = "A#"
)

// endedKey returns the key of the end of a launch in a group.
func endedKey(l claim.Launch, g claim.Group) key {
	return key{groupPK(g), endedPrefix + l.Owner() + "#" + l.Name}
}

func requestKey(r claim.Request) key { return key{groupPK(r.Group), requestPrefix + r.Key()} }

func archivedKey(r claim.Request) key { return key{groupPK(r.Group), archivedPrefix + r.Key()} }

// shards is how many partition keys the index has. A single key would throttle the table.
const shards = 8

// shard returns the partition key in the index for the items of a group.
func shard(pk string) types.AttributeValue { return text(shardOf(pk)) }

func shardOf(pk string) string { return strconv.Itoa(int(crc32.ChecksumIEEE([]byte(pk)) % shards)) }

// endShard precedes the shard of an end that is not finished.
const endShard = "E"
