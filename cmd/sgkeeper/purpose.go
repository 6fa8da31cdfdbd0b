package main

import (
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/console"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// whyJSON is a request's purpose and origin. Unknown parts are absent.
type whyJSON struct {
	Requester string      `json:"requester,omitempty"`
	Reason    string      `json:"reason,omitempty"`
	Ticket    string      `json:"ticket,omitempty"`
	Origin    *originJSON `json:"origin,omitempty"`
}

type originJSON struct {
	Account string `json:"account,omitempty"`
	Source  string `json:"source,omitempty"`
	Type    string `json:"detailType,omitempty"`
	Event   string `json:"event,omitempty"`
	Message string `json:"message,omitempty"`
	Sender  string `json:"sender,omitempty"`
}

func whyJSONOf(p claim.Purpose, o claim.Origin) whyJSON {
	w := whyJSON{Requester: p.Requester, Reason: p.Reason, Ticket: p.Ticket}
	if o != (claim.Origin{}) {
		w.Origin = &originJSON{o.Account, o.Source, o.DetailType, o.Event, o.Message, o.Sender}
	}
	return w
}

func (w whyJSON) purpose() claim.Purpose {
	return claim.Purpose{Requester: w.Requester, Reason: w.Reason, Ticket: w.Ticket}
}

func (w whyJSON) origin() claim.Origin {
	if w.Origin == nil {
		return claim.Origin{}
	}
	o := w.Origin
	return claim.Origin{
		Account: o.Account, Source: o.Source, DetailType: o.Type, Event: o.Event, Message: o.Message, Sender: o.Sender,
	}
}

// whyText is the purpose for a cell of a table; "" if the event has none.
func whyText(p claim.Purpose) string {
	var texts []string
	for _, text := range []string{p.Requester, p.Ticket, p.Reason} {
		if text != "" {
			texts = append(texts, text)
		}
	}
	return printable(strings.Join(texts, ", "))
}

// withWhy adds the purpose's cell to a row, if the table has that column.
func withWhy(shown bool, row []console.Cell, text string) []console.Cell {
	if !shown {
		return row
	}
	return append(row, console.Plain(text)...)
}

// printPurposes reports whether any request has a purpose.
func printPurposes(requests []claim.Request) bool {
	for _, r := range requests {
		if r.Purpose != (claim.Purpose{}) {
			return true
		}
	}
	return false
}
