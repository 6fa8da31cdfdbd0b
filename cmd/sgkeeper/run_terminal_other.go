//go:build !unix

package main

import "os"

// fromTerminal returns true: Windows has no signals between processes. A signal of Go
// there is an event of the console, which the command receives itself.
func fromTerminal(os.Signal) bool { return true }
