package audit

import "github.com/sgkeeper/sgkeeper/pkg/claim"

// Place is an account's Region. EC2 is asked place by place.
type Place struct{ Account, Region string }

// String returns account/region.
func (p Place) String() string { return p.Account + "/" + p.Region }

func (p Place) group(id string) claim.Group {
	return claim.Group{Account: p.Account, Region: p.Region, ID: id}
}

func placeOf(g claim.Group) Place { return Place{g.Account, g.Region} }
