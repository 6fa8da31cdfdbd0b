package main

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// trafficFlags are --protocol and --icmp. A command adds its own flag for ports.
type trafficFlags struct {
	protocol string
	icmp     icmpType
	given    *pflag.FlagSet
}

// protocolNames are the names of protocols.
var protocolNames = []string{"tcp", "udp", "icmp", "icmpv6", "all"}

func (f *trafficFlags) add(cmd *cobra.Command) {
	f.given = cmd.Flags()
	f.given.StringVar(&f.protocol, "protocol", "tcp",
		"`protocol`: tcp, udp, icmp, icmpv6, all, or an IANA number; with --icmp the default is icmp")
	f.given.Var(&f.icmp, "icmp", "ICMP `type`, or type/code, such as 8 or 3/4; by default all types of icmp or icmpv6")
	complete(cmd, "protocol", protocolNames...)
	complete(cmd, "icmp")
}

// name returns the protocol as it was given, or the default.
func (f *trafficFlags) name() string {
	if f.icmp.given() && !f.given.Changed("protocol") {
		return "icmp"
	}
	return f.protocol
}

// check fails if --icmp comes with a protocol without ICMP types, or if ports, which the named
// flag gave, come with a protocol that has types. It leaves an invalid protocol to its reader.
func (f *trafficFlags) check(flag, ports string) error {
	p, err := secgroup.ParseProtocol(f.name())
	switch {
	case err != nil:
		return nil
	case f.icmp.given() && !p.HasTypes():
		return fmt.Errorf("--icmp %s: protocol %s has no ICMP types: want --protocol icmp or "+
			"icmpv6, or leave --icmp out",
			&f.icmp, f.name())
	case p.HasTypes() && ports != "":
		return fmt.Errorf("--%s %q: protocol %s has types and codes, and no ports: leave --%s out, "+
			"and give --icmp TYPE or "+
			"TYPE/CODE, such as --icmp 8/0; without --icmp, it is for all types", flag, ports, f.name(), flag)
	}
	return nil
}
