// Command sgkeeper is the command line of sgkeeper: it asks for ports and ends
// launches, plans offline what the function would do, audits, and shows what is
// asked for and why a port is open. newRoot lists its commands.
package main

import "os"

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
