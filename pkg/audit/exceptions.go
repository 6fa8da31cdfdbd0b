package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/secgroup"
)

// MaxExceptionsBytes is how large an exceptions file may be.
const MaxExceptionsBytes = 1 << 20

var (
	fileKeys      = []string{"exceptions"}
	exceptionKeys = []string{"id", "owner", "reason", "expires", "permanent", "group", "rules"}
	exceptionID   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
)

// ReadExceptions reads an exceptions file: YAML, of which JSON is a part. The
// rules are written as in a launch's event. The error names every fault with its
// line. An empty file has no exceptions.
func ReadExceptions(data []byte) ([]Exception, error) {
	if len(data) > MaxExceptionsBytes {
		return nil, fmt.Errorf("exceptions: %d bytes: want at most %d", len(data), MaxExceptionsBytes)
	}
	var doc, more yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("exceptions: no YAML: %w", err)
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, errors.New("exceptions: found a second YAML document, or what is none: want one")
	}
	var r exceptionsReader
	all := r.file(doc.Content[0])
	if len(r.faults) > 0 {
		return nil, fmt.Errorf("exceptions: %w", errors.Join(r.faults...))
	}
	return all, nil
}

// exceptionsReader collects the faults of a file.
type exceptionsReader struct{ faults []error }

const maxFaults = 100

func (r *exceptionsReader) fault(n *yaml.Node, format string, args ...any) {
	if len(r.faults) < maxFaults {
		r.faults = append(r.faults, fmt.Errorf("line %d: %s", n.Line, fmt.Sprintf(format, args...)))
	}
}

func (r *exceptionsReader) file(n *yaml.Node) (all []Exception) {
	list := r.members(n, fileKeys, "the file")["exceptions"]
	if list == nil || list.Kind != yaml.SequenceNode {
		r.fault(n, `want "exceptions", with a list`)
		return nil
	}
	first := make(map[string]int)
	for _, item := range list.Content {
		x, id := r.exception(item)
		if x.ID != "" && first[x.ID] > 0 {
			r.fault(id, "id %s stands at line %d too: want each once", quote(x.ID), first[x.ID])
		} else if x.ID != "" {
			first[x.ID] = id.Line
		}
		all = append(all, x)
	}
	return all
}

func (r *exceptionsReader) exception(n *yaml.Node) (x Exception, id *yaml.Node) {
	m := r.members(n, exceptionKeys, "an exception")
	if m == nil {
		return x, n
	}
	if x.ID = r.text(n, m, "id", 64); x.ID != "" && !exceptionID.MatchString(x.ID) {
		r.fault(m["id"], "id %s: want letters, digits and ._-, at most 64, a letter or digit first", quote(x.ID))
	}
	x.Owner = r.text(n, m, "owner", 128)
	x.Reason = r.text(n, m, "reason", 1000)
	if m["group"] != nil {
		x.Group = r.text(n, m, "group", 255)
	}
	x.Expires = r.expires(n, m)
	x.Rules = r.rules(n, m["rules"])
	return x, m["id"]
}

// text returns a text that must be there.
func (r *exceptionsReader) text(n *yaml.Node, m map[string]*yaml.Node, key string, most int) string {
	v := m[key]
	switch {
	case v == nil:
		r.fault(n, "%s is absent: want a text", key)
	case v.Kind != yaml.ScalarNode || v.Tag != "!!str":
		r.fault(v, "%s: found %s: want a text; put it in quotes", key, quote(v.Value))
	case strings.TrimSpace(v.Value) == "" || len(v.Value) > most:
		r.fault(v, "%s: found %d bytes: want a text of 1 to %d", key, len(v.Value), most)
	default:
		return v.Value
	}
	return ""
}

// expires returns when an exception expires; zero: never, which it must say.
func (r *exceptionsReader) expires(n *yaml.Node, m map[string]*yaml.Node) time.Time {
	expires, permanent := m["expires"], m["permanent"]
	switch {
	case (expires == nil) == (permanent == nil):
		r.fault(n, "want either expires, with a date, or permanent: true")
	case permanent != nil && (permanent.Tag != "!!bool" || permanent.Value != "true"):
		r.fault(permanent, "permanent: found %s: want true, or expires with a date instead", quote(permanent.Value))
	case expires != nil:
		for _, layout := range []string{time.DateOnly, time.RFC3339} {
			if t, err := time.Parse(layout, expires.Value); err == nil {
				return t.UTC()
			}
		}
		r.fault(expires, "expires: found %s: want a date such as 2026-12-31 or a time such as 2026-12-31T17:00:00Z", quote(expires.Value))
	}
	return time.Time{}
}

// rules reads rules as they stand in an event, with the events' own decoder.
func (r *exceptionsReader) rules(n, rules *yaml.Node) (all []secgroup.Rule) {
	if rules == nil {
		r.fault(n, "rules is absent: want a list of rules, as in an event")
		return nil
	}
	before := len(r.faults)
	text := r.json(rules, 0)
	if len(r.faults) > before {
		return nil
	}
	detail := `{"launch":"exception","group":"sg-00000000","rules":` + text + `}`
	messages, err := events.Decoder{}.DecodeFile([]byte(detail))
	if err != nil || len(messages) != 1 {
		r.fault(rules, "rules: %v", err)
		return nil
	}
	for _, f := range messages[0].Faults {
		r.fault(at(rules, strings.TrimPrefix(f.Field, "/rules")), "%s", f)
	}
	if messages[0].Request != nil {
		for _, e := range messages[0].Request.Rules {
			all = append(all, e.Rule)
		}
	}
	return all
}
