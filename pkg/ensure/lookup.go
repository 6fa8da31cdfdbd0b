package ensure

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
)

// Bounds of the lookups of one invocation. If a lookup is not answered in time, its
// messages go back to the queue. The others are served in the time that is left.
const (
	maxLookup     = 5 * time.Second // and at most a third of the invocation's remaining time
	lookupsAtOnce = 32
)

// kind is a kind of lookup.
type kind int

const (
	lookName     kind = iota + 1 // the id of the group with a name
	lookFacts                    // the name and the tags of a group
	lookList                     // the entries of a prefix list
	lookInstance                 // an instance, with its tags and groups
	lookLaunch                   // whether a launch has had a request
)

// source is the origin of an answer. Lookups of one source share a call.
type source struct {
	kind                 kind
	account, region, vpc string
	launch               claim.Launch // for lookLaunch
}

// question is one lookup of a source.
type question struct {
	source
	key string // a group's name or id, a prefix list's id, or an instance's id
}

// answer is the result of a lookup.
type answer struct {
	id       string       // of the group with the name
	ids      []string     // of the groups with the name, if there are several
	facts    *guard.Facts // of the group; nil if EC2 does not know it
	entries  []netip.Prefix
	instance *Instance // nil if EC2 does not know it
	known    bool      // the launch has had a request
	err      error     // the message returns to the queue, or is refused
}

func nameOf(g events.Group) question {
	return question{source{kind: lookName, account: g.Account, region: g.Region, vpc: g.VPC}, g.Name}
}

func factsAbout(g claim.Group) question {
	return question{source{kind: lookFacts, account: g.Account, region: g.Region}, g.ID}
}

func listOf(g claim.Group, id string) question {
	return question{source{kind: lookList, account: g.Account, region: g.Region}, id}
}

func instanceOf(m events.Message) question {
	return question{source{kind: lookInstance, account: m.Group.Account, region: m.Group.Region}, m.Instance.ID}
}

func launchOf(l claim.Launch) question { return question{source: source{kind: lookLaunch, launch: l}} }

// lookups holds the answers of an invocation. It is safe for concurrent use.
type lookups struct {
	mu      sync.Mutex
	answers map[question]answer
}

func (l *lookups) get(q question) (a answer, asked bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a, asked = l.answers[q]
	return a, asked
}

func (l *lookups) put(q question, a answer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.answers == nil {
		l.answers = make(map[question]answer)
	}
	l.answers[q] = a
}

// batch is the set of lookups that one call answers, and the messages that depend on them.
type batch struct {
	source
	keys     []string
	messages []events.Message
}

// lookUpAll makes the lookups for the messages of an invocation, in parallel and within a deadline.
func (d *delivery) lookUpAll(ctx context.Context, messages []events.Message) {
	ctx, cancel := context.WithTimeout(ctx, lookupTime(ctx))
	defer cancel()
	var all sync.WaitGroup
	free := make(chan struct{}, lookupsAtOnce)
	d.pursue(messages, func(b batch, then func()) {
		all.Go(func() {
			d.answerAll(ctx, b, free)
			then()
		})
	})
	all.Wait()
}

func lookupTime(ctx context.Context) time.Duration {
	if deadline, bounded := ctx.Deadline(); bounded {
		return min(maxLookup, time.Until(deadline)/3)
	}
	return maxLookup
}

// pursue starts the lookups for the messages. After an answer, its messages may need another
// lookup. For example, if guardrails depend on tags, the tags follow after the group was found
// by name. So a lookup that hangs delays no other.
func (d *delivery) pursue(messages []events.Message, start func(b batch, then func())) {
	for _, b := range d.batches(messages) {
		start(b, func() { d.pursue(b.messages, start) })
	}
}

// batches returns the unanswered lookups for the messages, by source.
func (d *delivery) batches(messages []events.Message) (all []batch) {
	at := make(map[source]int)
	for _, m := range messages {
		questions := d.questions(m)
		if len(questions) == 0 {
			continue
		}
		s := questions[0].source
		i, found := at[s]
		if !found {
			i, at[s] = len(all), len(all)
			all = append(all, batch{source: s})
		}
		all[i].messages = append(all[i].messages, m)
		for _, q := range questions {
			if q.source == s && !slices.Contains(all[i].keys, q.key) {
				all[i].keys = append(all[i].keys, q.key)
			}
		}
	}
	return all
}

