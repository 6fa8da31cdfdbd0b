package ensure_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/dice"
)

// arrive delivers a message to the queue, or directly to a function.
func (s *simulation) arrive(m *message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.direct {
		go s.invoke([]*message{m})
		return
	}
	s.visible = append(s.visible, m)
	if !s.polling {
		s.polling = true
		time.AfterFunc(s.luck.batch, s.poll)
	}
}

// poll gives a function the visible messages. It never gives it two messages at once if one
// outcome could belong to either.
func (s *simulation) poll() {
	s.mu.Lock()
	var batch, rest []*message
	for _, m := range s.visible {
		if len(batch) < 5 && !slices.ContainsFunc(batch, m.meets) {
			batch = append(batch, m)
		} else {
			rest = append(rest, m)
		}
	}
	s.visible, s.polling = rest, len(rest) > 0
	if s.polling {
		time.AfterFunc(s.luck.batch+time.Millisecond, s.poll)
	}
	s.mu.Unlock()
	s.invoke(batch)
}

// invoke gives some messages to a free process; no messages mean a sweep.
func (s *simulation) invoke(messages []*message) {
	s.mu.Lock()
	var p *simProcess
	if n := len(s.idle); n > 0 {
		p, s.idle = s.idle[n-1], s.idle[:n-1]
	} else {
		p = s.newProcess()
	}
	p.messages = messages
	s.running++
	for _, m := range messages {
		s.taken(m)
	}
	s.say("p%d takes %s", p.id, describeMessages(messages))
	s.mu.Unlock()
	reply, err := p.invoke(payloadOf(messages))
	s.finish(p, reply, err)
}

func describeMessages(messages []*message) string {
	if len(messages) == 0 {
		return "a sweep"
	}
	text := ""
	for _, m := range messages {
		what := "end of " + m.launch.name + " " + m.group
		if m.wish != nil {
			what = fmt.Sprintf("%s on %s: %s until %v", m.launch.name, m.wish.group, brief(m.wish.rules),
				m.wish.expires.Format(time.TimeOnly))
		}
		if m.direct {
			what += " (direct)"
		}
		text += what + "; "
	}
	return text
}

// taken records that a function received a message.
func (s *simulation) taken(m *message) {
	m.tries++
	if m.wish != nil {
		m.wish.sent = true
		return
	}
	for _, g := range s.endsIn(m) {
		m.launch.ending[g] = true
	}
}

// endsIn returns the groups of an end.
func (s *simulation) endsIn(m *message) []string {
	if m.group != "" {
		return []string{m.group}
	}
	return s.workload.groups
}

func payloadOf(messages []*message) []byte {
	switch {
	case len(messages) == 0:
		return []byte(`{"sgkeeper":"sweep"}`)
	case messages[0].direct:
		return messages[0].payload()
	}
	type record = map[string]any
	var records []record
	for i, m := range messages {
		records = append(records, record{
			"messageId": fmt.Sprint("m", i), "body": string(m.payload()), "eventSource": "aws:sqs",
			"eventSourceARN": "arn:aws:sqs:us-east-1:111122223333:launches", "awsRegion": "us-east-1",
		})
	}
	return marshal(map[string]any{"Records": records})
}

// visibility is how long the queue hides an unanswered message: longer than the lease of the
// function that received it.
const visibility = 3 * time.Minute

// finish handles a process's answer. It returns failed messages to the queue.
func (s *simulation) finish(p *simProcess, reply []byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	failed := failedOf(p.messages, reply, err)
	if s.quiet && err != nil && !p.dead && len(p.messages) == 0 {
		s.say("a sweep failed: %v", err)
	}
	for i, m := range p.messages {
		if !failed[i] {
			s.acknowledged(m)
		} else if !m.direct {
			wait := visibility + dice.Between(s.dice.Of(fmt.Sprint("again", i, p.id, time.Now())), 0, 10*time.Second)
			time.AfterFunc(wait, func() { s.arrive(m) })
		}
	}
	s.running--
	p.messages = nil
	if !p.dead && len(p.broken) == 0 {
		s.idle = append(s.idle, p)
	}
}

// failedOf returns the messages that must return to the queue.
func failedOf(messages []*message, reply []byte, err error) map[int]bool {
	failed := make(map[int]bool)
	if err != nil {
		for i := range messages {
			failed[i] = true
		}
		return failed
	}
	var answer struct {
		BatchItemFailures []struct{ ItemIdentifier string }
	}
	if err := json.Unmarshal(reply, &answer); err != nil {
		panic(err)
	}
	for _, f := range answer.BatchItemFailures {
		var i int
		if _, err := fmt.Sscanf(f.ItemIdentifier, "m%d", &i); err != nil {
			panic(err)
		}
		failed[i] = true
	}
	return failed
}

// acknowledged notes that a message was answered.
func (s *simulation) acknowledged(m *message) {
	if !m.answered && !m.direct {
		s.waiting--
	}
	m.answered, m.answeredAt = true, time.Now()
	if m.wish == nil {
		for _, g := range s.endsIn(m) {
			m.launch.ended[g] = true
		}
	}
}
