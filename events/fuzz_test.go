package events

import (
	"encoding/json"
	"io/fs"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// FuzzDecode: Decode returns for any payload. A request that it accepts is canonical. Written
// again, it decodes to the same request.
func FuzzDecode(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, payload []byte) {
		b, err := own.Decode(payload)
		if _, ok := err.(claim.Faults); err != nil && !ok {
			t.Fatalf("error %v is not Faults", err)
		}
		messages, _ := own.DecodeFile(payload)
		for _, m := range append(b.Messages, messages...) {
			checkMessage(t, m)
		}
	})
}

func seed(f *testing.F) {
	for folder, payload := range asPayload {
		files, _ := fs.Glob(Examples(), folder+"/*.json")
		for _, name := range files {
			b, _ := fs.ReadFile(Examples(), name)
			f.Add([]byte(payload(string(b))))
		}
	}
	for _, w := range wrappings {
		f.Add([]byte(w.wrap(LaunchRequested, ruled(accepted[0].rules))))
	}
	for _, s := range shapeless {
		if len(s.payload) < 1000 {
			f.Add([]byte(s.payload))
		}
	}
}

// checkMessage checks the properties of every message.
func checkMessage(t *testing.T, m Message) {
	t.Helper()
	set := 0
	for _, is := range []bool{m.Request != nil, m.End != nil, m.Instance != nil, m.Sweep != nil, m.Wait != nil &&
		m.Faults == nil, len(m.Faults) > 0} {
		if is {
			set++
		}
	}
	if set != 1 {
		t.Fatalf("%d of request, end, instance, sweep, wait and faults in %+v, want 1", set, m)
	}
	for _, fault := range m.Faults {
		if fault.Problem == "" || fault.Field != "" && fault.Field[0] != '/' {
			t.Fatalf("fault %+v", fault)
		}
	}
	switch {
	case m.Wait != nil && m.Faults == nil:
		checkWait(t, *m.Wait)
	case m.Request != nil:
		checkRequest(t, *m.Request)
	case m.End != nil:
		again := rewritten(t, LaunchEnded, *m.End).End
		if again == nil || again.Launch.Name != m.End.Launch.Name || !cmp.Equal(again.Group, m.End.Group) {
			t.Fatalf("end %+v read again as %+v", m.End, again)
		}
	}
}

// checkWait checks that a wait is for one detail, and that it reads the same if it is written
// again.
func checkWait(t *testing.T, w Wait) {
	t.Helper()
	if (w.Request == nil) == (w.End == nil) || !IsLaunchName(w.Launch().Name) || w.Hold < 0 || w.Hold > MaxHold {
		t.Fatalf("wait %+v", w)
	}
	payload, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	again := decodeOne(t, own, string(payload))
	if again.Wait == nil || again.Faults != nil {
		t.Fatalf("wait %s refused when written again: %v", payload, again.Faults)
	}
	for _, r := range []*Request{w.Request, again.Wait.Request} {
		if r != nil {
			r.Remarks, r.Parts = nil, nil // they are merged, and written merged
		}
	}
	same := cmp.Comparer(func(e, f secgroup.Entry) bool { return e.Equal(f) })
	if diff := cmp.Diff(w, *again.Wait, same); diff != "" {
		t.Fatalf("wait differs when written again (-first +second):\n%s", diff)
	}
}

func checkRequest(t *testing.T, r Request) {
	t.Helper()
	if !IsLaunchName(r.Launch.Name) || len(r.Rules) == 0 || len(r.Rules) > MaxRules {
		t.Fatalf("launch %q, %d rules", r.Launch.Name, len(r.Rules))
	}
	for _, e := range r.Rules {
		if e.Rule != secgroup.New(e.Rule.Direction, e.Rule.Protocol, e.Rule.Ports, e.Rule.Peer) ||
			!e.Rule.Peer.IsValid() || e.ID != "" || e.Tags != nil {
			t.Fatalf("rule %+v is not canonical", e)
		}
	}
	if !slices.EqualFunc(r.Rules, secgroup.Merge(r.Rules), secgroup.Entry.Equal) {
		t.Fatalf("rules %v are not merged and in order", r.Rules)
	}
	again := rewritten(t, LaunchRequested, r)
	if again.Request == nil {
		t.Fatalf("request refused when written again: %v", again.Faults)
	}
	again.Request.Remarks, again.Request.Launch.Account = r.Remarks, r.Launch.Account
	again.Request.Parts, r.Parts = nil, nil // they are merged, and written merged
	same := cmp.Comparer(func(e, f secgroup.Entry) bool { return e.Equal(f) })
	if diff := cmp.Diff(r, *again.Request, same); diff != "" {
		t.Fatalf("request differs when written again (-first +second):\n%s", diff)
	}
}

// rewritten encodes a detail and decodes it again.
func rewritten(t *testing.T, detailType string, detail any) Message {
	t.Helper()
	b, err := json.Marshal(detail)
	if err != nil {
		t.Fatal(err)
	}
	return decodeOne(t, own, envelopeOf(detailType, string(b)))
}

func TestTablesStayStable(t *testing.T) {
	for _, a := range accepted {
		checkMessage(t, decodeOne(t, own, bareOf(LaunchRequested, ruled(a.rules))))
	}
}
