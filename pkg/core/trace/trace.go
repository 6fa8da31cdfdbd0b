// Package trace checks recorded runs of the protocol of package lease.
//
// With SGKEEPER_TRACE=on, a function logs a [Line] for each step of a pass: the effect, its reply
// as the protocol sees it, and the state after it. [Read] finds these lines in logs. [Check]
// replays them: each pass through [lease.Step], and all passes of a group through a model of the
// group's head.
//
// Check merges the lines of many functions by the tickets in them, not by clocks. Each ring has a
// ticket of its own, so the tickets order the writes of the head. For example, a release that
// serves ticket 7 comes after the ring of ticket 7 and before the ring of ticket 8.
//
// A reply can be lost, and a function can be killed, before the step is logged. The effect may
// have happened anyway. Check assumes such an effect only if later lines saw it.
package trace

import (
	"strconv"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// Version is the version of a line's shape. A reader skips lines of a later version, and reports
// them as a gap.
const Version = 1

// Line is one step of a pass, as logged.
type Line struct {
	Version  int    `json:"v"`
	Function string `json:"function"` // a random name of the function's process
	Pass     string `json:"pass"`     // the pass: the nonce of its names as an owner
	Group    string `json:"group"`    // as <account>/<Region>/<id>
	Number   int    `json:"n"`        // counts the steps of the pass, from 0

	At       lease.Instant `json:"at"`       // when the reply arrived, by the function's clock
	Deadline lease.Instant `json:"deadline"` // when the invocation ends, by the same clock

	Step    string   `json:"step"` // the effect, as [lease.Op] names it
	Lost    bool     `json:"lost,omitempty"`
	Failed  bool     `json:"failed,omitempty"`
	Claimed string   `json:"claimed,omitempty"` // of a claim: none open, all repeated, some new
	Plan    []string `json:"plan,omitempty"`    // the remaining work: refuse, revoke, authorize, again
	Head    *Head    `json:"head,omitempty"`    // as the reply showed it; absent: it did not
	After   After    `json:"after"`             // the pass after the step

	// Lags is until when EC2's describe may lag, as a peek's head says.
	Lags lease.Instant `json:"lags,omitempty"`

	Ends      int `json:"ends,omitempty"`      // of a claim: ends of launches with requests on the group
	Requests  int `json:"requests,omitempty"`  // of a claim: those of the pass; of a load: those of the group
	Described int `json:"described,omitempty"` // rules that a describe showed

	// Pending are the rules with a pending revoke: all that a load found or a release left, or
	// those that a pend recorded.
	Pending *IDs `json:"pending,omitempty"`
	Made    *IDs `json:"made,omitempty"`    // rules that EC2 made in this step
	Revoked *IDs `json:"revoked,omitempty"` // rules that EC2 revoked in this step
}

// Head is the part of a group's head that the protocol reads.
type Head struct {
	Owner      string        `json:"owner,omitempty"` // absent: the lease is free
	Expires    lease.Instant `json:"expires,omitempty"`
	Want       lease.Ticket  `json:"want"`    // the last ticket counted
	Applied    lease.Ticket  `json:"applied"` // the last ticket served
	Last       string        `json:"last,omitempty"`
	NeedsRound bool          `json:"needsRound,omitempty"`
}

// After is a pass after a step. It has all of a [lease.State] that Line lacks.
type After struct {
	Step    string       `json:"step"` // the next effect, or done
	Entry   int          `json:"entry,omitempty"`
	Claimed string       `json:"claimed,omitempty"`
	Ticket  lease.Ticket `json:"ticket,omitempty"`
	Seen    lease.Ticket `json:"seen,omitempty"`
	Tries   int          `json:"tries,omitempty"`
	Result  string       `json:"result,omitempty"` // of a pass that is done
	Found   *Head        `json:"found,omitempty"`  // the lease that a ring found, to take over
}

// IDs is a list of rule ids. It names at most maxIDs, and counts the others.
type IDs struct {
	List []string `json:"ids"`
	More int      `json:"more,omitempty"`
}

// The bounds of a line. All other parts are numbers and fixed words, so a line has at most
// [MaxBytes] bytes.
const (
	maxIDs  = 12  // in each of three lists
	maxID   = 40  // bytes of an id; EC2's have 21
	maxName = 120 // bytes of a pass, an owner, a group or a function; they have 70 or less
)

// MaxBytes bounds the JSON of a line.
const MaxBytes = 4096

// NewLine returns the line of one step, from the state before it, its reply, and the state after
// it. It cuts names that are too long.
func NewLine(function, group string, number int, before lease.State, r lease.Reply, after lease.State) Line {
	l := Line{
		Version: Version, Function: bounded(function, maxName), Pass: bounded(before.Owner.Nonce, maxName),
		Group: bounded(group, maxName), Number: number,
		At: r.Now, Deadline: before.Deadline,
		Step: before.Op.String(), Lost: r.Lost, Failed: r.Failed,
		After: afterOf(after),
	}
	if r.Lost {
		return l
	}
	if before.Op == lease.Claim {
		l.Claimed = claimedNames[r.Claimed]
	}
	l.Plan = planNames(r.Plan)
	if showsHead(before.Op, r) {
		l.Head = headOf(r.Head)
	}
	return l
}

// showsHead reports whether a reply shows the head. The reply to a transaction does not, unless
// its condition failed.
func showsHead(op lease.Op, r lease.Reply) bool {
	switch op {
	case lease.Peek, lease.Ring, lease.TakeOver, lease.Release:
		return true
	case lease.Load, lease.Pend, lease.Revoke, lease.Authorize:
		return r.Failed
	case lease.Yield:
		return r.Head != lease.Head{}
	}
	return false
}

// WithHead returns the line with a head that the effect read and the reply lacks.
func (l Line) WithHead(h lease.Head) Line {
	l.Head = headOf(h)
	return l
}

// NewIDs returns a bounded list of ids, or nil if there are none.
func NewIDs(ids []string) *IDs {
	if len(ids) == 0 {
		return nil
	}
	list := &IDs{More: max(0, len(ids)-maxIDs)}
	for _, id := range ids[:len(ids)-list.More] {
		list.List = append(list.List, bounded(id, maxID))
	}
	return list
}

// all returns the listed ids. complete is false if the list names only some.
func (x *IDs) all() (ids []string, complete bool) {
	if x == nil {
		return nil, true
	}
	return x.List, x.More == 0
}

// bounded cuts a name. It replaces characters that a name never has, because JSON may need six
// bytes for one of them.
func bounded(text string, most int) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' || strings.ContainsRune("\"\\<>&", r) {
			return '?'
		}
		return r
	}, text[:min(len(text), most)])
}

