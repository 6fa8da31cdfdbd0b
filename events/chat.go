package events

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/phrase"
)

// Chat is an event as a message for people. Its JSON is a custom notification of Amazon Q Developer
// in chat applications, which shows it in Slack or Microsoft Teams (schema: Amazon Q Developer in
// chat applications Administrator Guide, "Custom notifications").
//
// Others wrote some of the text: names, descriptions, reasons. So the description is one block of
// code, in which nothing is a link, a mention or a format.
type Chat struct {
	Title  string // in sgkeeper's own words
	Thread string // messages of the same thread belong together
	Group  Group
	Lines  []ChatLine
}

// ChatLine is one line of a [Chat]: a label and a text.
type ChatLine struct{ Label, Text string }

// The limits of a message. A reader sees it as a whole, without scrolling.
const (
	maxChatLine  = 240 // bytes of a line's text; more is cut
	maxChatParts = 5   // launches or reasons that a message names
)

// MarshalJSON writes the custom notification.
func (c Chat) MarshalJSON() ([]byte, error) {
	type content struct {
		TextType    string `json:"textType"`
		Title       string `json:"title"`
		Description string `json:"description"`
	}
	type metadata struct {
		Thread    string   `json:"threadId"`
		Summary   string   `json:"summary"`
		Resources []string `json:"relatedResources,omitempty"`
	}
	var resources []string
	if c.Group.ID != "" {
		resources = append(resources, inertLine(c.Group.ID))
	}
	return json.Marshal(struct {
		Version  string   `json:"version"`
		Source   string   `json:"source"`
		Content  content  `json:"content"`
		Metadata metadata `json:"metadata"`
	}{
		"1.0", "custom", content{"client-markdown", c.Title, c.block()},
		metadata{inertLine(c.Thread), c.Title, resources},
	})
}

// block returns the lines as a block of code, with the texts in one column.
func (c Chat) block() string {
	width := 0
	for _, line := range c.Lines {
		width = max(width, len(line.Label))
	}
	var b strings.Builder
	b.WriteString("```\n")
	for _, line := range c.Lines {
		fmt.Fprintf(&b, "%-*s  %s\n", width, line.Label, inertLine(line.Text))
	}
	b.WriteString("```")
	return b.String()
}

// add adds a line, unless its text is empty.
func (c *Chat) add(label, text string) {
	if text != "" {
		c.Lines = append(c.Lines, ChatLine{label, text})
	}
}

// inert replaces the characters by which a text could leave a block of code, or mention somebody.
// Slack documents the three entities, and reads <!here> as a mention even in a block.
var inert = strings.NewReplacer("`", "'", "&", "&amp;", "<", "&lt;", ">", "&gt;")

// inertLine returns s on one line, cut to its limit, printable and inert.
func inertLine(s string) string {
	s = strings.Map(printable, strings.ToValidUTF8(s, string(utf8.RuneError)))
	return inert.Replace(abbreviate(s, maxChatLine))
}

// Chat returns the message of a new drift, or of one whose severity changed.
func (d DriftDetected) Chat() Chat {
	c := Chat{Title: fmt.Sprintf("Drift: %s, %s", d.Kind, d.Severity), Thread: d.Drift, Group: d.Group}
	if d.Was != "" {
		c.Title += ", was " + d.Was
	}
	if d.Rule != nil {
		c.add("rule", d.Rule.Rule.String())
		c.add("description", d.Rule.Description)
	}
	c.add("subject", d.Subject)
	c.add("group", d.Group.withPlace())
	c.add("why", d.Detail)
	c.add("launches", namesOf(d.Launches))
	if d.Changed != nil {
		c.add("changed", fmt.Sprintf("by %s, with %s, at %s", d.Changed.Actor, d.Changed.Name, chatTime(d.Changed.At)))
	}
	c.add("since", chatTime(d.Since))
	c.add("remedy", d.Remedy)
	return c
}

// Chat returns the message of a refused launch.
func (e LaunchRejected) Chat() Chat {
	c := Chat{Title: "Launch refused", Thread: "launch " + e.Launch, Group: e.Group}
	c.add("launch", e.Launch)
	c.add("group", e.Group.withPlace())
	for _, r := range e.Reasons[:min(len(e.Reasons), maxChatParts)] {
		c.add("reason", reasonOf(r))
	}
	if more := len(e.Reasons) - maxChatParts; more > 0 {
		c.add("", phrase.More(more))
	}
	return c
}

func reasonOf(f claim.Fault) string {
	if f.Field == "" {
		return f.Problem
	}
	return f.Field + ": " + f.Problem
}

// withPlace returns the group with its account and Region, for people.
func (g Group) withPlace() string {
	place := strings.Trim(g.Account+" "+g.Region, " ")
	switch {
	case g.ID == "":
		return place
	case place == "":
		return g.ID
	}
	return g.ID + " in " + place
}

func namesOf(launches []DriftLaunch) string {
	names := make([]string, len(launches))
	for i, l := range launches {
		names[i] = l.Launch
	}
	return phrase.Few(names, maxChatParts)
}

func chatTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }
