package ec2sg_test

import (
	"maps"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// TestRoundTrip authorizes random rules, and reads the same rules.
func TestRoundTrip(t *testing.T) {
	account := fakeaws.New(fakeaws.Options{RulesPerGroup: 1000})
	account.AddPrefixList(fakeaws.PrefixList{ID: listID, Name: "offices", MaxEntries: 1})
	account.AddSecurityGroup(fakeaws.SecurityGroup{ID: peerID})
	groups := open(account, 1)
	rapid.Check(t, func(t *rapid.T) {
		g := claim.Group{Account: owner, Region: "us-east-1",
			ID: account.AddSecurityGroup(fakeaws.SecurityGroup{NoEgress: true})}
		direction := rapid.SampledFrom([]secgroup.Direction{secgroup.Ingress, secgroup.Egress}).Draw(t, "direction")
		asked := make(map[secgroup.Rule]secgroup.Entry)
		for range rapid.IntRange(1, 20).Draw(t, "rules") {
			rule := drawRule(t, direction)
			asked[rule] = secgroup.Entry{Rule: rule,
				Description: rapid.StringMatching(`[a-zA-Z0-9. _:/()#,@+=&;{}!$*-]{0,255}`).Draw(t,
					"description"), Tags: tags}
		}
		made, err := groups.Authorize(t.Context(), g, slices.Collect(maps.Values(asked)))
		if err != nil {
			t.Fatal(err)
		}
		read, err := groups.Rules(t.Context(), g)
		if err != nil || len(made) != len(asked) || len(read) != len(asked) {
			t.Fatalf("requested %d, made %d, read %d rules: %v", len(asked), len(made), len(read), err)
		}
		for _, got := range append(made, read...) {
			want := asked[got.Rule]
			want.ID = got.ID
			if !got.Equal(want) || got.ID == "" {
				t.Errorf("got %+v, want %+v", got, want)
			}
		}
	})
}

func drawRule(t *rapid.T, direction secgroup.Direction) secgroup.Rule {
	protocol := secgroup.Protocol(rapid.OneOf(rapid.SampledFrom([]int{-1, 1, 6, 17, 58}),
		rapid.IntRange(-1, 255)).Draw(t, "protocol"))
	ports := secgroup.NoPorts
	switch {
	case protocol.HasPorts():
		first := rapid.Int32Range(0, secgroup.MaxPort).Draw(t, "first")
		ports = secgroup.Ports{First: first, Last: rapid.Int32Range(first, secgroup.MaxPort).Draw(t, "last")}
	case protocol.HasTypes():
		ports = secgroup.Ports{First: rapid.Int32Range(-1, 255).Draw(t, "type"),
			Last: rapid.Int32Range(-1, 255).Draw(t, "code")}
	}
	return secgroup.New(direction, protocol, ports, drawPeer(t))
}

func drawPeer(t *rapid.T) secgroup.Peer {
	switch rapid.IntRange(0, 3).Draw(t, "kind") {
	case 0:
		b := [4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "IPv4"))
		return secgroup.CIDR(netip.PrefixFrom(netip.AddrFrom4(b), rapid.IntRange(0, 32).Draw(t, "bits")))
	case 1:
		b := [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "IPv6"))
		return secgroup.CIDR(netip.PrefixFrom(netip.AddrFrom16(b), rapid.IntRange(0, 128).Draw(t, "bits")))
	case 2:
		return secgroup.PrefixList(listID)
	}
	return secgroup.GroupOf(owner, peerID)
}
