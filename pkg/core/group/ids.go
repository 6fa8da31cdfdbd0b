package group

import (
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// idsOf returns the rule ids of a list.
func idsOf[T any](list []T, id func(T) string) map[string]bool {
	ids := make(map[string]bool, len(list))
	for _, t := range list {
		ids[id(t)] = true
	}
	return ids
}

func entryID(e secgroup.Entry) string        { return e.ID }
func pendingID(p claim.PendingRevoke) string { return p.ID }
func goneID(g claim.Revoked) string          { return g.ID }
