package main

import "testing"

// TestLaunches checks several launches on one group, and their ends.
func TestLaunches(t *testing.T) {
	opens := func(launch string) string {
		return asks(launch, `{"ports": [8000, 8002, 8004], "from": ["0.0.0.0/0"]}`)
	}
	expires := func(launch, when string) string {
		return requested(`{"launch": "` + launch + `", "group": "` + sg + `", "expiresAt": "` + when +
			`", "rules": [{"ports": 8000, "from": ["0.0.0.0/0"]}]}`)
	}
	three := adds("tcp 8000 from 0.0.0.0/0", "tcp 8002 from 0.0.0.0/0", "tcp 8004 from 0.0.0.0/0")
	elsewhere := `{"launch": "a", "group": "sg-0fffffffffffffff0"}`
	runSituations(t, []situation{
		{name: "two launches, one rule", source: "skypilot#5331",
			events: after(opens("a"), opens("b")), adds: three},
		{name: "fifteen launches on one group", source: "skypilot#5331",
			have: have("all from self"),
			events: after(opens("l0"), opens("l1"), opens("l2"), opens("l3"), opens("l4"), opens("l5"), opens("l6"),
				opens("l7"),
				opens("l8"), opens("l9"), opens("l10"), opens("l11"), opens("l12"), opens("l13"), opens("l14")),
			adds: three},
		{name: "a repeated request is one",
			events: after(opens("a"), opens("a")), adds: three},
		{name: "more rules add to those it has",
			events: after(opens("a"), asks("a", `{"ports": 9000, "from": ["10.0.0.0/8"]}`)),
			adds:   append(adds("tcp 9000 from 10.0.0.0/8"), three...)},
		{name: "nothing shrinks",
			events: after(opens("a"), asks("a", `{"ports": 8000, "from": ["0.0.0.0/0"]}`)), adds: three},
		{name: "an extension asks for nothing new",
			have: have("tcp 8000 from 0.0.0.0/0"),
			events: after(asks("a", `{"ports": 8000, "from": ["0.0.0.0/0"]}`),
				requested(`{"launch": "a", "group": "sg-0123456789abcdef0", "expiresAt": "2099-01-01T00:00:00Z", "rules": [{"ports": 8000, "from": ["0.0.0.0/0"]}]}`))},
		{name: "an expiry that has passed",
			events: after(expires("a", "2026-11-22T00:00:00Z"), opens("b")), adds: three,
			rejects: rejects("a /expiresAt")},
		{name: "an expiry that passes as the event arrives",
			events: after(expires("a", situationTime)), rejects: rejects("a /expiresAt")},
		{name: "an expiry a second later",
			events: after(expires("a", "2026-11-23T00:01:01Z")), adds: adds("tcp 8000 from 0.0.0.0/0")},
		{name: "an expiry that had not passed by an earlier clock", flags: flags("--at", "2026-11-21T23:59:59Z"),
			events: after(expires("a", "2026-11-22T00:00:00Z")), adds: adds("tcp 8000 from 0.0.0.0/0")},
		{name: "the launch ended after it asked",
			events: after(opens("a"), ends("a"), asks("b", `{"ports": 8002, "from": ["0.0.0.0/0"]}`)),
			adds:   adds("tcp 8002 from 0.0.0.0/0")},
		{name: "an end that comes first is final",
			events: after(ends("a"), opens("a"), asks("b", `{"ports": 8002, "from": ["0.0.0.0/0"]}`)),
			adds:   adds("tcp 8002 from 0.0.0.0/0"), rejects: rejects("a /launch")},
		{name: "a request delivered again after the end",
			events: after(opens("a"), ends("a"), opens("a")), rejects: rejects("a /launch")},
		{name: "an end delivered twice, and one of a launch nobody knows",
			events: after(opens("a"), ends("a"), ends("a"), ends("nobody"))},
		{name: "what an ended launch shared stays",
			events: after(opens("a"), opens("b"), ends("a")), adds: three},
		{name: "a new name after the end",
			events: after(opens("a"), ends("a"), opens("a-2")), adds: three},
		{name: "an end in this group alone",
			events:  after(opens("a"), ended(`{"launch": "a", "group": "sg-0123456789abcdef0"}`), opens("a")),
			rejects: rejects("a /launch")},
		{name: "an end in another account's group", have: have("tcp 443 from 10.0.0.0/8"),
			events: after(ended(`{"launch": "a", "group": {"id": "sg-0123456789abcdef0", "account": "999988887777"}}`),
				opens("a")),
			adds: three, rejects: rejects("a /group/account")},
		{name: "names are taken by account",
			events: after(opens("a"),
				`{"detail-type": "Launch Ended", "account": "999988887777", "region": "us-east-1", "detail": {"launch": "a"}}`), adds: three},
		{name: "launch names that differ in case",
			events: after(opens("A"), ends("a")), adds: three},
		{name: "a bad end ends nothing",
			events: after(opens("a"), ended(`{"launch": "a", "rules": []}`)), adds: three,
			rejects: rejects("a /rules")},
		{name: "one bad event does not stop the others",
			events: after(asks("bad", `{"ports": 70000, "from": ["0.0.0.0/0"]}`), opens("a")), adds: three,
			rejects: rejects("bad /rules/0/ports")},
	})
	t.Run("an end in another group", func(t *testing.T) {
		s := situation{events: after(ended(elsewhere), opens("a")), adds: three}
		s.check(t, "rules", describedRules(sg))
	})
}

