// Package console writes what people read on a terminal: text that can do
// nothing but be read, paint, and tables.
//
// Much of what is printed was written by somebody else: descriptions, tags, the
// names of launches. It goes through [Printable].
package console
