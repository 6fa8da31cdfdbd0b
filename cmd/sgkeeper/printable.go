package main

import "github.com/sgkeeper/sgkeeper/pkg/console"

// printable and printableLines make untrusted text safe to print.
func printable(s string) string      { return console.Printable(s) }
func printableLines(s string) string { return console.PrintableLines(s) }