// TestGroups checks several groups in one file.
func TestGroups(t *testing.T) {
	const other = "sg-0eeeeeeeeeeeeeee0"
	rules := `{"SecurityGroupRules": [` +
		describedRule(other, "sgr-2", "tcp 8000 from 0.0.0.0/0") + "," +
		describedRule("sg-0dddddddddddddddd", "sgr-3", "tcp 22 from 0.0.0.0/0") + "," +
		describedRule(sg, "sgr-1", "tcp 8002 from 0.0.0.0/0") + `]}`
	in := func(group string) string {
		return requested(`{"launch": "a", "group": "` + group +
			`", "rules": [{"ports": [8000, 8002], "from": ["0.0.0.0/0"]}]}`)
	}
	got := planned(t, "--rules", write(t, rules), "--event", write(t, in(other)), "--event", write(t, in(sg)))
	if len(got.Groups) != 2 || got.Groups[0].Group != sg || got.Groups[1].Group != other {
		t.Fatalf("groups %+v, want %s and %s, not the one that nobody names", got.Groups, sg, other)
	}
	for i, want := range []string{"tcp 8000 from 0.0.0.0/0", "tcp 8002 from 0.0.0.0/0"} {
		if rules := got.Groups[i].Authorize; len(rules) != 1 || rules[0].Rule.String() != want {
			t.Errorf("%s: authorize %v, want %s", got.Groups[i].Group, rules, want)
		}
	}
	t.Run("a launch's end closes it in all", func(t *testing.T) {
		got := planned(t, "--rules", write(t, rules), "--event", write(t, in(other)), "--event", write(t, in(sg)),
			"--event", write(t, ends("a")))
		if len(got.adds()) > 0 || got.code != 0 {
			t.Errorf("exit code %d, authorize %v, want nothing", got.code, got.adds())
		}
	})
	t.Run("or in one", func(t *testing.T) {
		end := ended(`{"launch": "a", "group": "` + other + `"}`)
		got := planned(t, "--rules", write(t, rules), "--event", write(t, in(other)), "--event", write(t, in(sg)),
			"--event", write(t, end))
		if adds := got.adds(); len(adds) != 1 || adds[0] != "tcp 8000 from 0.0.0.0/0" {
			t.Errorf("authorize %v, want only that of %s", adds, sg)
		}
	})
}
