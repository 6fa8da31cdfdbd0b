package conformance_test

import (
	"context"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// history holds the launches as clients saw them: when an open and an end were sent, when each
// was announced, and the rules that a describe of a group showed.
//
// Porcupine searches for an order of these operations that a sequential model can give. An
// operation takes effect at one moment between its call and its return.
type history struct {
	mu        sync.Mutex
	began     time.Time
	sent      map[sent]time.Duration
	announced map[sent]time.Duration
	views     []view
}

// sent is an open or an end of a launch.
type sent struct {
	launch string
	end    bool
}

// view is a describe of a group.
type view struct {
	group       string
	call, reply time.Duration
	open        map[tuple]bool
}

func newHistory() *history {
	return &history{began: time.Now(), sent: map[sent]time.Duration{}, announced: map[sent]time.Duration{}}
}

// called notes when events were sent. A launch's open is sent once at first, and its end may come
// with it or later.
func (h *history) called(requests []*request, ends bool) {
	if h == nil {
		return
	}
	for _, w := range requests {
		if !ends {
			h.at(h.sent, sent{w.launch, false})
		}
		if w.ended {
			h.at(h.sent, sent{w.launch, true})
		}
	}
}

// told notes an announcement.
func (h *history) told(detailType, launch string) {
	switch {
	case h == nil:
	case detailType == "Ports Ensured":
		h.at(h.announced, sent{launch, false})
	case detailType == "Ports Released":
		h.at(h.announced, sent{launch, true})
	}
}

// at notes the first time of an operation's call or return.
func (h *history) at(times map[sent]time.Duration, s sent) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, known := times[s]; !known {
		times[s] = time.Since(h.began)
	}
}

// watch describes the groups in turn until stop is called.
func (h *history) watch(client *ec2.Client, groups []string) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for n := 0; ctx.Err() == nil; n++ {
			h.look(ctx, client, groups[n%len(groups)])
		}
	}()
	return func() { cancel(); <-ended }
}

func (h *history) look(ctx context.Context, client *ec2.Client, group string) {
	v := view{group: group, call: time.Since(h.began), open: map[tuple]bool{}}
	out, err := client.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{Filters: byGroup(group)})
	if err != nil {
		return // nothing was seen
	}
	for _, r := range out.SecurityGroupRules {
		v.open[tupleOf(r)] = true
	}
	v.reply = time.Since(h.began)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.views = append(h.views, v)
}

func tupleOf(r types.SecurityGroupRule) tuple {
	return tuple{aws.ToInt32(r.FromPort), aws.ToString(r.CidrIpv4) + aws.ToString(r.CidrIpv6)}
}

// operation is an operation on one rule of one group.
type operation struct {
	group    string
	rule     tuple
	launch   int // of an open or an end; the number of the request
	end      bool
	describe bool
}

// live are the launches that request a rule, and those that have ended, as sorted numbers.
type live struct{ open, ended string }

// ports is the sequential model of one rule. An open adds its launch, unless it has ended. An end
// removes it. The rule is open if and only if a launch is left.
var ports = porcupine.Model{
	Partition: func(all []porcupine.Operation) (parts [][]porcupine.Operation) {
		type key struct {
			group string
			rule  tuple
		}
		index := map[key]int{}
		for _, op := range all {
			in := op.Input.(operation)
			k := key{in.group, in.rule}
			if _, known := index[k]; !known {
				index[k] = len(parts)
				parts = append(parts, nil)
			}
			parts[index[k]] = append(parts[index[k]], op)
		}
		return parts
	},
	Init: func() any { return live{} },
	Step: func(state, input, output any) (bool, any) {
		s, in := state.(live), input.(operation)
		number := string(rune(in.launch + 1))
		switch {
		case in.describe:
			return (s.open != "") == output.(bool), s
		case in.end:
			return true, live{without(s.open, number), with(s.ended, number)}
		case slices.Contains([]rune(s.ended), rune(in.launch+1)):
			return true, s
		}
		return true, live{with(s.open, number), s.ended}
	},
	Equal: func(a, b any) bool { return a == b },
}

func with(all, one string) string {
	letters := []rune(without(all, one) + one)
	slices.Sort(letters)
	return string(letters)
}

func without(all, one string) string {
	return string(slices.DeleteFunc([]rune(all), func(r rune) bool { return string(r) == one }))
}

