package dynamo

import (
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

// takeOver changes the holder and nothing else: the ledger, and what is
// condemned, are the successor's.
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
	values := item{":me": text(s.Owner.String()), ":seen": number(s.Seen), ":v": number(version)}
	set, remove := []string{"applied = :seen", "#last = :me"}, []string{"own", "exp"}
	ledger, names := encodeLedger(l, k.pk), map[string]string{"#last": "last"}
	for _, name := range ledgerNames {
		names["#"+name] = name
		if value, kept := ledger[name]; kept {
			set = append(set, "#"+name+" = :"+name)
			values[":"+name] = value
		} else {
			remove = append(remove, "#"+name)
		}
	}
	return change{
		"SET " + strings.Join(set, ", ") + " REMOVE " + strings.Join(remove, ", "),
		holds + " AND want = :seen AND " + known,
		names,
		values,
	}
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

// condemn adds the ids of rules that are to go to those that a successor would
// inherit.
func condemn(s lease.State, ids []string) change {
	return change{
		"ADD cond :ids",
		holds + " AND " + known,
		nil,
		item{":me": text(s.Owner.String()), ":seen": number(s.Seen), ":v": number(version), ":ids": texts(ids...)},
	}
}

// proving adds to an update the rules that turned out to be ours without tags.
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
