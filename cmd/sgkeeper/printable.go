package main

import "github.com/sgkeeper/sgkeeper/pkg/console"

// printable and printableLines make foreign text harmless.
func printable(s string) string      { return console.Printable(s) }
func printableLines(s string) string { return console.PrintableLines(s) }