// operations returns the history of each rule that launches request, except foreign ones.
func (h *history) operations(requests []*request, foreign map[tuple]bool) (all []porcupine.Operation) {
	h.mu.Lock()
	defer h.mu.Unlock()
	rules := map[string]map[tuple]bool{}
	for i, w := range requests {
		for _, rule := range w.rules {
			if foreign[rule] {
				continue
			}
			if rules[w.group] == nil {
				rules[w.group] = map[tuple]bool{}
			}
			rules[w.group][rule] = true
			for _, end := range []bool{false, true} {
				s := sent{w.launch, end}
				if call, ok := h.sent[s]; ok {
					all = append(all, porcupine.Operation{
						ClientId: len(all), Input: operation{group: w.group, rule: rule, launch: i, end: end},
						Call: int64(call), Return: h.returned(s),
					})
				}
			}
		}
	}
	for _, v := range h.views {
		for rule := range rules[v.group] {
			all = append(all, porcupine.Operation{
				ClientId: len(all), Input: operation{group: v.group, rule: rule, describe: true}, Output: v.open[rule],
				Call: int64(v.call), Return: int64(v.reply),
			})
		}
	}
	return all
}

// returned is when an operation was announced. A request that came after its launch's end is
// refused, so it never returns.
func (h *history) returned(s sent) int64 {
	if at, ok := h.announced[s]; ok {
		return int64(at)
	}
	return math.MaxInt64
}

// check fails the test if the history is not linearizable, or if the model accepts a wrong one. It
// returns the number of operations.
func (h *history) check(t *testing.T, requests []*request) int {
	t.Helper()
	foreign := map[tuple]bool{}
	for _, p := range foreignRules {
		foreign[tuple{aws.ToInt32(p.FromPort), aws.ToString(p.IpRanges[0].CidrIp)}] = true
	}
	all := h.operations(requests, foreign)
	if result := porcupine.CheckOperationsTimeout(ports, all, time.Minute); result != porcupine.Ok {
		t.Errorf("the history of %d operations is %s, want linearizable", len(all), result)
	}
	wrong := slices.Clone(all)
	last := slices.IndexFunc(wrong, func(op porcupine.Operation) bool { return op.Input.(operation).describe })
	for i := range wrong {
		if wrong[i].Input.(operation).describe && wrong[i].Return > wrong[last].Return {
			last = i
		}
	}
	wrong[last].Output = !wrong[last].Output.(bool)
	if porcupine.CheckOperationsTimeout(ports, wrong, time.Minute) == porcupine.Ok {
		t.Error("a history with a wrong last describe is linearizable")
	}
	return len(all)
}

// TestHistoryModel: the model accepts and rejects the histories of a port as a reader would.
func TestHistoryModel(t *testing.T) {
	open := func(launch int, call, end int64) porcupine.Operation {
		return porcupine.Operation{Input: operation{launch: launch}, Call: call, Return: end}
	}
	end := func(launch int, call, end int64) porcupine.Operation {
		return porcupine.Operation{Input: operation{launch: launch, end: true}, Call: call, Return: end}
	}
	seen := func(isOpen bool, call, end int64) porcupine.Operation {
		return porcupine.Operation{Input: operation{describe: true}, Output: isOpen, Call: call, Return: end}
	}
	for _, row := range []struct {
		name string
		ops  []porcupine.Operation
		want bool
	}{
		{"open after ensured", []porcupine.Operation{open(1, 0, 10), seen(true, 11, 12)}, true},
		{"closed after ensured", []porcupine.Operation{open(1, 0, 10), seen(false, 11, 12)}, false},
		{"closed while it opens", []porcupine.Operation{open(1, 0, 10), seen(false, 5, 6)}, true},
		{"it flaps while it opens", []porcupine.Operation{open(1, 0, 10), seen(true, 2, 3), seen(false, 5, 6)}, false},
		{"closed after released", []porcupine.Operation{open(1, 0, 10), end(1, 11, 20), seen(false, 21, 22)}, true},
		{"open after released", []porcupine.Operation{open(1, 0, 10), end(1, 11, 20), seen(true, 21, 22)}, false},
		{"another launch requests it", []porcupine.Operation{open(1, 0, 10), open(2, 0, 10), end(1, 11, 20),
			seen(true, 21, 22)}, true},
		{"closed although another launch requests it", []porcupine.Operation{open(1, 0, 10), open(2, 0, 10),
			end(1, 11, 20), seen(false, 21, 22)}, false},
		{"an open after its end", []porcupine.Operation{end(1, 0, 10), open(1, 11, 20), seen(false, 21, 22)}, true},
		{"an open after its end opens", []porcupine.Operation{end(1, 0, 10), open(1, 11, 20), seen(true, 21, 22)}, false},
	} {
		for i := range row.ops {
			row.ops[i].ClientId = i
		}
		if got := porcupine.CheckOperations(ports, row.ops); got != row.want {
			t.Errorf("%s: %v, want %v", row.name, got, row.want)
		}
	}
}
