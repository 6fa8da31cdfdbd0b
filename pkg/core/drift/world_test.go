package drift

import (
	"fmt"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/lease"
	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/guardfile"
)

var (
	now     = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	us      = plan.Installation("here")
	sealing = plan.Owner{Installation: us, Group: web.ID, Keys: []claim.Key{"key"}}
	web     = claim.Group{Account: "111122223333", Region: "eu-west-1", ID: "sg-0123456789abcdef0"}
)

func policy() Policy {
	return Policy{Installation: string(us), ManagedTag: "sgkeeper:managed=true", Sensitive: SensitivePorts(),
		Accounts: map[string]string{"444455556666": "shared services"}}
}

// change edits the facts and the policy of a test's world.
type change func(*Facts, *Policy)

func world(changes ...change) (Facts, Policy) {
	f := Facts{Group: web, Ledger: claim.Ledger{Keys: sealing.Keys}, Lease: lease.Head{Want: 1, Applied: 1},
		Name: "web",
		VPC:  "vpc-1", Found: true, Tags: map[string]string{"sgkeeper:managed": "true"}}
	p := policy()
	for _, c := range changes {
		c(&f, &p)
	}
	return f, p
}

func entry(id, text string) secgroup.Entry {
	return secgroup.Entry{ID: "sgr-" + id, Rule: secgroup.MustParseRule(text).In(web.Account, web.ID)}
}

func made(launch, id, text string) secgroup.Entry {
	e := entry(id, text)
	e = sealing.Tagged(plan.Stamp{Ticket: 1, Span: "AAAAAAAA"}, []secgroup.Entry{e})[0]
	e.Description = "sgkeeper " + launch
	return e
}

// asks adds a launch's request, made an hour ago.
func asks(launch string, rules ...string) change {
	return func(f *Facts, _ *Policy) { f.Requests = append(f.Requests, request(launch, rules...)) }
}

func request(launch string, rules ...string) claim.Request {
	r := claim.Request{Launch: claim.Launch{Account: web.Account, Name: launch}, Group: web,
		Received: now.Add(-time.Hour), Status: claim.Open}
	for _, text := range rules {
		r.Rules = append(r.Rules, secgroup.Entry{Rule: secgroup.MustParseRule(text).In(web.Account, web.ID)})
	}
	return r
}

// last edits the last request.
func last(edit func(*claim.Request)) change {
	return func(f *Facts, _ *Policy) { edit(&f.Requests[len(f.Requests)-1]) }
}

func settled(s claim.Status, ago time.Duration) change {
	return last(func(r *claim.Request) { r.Status, r.Finished = s, now.Add(-ago) })
}

func ours(launch, id, text string) change { return stands(made(launch, id, text)) }
func theirs(id, text string) change       { return stands(entry(id, text)) }

func stands(e secgroup.Entry) change {
	return func(f *Facts, _ *Policy) { f.Entries = append(f.Entries, e) }
}

func facts(edit func(*Facts)) change { return func(f *Facts, _ *Policy) { edit(f) } }

func attached(f *Facts, _ *Policy) { f.Interfaces = 2 }

func excepts(expires time.Time, group string, rules ...string) change {
	return func(_ *Facts, p *Policy) {
		x := Exception{ID: fmt.Sprint("x", len(p.Exceptions)),
			Owner: "net", Reason: "monitoring", Expires: expires, Group: group}
		for _, text := range rules {
			x.Rules = append(x.Rules, secgroup.MustParseRule(text))
		}
		p.Exceptions = append(p.Exceptions, x)
	}
}

// guards sets guardrails, in the form of a file.
func guards(file string) change {
	g, err := guardfile.Read([]byte(file))
	if err != nil {
		panic(err)
	}
	return func(_ *Facts, p *Policy) { p.Guard = g }
}

// modified adds our rule that was made as one rule and is another now.
func modified(id, was, is string) change {
	e := made("a", id, was)
	e.Rule = entry(id, is).Rule
	return stands(e)
}

func remade(text string, times int) change {
	return facts(func(f *Facts) {
		for i := range times {
			f.Ledger.Made = append(f.Ledger.Made, claim.Made{Rule: entry("", text).Rule, ID: fmt.Sprint("sgr-m", i),
				At: now.Add(-time.Duration(i+20) * time.Minute), Described: true})
		}
	})
}

func filled(n int) change {
	return func(f *Facts, _ *Policy) {
		r := request("big")
		for i := range n {
			text := fmt.Sprintf("tcp %d from 10.0.0.0/8", 20000+2*i)
			r.Rules = append(r.Rules, entry("", text))
			f.Entries = append(f.Entries, made("big", fmt.Sprint("q", i), text))
		}
		f.Requests = append(f.Requests, r)
	}
}

func leased(expired time.Duration) change {
	return facts(func(f *Facts) {
		f.Lease = lease.Head{Owner: lease.Owner{Nonce: "n"}, Expires: lease.Instant(now.Add(-expired).UnixMilli()),
			Want: 3, Applied: 2}
	})
}