var claimedNames = [...]string{
	lease.NoneOpen: "none open", lease.AllRepeated: "all repeated", lease.SomeNew: "some new",
}

func planNames(p lease.Plan) (names []string) {
	for _, part := range planParts {
		if *part.of(&p) {
			names = append(names, part.name)
		}
	}
	return names
}

var planParts = []struct {
	name string
	of   func(*lease.Plan) *bool
}{
	{"refuse", func(p *lease.Plan) *bool { return &p.Refuse }},
	{"revoke", func(p *lease.Plan) *bool { return &p.Revoke }},
	{"authorize", func(p *lease.Plan) *bool { return &p.Authorize }},
	{"again", func(p *lease.Plan) *bool { return &p.Again }},
}

func headOf(h lease.Head) *Head {
	return &Head{
		Owner: bounded(h.Owner.String(), maxName), Expires: h.Expires, Want: h.Want, Applied: h.Applied,
		Last: bounded(h.Last.String(), maxName), NeedsRound: h.NeedsRound,
	}
}

// lease returns the head as the protocol reads it.
func (h Head) lease() lease.Head {
	return lease.Head{
		Owner: ownerOf(h.Owner), Expires: h.Expires, Want: h.Want, Applied: h.Applied, Last: ownerOf(h.Last),
		NeedsRound: h.NeedsRound,
	}
}

// ownerOf parses the text of an owner: <nonce>.<entry>.
func ownerOf(text string) lease.Owner {
	dot := strings.LastIndexByte(text, '.')
	if dot < 0 {
		return lease.Owner{Nonce: text}
	}
	entry, err := strconv.Atoi(text[dot+1:])
	if err != nil {
		return lease.Owner{Nonce: text}
	}
	return lease.Owner{Nonce: text[:dot], Entry: entry}
}

func afterOf(s lease.State) After {
	a := After{
		Step: s.Op.String(), Entry: s.Owner.Entry, Claimed: claimedNames[s.Claimed],
		Ticket: s.Ticket, Seen: s.Seen, Tries: s.Tries,
	}
	if s.Op == lease.Done {
		a.Result = s.Result.String()
	}
	if s.Found != (lease.Head{}) {
		a.Found = headOf(s.Found)
	}
	return a
}
