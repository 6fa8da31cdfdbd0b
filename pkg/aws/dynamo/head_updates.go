package dynamo

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// change is one conditional update of an item. It implements an effect of package lease on a
// head, or an update that is not needed if its condition fails.
type change struct {
	update    string
	condition string
	names     map[string]string // shard is a reserved word
	values    item
}

// known holds unless the head has a newer schema.
const known = "(attribute_not_exists(v) OR v <= :v)"

// readable holds if decodeHead accepts the head.
const readable = known + " AND (attribute_exists(own) AND attribute_exists(exp)" +
	" OR attribute_not_exists(own) AND attribute_not_exists(exp))"

// holds is true if the caller has the lease for a round that is still needed. A repeated ring
// may restore a former holder after others have served its tickets.
const holds = "own = :me AND (attribute_not_exists(applied) OR applied < :seen)"

// ring counts a ticket, and takes the lease if it is free. With a ledger, it also sets the
// keys, the span and the table's name, unless the head has them.
func ring(k key, s lease.State, l *claim.Ledger, home string) change {
	c := change{
		"SET own = if_not_exists(own, :me), exp = if_not_exists(exp, :exp), due = :zero, #shard = :shard, v = :v",
		readable,
		map[string]string{"#shard": "shard"},
		item{
			":me": text(s.Owner.String()), ":exp": number(s.Expires()), ":zero": number(0),
			":shard": shard(k.pk), ":v": number(headVersion), ":one": number(1),
		},
	}
	if l != nil {
		c.update += ", #keys = if_not_exists(#keys, :keys), #span = if_not_exists(#span, :span)" +
			", home = if_not_exists(home, :home)"
		c.names["#keys"], c.names["#span"] = "keys", "span"
		c.values[":keys"], c.values[":span"], c.values[":home"] = encodeKeys(l.Keys), text(l.Span), text(home)
	}
	c.update += counting
	return c
}

// counting is the clause that counts a ticket. Older versions do not count it as keyed.
const counting = " ADD want :one, keyed :one"

// takeOver changes only the holder. The successor inherits the ledger.
func takeOver(s lease.State) change {
	return change{
		"SET own = :me, exp = :exp",
		"own = :seen AND exp = :seenExp AND " + known,
		nil,
		item{
			":me": text(s.Owner.String()), ":exp": number(s.Expires()), ":v": number(headVersion),
			":seen": text(s.Found.Owner.String()), ":seenExp": number(s.Found.Expires),
		},
	}
}

// unwritten adds the condition that the ledger is unchanged since it was read. Without it, a
// release could keep pages that the holder has not read.
func (c change) unwritten(l claim.Ledger) change {
	if l.Stored.Writes == 0 {
		c.condition += " AND attribute_not_exists(writes)"
		return c
	}
	c.condition += " AND writes = :read"
	c.values[":read"] = number(l.Stored.Writes)
	return c
}

// release frees the lease unless a ticket was counted after Seen, and records the ledger.
func release(k key, s lease.State, l claim.Ledger, pages int) change {
	set, remove := []string{"applied = :seen", "keyed = :seen", "#last = :me", "v = :v"},
		[]string{"own", "exp", "#span"}
	c := recording(ledgerNames, encodeLedger(l, k.pk, pages), set, remove)
	c.condition = holds + " AND want = :seen AND " + known
	c.names["#last"], c.names["#span"] = "last", "span"
	return c.unwritten(l).by(s)
}

// yieldWith frees the lease, leaves the group due, and records the ledger.
func yieldWith(k key, s lease.State, l claim.Ledger, pages int) change {
	names := slices.DeleteFunc(slices.Clone(ledgerNames), func(name string) bool {
		return name == "due" || name == "shard"
	})
	c := recording(names, encodeLedger(l, k.pk, pages), []string{"v = :v"}, []string{"own", "exp"})
	c.condition = holds + " AND " + known
	return c.unwritten(l).by(s)
}

// recording returns the update that sets the named attributes to the ledger's values, and
// removes those that the ledger lacks. It adds the given set and remove clauses.
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
	if keys, known := ledger["keys"]; known { // a group never loses its keys
		set = append(set, "#keys = :keys")
		c.names["#keys"], c.values[":keys"] = "keys", keys
	}
	c.update = "SET " + strings.Join(set, ", ") + " REMOVE " + strings.Join(remove, ", ")
	return c
}

// by adds the values that name the holder and its tickets.
func (c change) by(s lease.State) change {
	c.values[":me"], c.values[":seen"], c.values[":v"] = text(s.Owner.String()), number(s.Seen), number(headVersion)
	return c
}

// yield frees the lease and leaves the group due.
func yield(s lease.State) change {
	return change{
		"REMOVE own, exp",
		"own = :me AND " + known,
		nil,
		item{":me": text(s.Owner.String()), ":v": number(headVersion)},
	}
}

// recordRevokes records until when EC2's describe may still show the pending revokes.
func recordRevokes(s lease.State, l claim.Ledger) change {
	c := change{update: "SET #until = :until, v = :v", condition: holds + " AND " + known}
	c.names, c.values = map[string]string{"#until": "until"}, item{":until": millis(l.Until)}
	return c.by(s)
}

// adding adds to one of the sets of the item LEDGER.
func adding(set string, value types.AttributeValue) change {
	return change{
		update: "SET v = :v ADD #set :add",
		names:  map[string]string{"#set": set}, values: item{":v": number(headVersion), ":add": value},
	}
}

// resume raises the ticket counter of an idle group above the forgotten tickets, so that no
// later ticket repeats one of them. It makes the group due at once.
func resume(k key, at lease.Head, forgotten int64, home string) change {
	top := max(int64(at.Want), forgotten)
	return change{
		"SET want = :next, applied = :top, keyed = :next, home = :home, due = :zero, #shard = :shard, v = :v" +
			" REMOVE forgotten, #span",
		resting + " AND want = :want AND " + known,
		map[string]string{"#shard": "shard", "#span": "span"},
		item{
			":next": number(top + 1), ":top": number(top), ":want": number(at.Want), ":home": text(home),
			":zero": number(0), ":shard": shard(k.pk), ":v": number(headVersion),
		},
	}
}

// resting holds if the lease is free and every ticket is served.
const resting = "attribute_not_exists(own) AND want = applied"

// rotate replaces the key that signs the group's rules, and rings.
func rotate(k key, keys []claim.Key, signing claim.Key) change {
	c := countTicket(k)
	c.update = strings.Replace(c.update, counting, ", #keys = :keys REMOVE retires"+counting, 1)
	c.condition = resting + " AND #keys[0] = :signing AND " + known
	c.names["#keys"] = "keys"
	c.values[":keys"], c.values[":signing"] = encodeKeys(keys), text(string(signing))
	return c
}

// freeze records why sgkeeper must not write to the group; an empty reason ends the freeze. It
// makes the group due at once.
func freeze(k key, why string) change {
	c := change{
		"SET due = :zero, #shard = :shard, v = :v, frozen = :why",
		known,
		map[string]string{"#shard": "shard"},
		item{":zero": number(0), ":shard": shard(k.pk), ":v": number(headVersion), ":why": text(why)},
	}
	if why == "" {
		c.update = "SET due = :zero, #shard = :shard, v = :v REMOVE frozen"
		delete(c.values, ":why")
	}
	return c
}
