package dynamo

import (
	"slices"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
	"github.com/sgkeeper/sgkeeper/pkg/lease"
)

// change is one conditional update of an item: of a head, as the protocol of
// package lease has it, or of one that needs none where the condition fails.
type change struct {
	update    string
	condition string
	names     map[string]string // shard is a reserved word
	values    item
}

// known holds where the head is none of a newer schema.
const known = "(attribute_not_exists(v) OR v <= :v)"

// readable holds where the head is one that decodeHead does not refuse.
const readable = known + " AND (attribute_exists(own) AND attribute_exists(exp)" +
	" OR attribute_not_exists(own) AND attribute_not_exists(exp))"

// holds is that the lease is held for a round that is still needed. A ring that
// was thought lost may bring an owner back that others have already served.
const holds = "own = :me AND (attribute_not_exists(applied) OR applied < :seen)"

// ring counts a ticket, and takes the lease if it is free.
func ring(k key, s lease.State) change {
	return change{
		"SET own = if_not_exists(own, :me), exp = if_not_exists(exp, :exp), due = :zero, #shard = :shard, v = :v ADD want :one",
		readable,
		map[string]string{"#shard": "shard"},
		item{
			":me": text(s.Owner.String()), ":exp": number(s.Expires()), ":zero": number(0),
			":shard": shard(k.pk), ":v": number(version), ":one": number(1),
		},
	}
}

// takeOver changes the holder and nothing else: the successor inherits the ledger.
func takeOver(s lease.State) change {
	return change{
		"SET own = :me, exp = :exp",
		"own = :seen AND exp = :seenExp AND " + known,
		nil,
		item{
			":me": text(s.Owner.String()), ":exp": number(s.Expires()), ":v": number(version),
			":seen": text(s.Found.Owner.String()), ":seenExp": number(s.Found.Expires),
		},
	}
}

// release frees the lease if nobody rang since Seen, and records the ledger.
func release(k key, s lease.State, l claim.Ledger) change {
	set, remove := []string{"applied = :seen", "#last = :me"}, []string{"own", "exp"}
	c := recording(ledgerNames, encodeLedger(l, k.pk), set, remove)
	c.condition = holds + " AND want = :seen AND " + known
	c.names["#last"] = "last"
	return c.by(s)
}

// yieldWith frees the lease, leaves the group due, and records the ledger. It only adds
// to the rules without tags, because an adoption may have added some since the load.
func yieldWith(k key, s lease.State, l claim.Ledger) change {
	names := slices.DeleteFunc(slices.Clone(ledgerNames), func(name string) bool {
		return name == "due" || name == "shard" || name == "untagged"
	})
	c := recording(names, encodeLedger(l, k.pk), nil, []string{"own", "exp"})
	c.condition = holds + " AND " + known
	return c.by(s).proving(l.Untagged)
}

// recording returns the update that sets the named attributes to those of the ledger,
// and removes those that it lacks, besides what is given.
func recording(names []string, ledger item, set, remove []string) change {
	c := change{names: make(map[string]string, len(names)), values: make(item, len(names))}
	for _, name := range names {
		c.names["#"+name] = name
		if value, kept := ledger[name]; kept {
			set = append(set, "#"+name+" = :"+name)
			c.values[":"+name] = value
		} else {
			remove = append(remove, "#"+name)
		}
	}
	if len(set) > 0 {
		c.update = "SET " + strings.Join(set, ", ") + " "
	}
	c.update += "REMOVE " + strings.Join(remove, ", ")
	return c
}

// by adds who holds the lease, for which tickets.
func (c change) by(s lease.State) change {
	c.values[":me"], c.values[":seen"], c.values[":v"] = text(s.Owner.String()), number(s.Seen), number(version)
	return c
}

// yield frees the lease and leaves the group due.
func yield(s lease.State) change {
	return change{
		"REMOVE own, exp",
		"own = :me AND " + known,
		nil,
		item{":me": text(s.Owner.String()), ":v": number(version)},
	}
}

// condemn adds the rules that are to be revoked to the pending revokes, which a
// successor inherits.
func condemn(s lease.State, pending []claim.PendingRevoke) change {
	c := change{update: "ADD cond :ids", condition: holds + " AND " + known, values: item{":ids": encodePending(pending)}}
	return c.by(s)
}

// proving adds to an update rules without tags that are ours.
func (c change) proving(untagged []claim.Untagged) change {
	if len(untagged) == 0 {
		return c
	}
	if strings.Contains(c.update, "ADD ") {
		c.update += ", untagged :untagged"
	} else {
		c.update += " ADD untagged :untagged"
	}
	c.values[":untagged"] = encodeUntagged(untagged)
	return c
}

// freeze says why nothing is to be written to the group, or with "" that all
// may be again. The group is due at once.
func freeze(k key, why string) change {
	c := change{
		"SET due = :zero, #shard = :shard, v = :v, frozen = :why",
		known,
		map[string]string{"#shard": "shard"},
		item{":zero": number(0), ":shard": shard(k.pk), ":v": number(version), ":why": text(why)},
	}
	if why == "" {
		c.update = "SET due = :zero, #shard = :shard, v = :v REMOVE frozen"
		delete(c.values, ":why")
	}
	return c
}
