//go:build !unix

package main

import "os"

// fromTerminal returns true: Windows has no signals between processes. What Go calls a signal
// there is an event of the console, which the command receives itself.
func fromTerminal(os.Signal) bool { return true }
