// Command sgkeeper is the command line of sgkeeper. It requests ports and ends launches, plans
// offline, audits, and shows requests, leases and the reason why a port is open. newRoot lists
// its commands.
package main

import "os"

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
