package ensure_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// effect is one request to the account, under the protocol's name.
type effect struct {
	name  string
	group string
	at    time.Time // when it was applied
}

// watch records all requests from now on, in the order in which they are applied.
type watch struct {
	mu      sync.Mutex
	effects []effect
}

func (r *rig) watch() *watch {
	w := &watch{}
	r.account.Inject(func(op fakeaws.Op) (bool, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.effects = append(w.effects, effect{nameOf(op), groupOf(op), time.Now()})
		return true, nil
	})
	return w
}

func (w *watch) of(group string) []effect {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.effects), func(e effect) bool { return group != "" && e.group != group })
}

// names returns the names of the effects on one group.
func (w *watch) names(group string) []string {
	var names []string
	for _, e := range w.of(group) {
		names = append(names, e.name)
	}
	return names
}

// nameOf returns package lease's name for a request.
func nameOf(op fakeaws.Op) string {
	body := string(op.Body)
	switch {
	case op.Name == "TransactWriteItems" && strings.Contains(body, "st = :open"):
		return "refuse"
	case op.Name == "TransactWriteItems" && strings.Contains(body, `"HEAD"`):
		return updateName(body)
	case op.Name == "TransactWriteItems":
		return "claim"
	case op.Name == "GetItem":
		return "peek"
	case op.Name == "Query":
		return "load"
	case op.Name == "PutEvents":
		return "publish"
	case op.Name == "UpdateItem":
		return updateName(body)
	case strings.HasPrefix(op.Name, "Authorize"):
		return "authorize"
	}
	return "describe"
}

func updateName(body string) string {
	switch {
	case strings.Contains(body, "ADD want"):
		return "ring"
	case strings.Contains(body, "applied = :seen"):
		return "release"
	case strings.Contains(body, "SET own = :me"):
		return "take over"
	case strings.Contains(body, "SET #until = :until"):
		return "pend"
	}
	return "yield"
}

var groupID = regexp.MustCompile(`sg-[0-9a-f]{17}`)

// groupOf returns the first group that a request names.
func groupOf(op fakeaws.Op) string {
	if id := op.Form.Get("GroupId"); id != "" {
		return id
	}
	return groupID.FindString(string(op.Body) + op.Form.Get("Filter.1.Value.1") + op.Form.Get("GroupId.1"))
}

// bus keeps the published events.
type bus struct {
	t       testing.TB
	mu      sync.Mutex
	entries []fakeaws.Entry
	refuse  func(fakeaws.Entry) *fakeaws.Error
}

// onBus makes the function publish events.
func onBus(c *handler.Config) { c.Bus = "launches" }

// listen records the events that are published from now on.
func (r *rig) listen() *bus {
	b := &bus{t: r.t}
	r.account.FailEntries(func(e fakeaws.Entry) *fakeaws.Error {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.refuse != nil {
			if err := b.refuse(e); err != nil {
				return err
			}
		}
		b.entries = append(b.entries, e)
		return nil
	})
	return b
}

func (b *bus) setRefuse(f func(fakeaws.Entry) *fakeaws.Error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refuse = f
}

// taken returns the details of published events of a type, and removes them.
func taken[T events.Out](b *bus) []T {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	var details []T
	var rest []fakeaws.Entry
	for _, e := range b.entries {
		var detail T
		if e.DetailType != detail.DetailType() {
			rest = append(rest, e)
			continue
		}
		if e.Source != events.Source || e.EventBusName != "launches" {
			b.t.Errorf("%s on bus %q from %q", e.DetailType, e.EventBusName, e.Source)
		}
		if err := json.Unmarshal([]byte(e.Detail), &detail); err != nil {
			b.t.Errorf("%s: %v", e.Detail, err)
		}
		details = append(details, detail)
	}
	b.entries = rest
	return details
}

// launches returns the names in the Ports Ensured events published.
func (b *bus) launches() []string {
	b.t.Helper()
	var names []string
	for _, e := range taken[events.PortsEnsured](b) {
		names = append(names, e.Launches...)
	}
	return names
}

// noDuplicate fails the test if a Duplicate of EC2 can be seen from outside.
func (r *rig) noDuplicate(outcomes ...events.Outcome) {
	r.t.Helper()
	seen := r.log.String() + string(marshal(outcomes))
	if i := strings.Index(seen, "InvalidPermission.Duplicate"); i >= 0 {
		r.t.Errorf("a Duplicate is seen: ...%.300s", seen[max(0, i-150):])
	}
}
