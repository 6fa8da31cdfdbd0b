package audit_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
	"github.com/sgkeeper/sgkeeper/pkg/dice"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// act changes the world, past all faults. The dice decide what changes. The caller holds the
// simulation's lock.
func (s *simulation) act(r *rand.Rand) {
	w := s.world
	switch k := r.IntN(20); {
	case k < 10:
		s.toggle(r, dice.Pick(r, w.busy...))
	case k < 13:
		s.request(dice.Pick(r, w.all(plainSpot)...))
	case k < 15:
		if at := dice.Pick(r, w.busy...); at.mayBeExcepted() {
			s.except(at)
		}
	case k < 16:
		s.retag(r, dice.Pick(r, w.groups...))
	case k < 17:
		s.delete(r, w.groups[len(w.groups)-1])
	case k < 18:
		s.guard(!w.denied.is())
	case k < 19:
		s.list(!w.wide.is())
		if one := dice.Pick(r, w.groups...).spots[0]; dice.Chance(r, 0.5) { // the event lets an audit read one group
			s.toggle(r, one)
		}
	case !w.gone.is():
		s.note("%s is deleted", simPeer)
		w.gone.set(true)
		s.account.RemoveSecurityGroup(simPeer)
	}
}

// toggle adds the rule of a spot, or removes it.
func (s *simulation) toggle(r *rand.Rand, at *spot) {
	if !at.group.exists.is() || at.kind == staleSpot && s.world.gone.is() && !at.rule.is() {
		return
	}
	call := "AuthorizeSecurityGroupIngress"
	if at.rule.is() {
		call = "RevokeSecurityGroupIngress"
		s.must(s.account.RemoveRule(at.id))
	} else {
		id, err := s.account.AddRule(at.group.id, fakeaws.Rule{Protocol: "tcp", FromPort: at.port, ToPort: at.port,
			Peer: at.peer})
		s.must(err)
		at.id = id
	}
	at.rule.set(!at.rule.is())
	s.note("outsider: %s %s %d", call, at.group.id, at.port)
	s.changed(r, at.group, call, fmt.Sprintf(`{"groupId":%q,"ipProtocol":"tcp","fromPort":%d,"toPort":%d,"cidrIp":%q}`,
		at.group.id, at.port, at.port, at.peer))
}

// request lets a launch request the rule of a spot, or ends the launch.
func (s *simulation) request(at *spot) {
	ctx, now := context.Background(), time.Now()
	g := claim.Group{Account: account, Region: region, ID: at.group.id}
	if at.asked.is() {
		s.note("launch %s ends", at.launch)
		s.must(s.table.EndIn(ctx, claim.Launch{Account: account, Name: at.launch}, g, now))
		at.asks[at.launch].set(false)
		at.launch = ""
	} else {
		at.launch = fmt.Sprintf("l%d-%s-%d", at.port, at.group.id[len(at.group.id)-1:], len(at.asks))
		at.asks[at.launch] = &fact{lag: graceOf}
		at.asks[at.launch].set(true)
		s.note("launch %s requests %s %d", at.launch, at.group.id, at.port)
		_, _, err := s.table.Claim(ctx, claim.Request{
			Launch: claim.Launch{Account: account, Name: at.launch}, Group: g, Received: now.Truncate(time.Millisecond),
			Status: claim.Open, Rules: []secgroup.Entry{{Rule: secgroup.MustParseRule(
				fmt.Sprintf("tcp %d from %s", at.port, at.peer))}},
		})
		s.must(err)
	}
	at.asked.set(!at.asked.is())
}

// except adds an exception for a spot to the exceptions file, or removes it.
func (s *simulation) except(at *spot) {
	at.excepted.set(!at.excepted.is())
	s.note("exception for %s %d: %v", at.group.id, at.port, at.excepted.is())
	s.writeExceptions()
}

func (s *simulation) writeExceptions() {
	text := "exceptions:\n  - {id: none, owner: ops, reason: a test, permanent: true, group: none,\n" +
		"     rules: [{ports: 1, from: [192.0.2.1]}]}\n"
	for _, at := range s.world.all(plainSpot, sensitiveSpot, worldSpot) { // those that mayBeExcepted
		if at.excepted.is() {
			text += fmt.Sprintf("  - {id: e%d-%s, owner: ops, reason: a test, permanent: true, group: %s,\n"+
				"     rules: [{ports: %d, from: [%s]}]}\n", at.port, at.group.id, at.group.id, at.port, at.peer)
		}
	}
	_, err := s3.NewFromConfig(s.config).PutObject(context.Background(), &s3.PutObjectInput{
		Bucket: aws.String(simBucket), Key: aws.String("exceptions.yaml"), Body: strings.NewReader(text)})
	s.must(err)
}

