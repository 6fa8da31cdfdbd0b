package lease_test

import (
	"fmt"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
)

// trace prints the steps to the broken law.
func (s *search) trace() string {
	var b strings.Builder
	n := 0
	s.eachStep(s.md, func(was *world, next *successor) {
		n++
		fmt.Fprintf(&b, "%3d. %-52s %v\n", n, next.tell(was), &next.world)
	})
	return b.String() + "     " + s.broken + "\n"
}

// eachStep calls f with the steps to the broken law. The path identifies worlds only up to
// renaming, so the steps follow one of them under its own names. They are those of md, which is
// the search's model or remembers more.
func (s *search) eachStep(md *model, f func(was *world, next *successor)) {
	w, same := md.first(), s.md.first()
	for _, c := range s.path() {
		goal := s.md.successors(&same, nil)
		same = s.md.canonical(goal[c].world)
		for _, next := range md.successors(&w, nil) {
			if next.broken == goal[c].broken && s.md.forgotten(next.world) == same {
				f(&w, &next)
				w = next.world
				break
			}
		}
	}
}

// forgotten returns the world without differences that do not matter, by any names.
func (md *model) forgotten(w world) world {
	md.forget(&w)
	return md.canonical(w)
}

// tell describes the event that followed was.
func (s *successor) tell(was *world) string {
	m, now := &was.msgs[s.who], &s.world.msgs[s.who]
	who := string('A' + rune(s.who))
	switch s.how {
	case quotaUp, lands, settles, ages:
		return howNames[s.how]
	case passes:
		return fmt.Sprintf("%d %s", s.who+1, howNames[s.how])
	case redeliver, hourly, lateRing, lateRound:
		return who + " " + howNames[s.how]
	case crash:
		return who + " crashes before " + m.op.String()
	case ack:
		return fmt.Sprintf("%s is %s", who, [...]string{waiting: "kept", acked: "acknowledged",
			asleep: "done"}[now.phase])
	}
	text := who + " " + m.op.String()
	if name := howNames[s.how]; name != "" {
		text += " (" + name + ")"
	}
	if now.op == lease.Done {
		text += ": " + now.result.String()
	}
	return text
}

// String returns the contents of the table and of EC2.
func (w *world) String() string {
	text := fmt.Sprintf("own %-3s want %d applied %d table %-4s group %-3s",
		w.own, w.want, w.applied, w.table.text('1'), w.group)
	for _, s := range []struct {
		name string
		text string
	}{
		{"refused", w.refused.text('1')}, {"expired", w.expired.text('1')}, {"announced", w.announced.text('1')},
		{"served", w.served.text('1')}, {"ended", w.ended.text('1')}, {"marked", w.marked.text('1')},
		{"pending", w.cond.String()}, {"made", w.made.String()}, {"gone", w.gone.String()}, {"young", w.young.String()},
		{"in flight", w.flight.String()},
	} {
		if s.text != "-" {
			text += " " + s.name + " " + s.text
		}
	}
	return text
}

// String returns the message's letter, a prime for each further delivery, and the entry.
func (n name) String() string {
	if n == 0 {
		return "-"
	}
	text := string('A'+rune(n.message())) + strings.Repeat("'", n.delivery())
	if n.entry() > 0 {
		text += fmt.Sprint(n.entry())
	}
	return text
}

func (s set) text(first byte) string {
	if s == 0 {
		return "-"
	}
	var b []byte
	for i := range 8 {
		if s.has(i) {
			b = append(b, first+byte(i))
		}
	}
	return string(b)
}

// String marks a rule's later lives with primes.
func (x ids) String() string {
	if x == 0 {
		return "-"
	}
	var b strings.Builder
	for rule := range maxRules {
		for life := range maxLives {
			if x&id(rule, life) != 0 {
				b.WriteString(string('a'+rune(rule)) + strings.Repeat("'", life))
			}
		}
	}
	return b.String()
}
