package audit

import (
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// Place is a Region of an account.
type Place struct{ Account, Region string }

// String returns account/region.
func (p Place) String() string { return p.Account + "/" + p.Region }

func (p Place) group(id string) claim.Group {
	return claim.Group{Account: p.Account, Region: p.Region, ID: id}
}

func placeOf(g claim.Group) Place { return Place{g.Account, g.Region} }
