package main

import (
	"io"

	"github.com/sgkeeper/sgkeeper/pkg/console"
)

// style paints text for a terminal; the zero style leaves it as it is.
type style struct{ console.Style }

// paint is what a piece of text is painted with.
type paint = console.Paint

const (
	bold   = console.Bold
	faint  = console.Faint
	red    = console.Red
	green  = console.Green
	yellow = console.Yellow
)

func styleFor(w io.Writer) style { return style{console.StyleFor(w)} }

func (s style) paint(p paint, text string) string { return s.Paint(p, text) }
