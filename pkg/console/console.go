// Package console writes text for people on a terminal: safe text, colors and tables.
//
// Descriptions, tags and names of launches were written by others. They go through
// [Printable], so that they cannot act on the terminal.
package console