// questions returns the next unanswered lookups for a message. Only those of the first one's
// source are made now; the others follow.
func (d *delivery) questions(m events.Message) []question {
	switch {
	case m.Faults != nil:
	case m.Instance != nil:
		return d.questionsOfInstance(m)
	case d.isNamed(m):
		q := nameOf(m.Group)
		a, asked := d.lookups.get(q)
		if !asked {
			return []question{q}
		}
		if a.err == nil && m.Request != nil {
			return d.questionsOf(m, *identified(m, a.id).Request)
		}
		return d.questionsOfEnd(m)
	case m.Request != nil:
		return d.questionsOf(m, *m.Request)
	}
	return d.questionsOfEnd(m)
}

// questionsOfEnd returns the lookup of the launch without a namespace that had this name
// before the guardrails named publishers. There is none unless that launch would belong to the
// publisher.
func (d *delivery) questionsOfEnd(m events.Message) []question {
	if m.End == nil || d.Launches == nil {
		return nil
	}
	before, ok := d.Guard.Before(m.End.Launch, d.Account)
	if _, asked := d.lookups.get(launchOf(before)); !ok || asked {
		return nil
	}
	return []question{launchOf(before)}
}

// questionsOf returns the lookups of the prefix lists that guardrails need for a request. If
// none are missing, it returns the lookup of the facts, if needed.
func (d *delivery) questionsOf(m events.Message, r events.Request) (questions []question) {
	group, faults := d.locate(m, r.Group)
	if faults != nil || d.Guard == nil {
		return nil
	}
	ask := d.toCheck(m, r, group)
	for _, id := range d.Guard.Reads(ask) {
		if _, asked := d.lookups.get(listOf(group, id)); !asked {
			questions = append(questions, listOf(group, id))
		}
	}
	if len(questions) > 0 {
		return questions
	}
	q := factsAbout(group)
	if _, asked := d.lookups.get(q); asked {
		return nil
	}
	if _, needs := d.Guard.Check(ask); !needs {
		return nil
	}
	return []question{q}
}

// answerAll looks a batch up, at most lookupsAtOnce at a time, and stores the answers.
func (d *delivery) answerAll(ctx context.Context, b batch, free chan struct{}) {
	answers, err := make(map[string]answer), error(nil)
	select {
	case free <- struct{}{}:
		answers, err = d.lookUp(ctx, b)
		<-free
	case <-ctx.Done():
		err = fmt.Errorf("look up: %w", ctx.Err())
	}
	for _, key := range b.keys {
		a := answers[key]
		if err != nil {
			a = answer{err: err}
		}
		d.lookups.put(question{b.source, key}, a)
	}
}

// lookUp answers a batch with one call, or with one for each prefix list. If there is no
// answer for a key, EC2 does not know it.
func (e *Ensurer) lookUp(ctx context.Context, b batch) (map[string]answer, error) {
	answers := make(map[string]answer, len(b.keys))
	switch b.kind {
	case lookName:
		found, err := e.Names.FindAll(ctx, b.account, b.region, b.vpc, b.keys)
		for _, name := range b.keys {
			answers[name] = only(found[name])
		}
		return answers, err
	case lookFacts:
		found, err := e.Facts.FactsOf(ctx, b.account, b.region, b.keys)
		for id, facts := range found {
			answers[id] = answer{facts: &facts}
		}
		return answers, err
	case lookList:
		in := claim.Group{Account: b.account, Region: b.region}
		for id, read := range readLists(ctx, in, b.keys, e.Lists.Entries) {
			answers[id] = answer{entries: read.value, err: read.err}
		}
		return answers, nil
	case lookInstance:
		found, err := e.Instances.Instances(ctx, b.account, b.region, b.keys)
		for id, instance := range found {
			answers[id] = answer{instance: &instance}
		}
		return answers, err
	}
	known, err := e.Launches.Known(ctx, b.launch)
	answers[""] = answer{known: known}
	return answers, err
}

// only returns the answer for a name with the given group ids.
func only(ids []string) answer {
	switch len(ids) {
	case 0:
		return answer{err: ErrGroupNotFound}
	case 1:
		return answer{id: ids[0]}
	}
	return answer{err: ErrAmbiguous, ids: ids}
}
