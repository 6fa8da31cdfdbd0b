// Command sgkeeper is the command line of sgkeeper: it plans offline what the
// function would do, and asks it for open ports.
package main

import "os"

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