// retag removes the managed tag of a group, or adds it.
func (s *simulation) retag(r *rand.Rand, g *simGroup) {
	if !g.exists.is() {
		return
	}
	client, ctx := ec2.NewFromConfig(s.config), context.Background()
	tags := []ec2types.Tag{{Key: aws.String("sgkeeper:managed"), Value: aws.String("true")}}
	call := "CreateTags"
	var err error
	if g.tagged.is() {
		call = "DeleteTags"
		_, err = client.DeleteTags(ctx, &ec2.DeleteTagsInput{Resources: []string{g.id}, Tags: tags})
	} else {
		_, err = client.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{g.id}, Tags: tags})
	}
	s.must(err)
	g.tagged.set(!g.tagged.is())
	s.note("outsider: %s %s", call, g.id)
	s.changed(r, g, call, fmt.Sprintf(`{"resourcesSet":{"items":[{"resourceId":%q}]},`+
		`"tagSet":{"items":[{"key":"sgkeeper:managed","value":"true"}]}}`, g.id))
}

// delete deletes a group.
func (s *simulation) delete(r *rand.Rand, g *simGroup) {
	if !g.exists.is() {
		return
	}
	g.exists.set(false)
	g.listed.set(false)
	s.account.RemoveSecurityGroup(g.id)
	s.note("outsider: DeleteSecurityGroup %s", g.id)
	s.changed(r, g, "DeleteSecurityGroup", fmt.Sprintf(`{"groupId":%q}`, g.id))
}

// guard makes the guardrails stricter, or as they were.
func (s *simulation) guard(stricter bool) {
	if s.world.denied.set(stricter); len(s.world.denied.changes) > 1 {
		s.note("guardrails are stricter: %v", stricter)
	}
	text := `{"builtin": false, "allow": [{"id": "all", "rules": "all"}]}`
	if stricter {
		text = `{"builtin": false, "allow": [{"id": "all", "rules": "all"}], "deny": [{"id": "odd", "rules": ` +
			`[{"ports": [8001, 8003, 8005, 8007], "from": ["192.0.2.0/24"]}]}]}`
	}
	_, err := ssm.NewFromConfig(s.config).PutParameter(context.Background(), &ssm.PutParameterInput{
		Name: aws.String("/guardrails"), Value: &text, Type: ssmtypes.ParameterTypeString, Overwrite: aws.Bool(true)})
	s.must(err)
}

// list gives simList a new version, which contains the world or not.
func (s *simulation) list(wide bool) {
	w := s.world
	l := fakeaws.PrefixList{ID: simList, Name: "offices", Entries: []fakeaws.PrefixListEntry{{CIDR: "198.51.100.0/24"}}}
	if wide {
		l.Entries = append(l.Entries, fakeaws.PrefixListEntry{CIDR: "0.0.0.0/0"})
	}
	s.account.AddPrefixList(l)
	w.version++
	if w.wide.set(wide); w.version > 1 {
		s.note("%s is wide: %v", simList, wide)
		w.changed = append(w.changed, time.Now())
	}
}

// changed lets CloudTrail report a call: late, out of order, sometimes twice or never.
func (s *simulation) changed(r *rand.Rand, g *simGroup, call, parameters string) {
	s.events++
	id := fmt.Sprint("e-", s.events)
	text := fmt.Sprintf(`{"detail-type":"AWS API Call via CloudTrail","source":"aws.ec2","account":%q,"region":%q,`+
		`"detail":{"eventID":%q,"eventName":%q,"eventSource":"ec2.amazonaws.com","eventTime":%q,"awsRegion":%[2]q,`+
		`"recipientAccountId":%[1]q,"userIdentity":{"arn":"arn:aws:iam::111122223333:user/eve"},`+
		`"requestParameters":%[6]s,"responseElements":null}}`,
		account, region, id, call, time.Now().UTC().Format(time.RFC3339), parameters)
	s.reported[id] = simEvent{id: id, group: g, at: time.Now()}
	if !s.quiet && dice.Chance(r, 0.1) {
		return // the trail loses it
	}
	late := dice.Pick(r, 2*time.Second, 20*time.Second, time.Minute, 10*time.Minute)
	if s.quiet {
		late = 20 * time.Second
	}
	for again := true; again; again = dice.Chance(r, 0.15) {
		time.AfterFunc(dice.Between(r, time.Second, late), func() { s.must(s.account.Send(queueARN, text)) })
	}
}

// simEvent is an event of CloudTrail.
type simEvent struct {
	id    string
	group *simGroup
	at    time.Time
}
