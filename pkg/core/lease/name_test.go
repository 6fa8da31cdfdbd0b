package lease_test

import "github.com/sgkeeper/sgkeeper/pkg/core/lease"

// name is a lease.Owner in a byte: message, delivery and entry. 0 is nobody.
type name uint8

const (
	maxDeliveries = 4
	maxEntries    = 8
)

// nonces[i][d] is the nonce of delivery d of message i.
var nonces = func() (n [maxMessages][maxDeliveries]string) {
	for i := range n {
		for d := range n[i] {
			n[i][d] = string([]byte{'A' + byte(i), '0' + byte(d)})
		}
	}
	return n
}()

func nameOf(o lease.Owner) name {
	if o == lease.Nobody {
		return 0
	}
	i, d := o.Nonce[0]-'A', o.Nonce[1]-'0'
	if d >= maxDeliveries || o.Entry >= maxEntries {
		panic("the model has no name for " + o.String())
	}
	return name((i+1)<<5 | d<<3 | uint8(o.Entry))
}

func (n name) message() int  { return int(n>>5) - 1 }
func (n name) delivery() int { return int(n >> 3 & (maxDeliveries - 1)) }
func (n name) entry() int    { return int(n & (maxEntries - 1)) }

// sameDelivery reports whether both names belong to one delivery.
func (n name) sameDelivery(o name) bool { return n>>3 == o>>3 }

func (n name) owner() lease.Owner {
	if n == 0 {
		return lease.Nobody
	}
	return lease.Owner{Nonce: nonces[n.message()][n.delivery()], Entry: n.entry()}
}

// of returns the same name for another message.
func (n name) of(message int) name {
	if n == 0 {
		return 0
	}
	return name(message+1)<<5 | n&(maxDeliveries*maxEntries-1)
}
