package handler_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
)

// TestSchedule audits, publishes each new drift once, keeps reports, and closes mended drifts.
func TestSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.opens("a", 8000)
		time.Sleep(time.Hour)
		if first := r.all(); first.Detected != 0 || !first.All || first.Groups != 1 {
			t.Errorf("as asked: %+v", first)
		}
		r.adds(22)
		second := r.all()
		if second.Detected != 1 || second.Drifts["medium"] != 1 ||
			second.Report != "s3://reports/sgkeeper/reports/"+second.Audit+".json" {
			t.Errorf("with a foreign rule: %+v", second)
		}
		r.detects("unexpected")
		time.Sleep(time.Hour)
		if third := r.all(); third.Detected != 0 || third.Drifts["medium"] != 1 {
			t.Errorf("once more: %+v", third)
		}
		found := r.latest()
		r.detects()
		r.removes(22)
		fourth := r.all()
		if len(fourth.Closed) != 1 || fourth.Closed[0] != found.Drifts[0].ID || fourth.Drifts["medium"] != 0 {
			t.Errorf("mended: %+v, want the drift closed", fourth)
		}
		r.checkStored(4)
		completed := r.published()["Audit Completed"]
		if len(completed) != 1 {
			t.Errorf("%d Audit Completed since, want 1", len(completed))
		}
	})
}

// checkStored checks the bucket's contents after so many audits.
func (r *rig) checkStored(audits int) {
	r.Helper()
	latest := r.latest()
	var index struct {
		Latest string
		Audits []drift.Point
	}
	r.stored("index.json", &index)
	if index.Latest != latest.ID || len(index.Audits) != audits || index.Audits[0].ID != latest.ID {
		r.Errorf("index %+v, want %d audits, the latest first", index, audits)
	}
	for _, p := range index.Audits {
		var found drift.Report
		if r.stored("reports/"+p.ID+".json", &found); found.ID != p.ID {
			r.Errorf("report %s is %s", p.ID, found.ID)
		}
		if _, ok := r.account.Object(bucket, "sgkeeper/reports/"+p.ID+".html"); !ok {
			r.Errorf("report %s has no page", p.ID)
		}
	}
	for _, key := range []string{"latest.html", "index.html"} {
		o, ok := r.account.Object(bucket, "sgkeeper/"+key)
		if !ok || o.Header.Get("Content-Type") != "text/html; charset=utf-8" ||
			!strings.Contains(string(o.Body), latest.ID) {
			r.Errorf("%s: %v, %.200s", key, o.Header, o.Body)
		}
	}
	if n := len(r.account.Objects(bucket)); n != 2*audits+4 {
		r.Errorf("%d objects: %q", n, r.account.Objects(bucket))
	}
}

// TestChange audits a group within one invocation, and names the caller that changed it.
func TestChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.all()
		time.Sleep(time.Minute)
		r.adds(22)
		r.account.ResetCalls()
		event := changed("e-1", "arn:aws:sts::111122223333:assumed-role/ops/eve", "arn:aws:iam::111122223333:role/ops",
			`{"groupId":"`+group+`","ipProtocol":"tcp","fromPort":"22","toPort":"22","cidrIp":"192.0.2.0/24"}`)
		named := changed("e-2", "arn:aws:iam::111122223333:user/eve", "", `{"groupName":"web"}`)
		if reply := r.invoke(batch(event, event, named)); reply != `{"batchItemFailures":[]}` {
			t.Errorf("answer %s", reply)
		}
		r.detects("unexpected")
		latest := r.latest()
		if len(latest.Drifts) != 1 || latest.Drifts[0].Changed.EventID != "e-1" ||
			latest.Drifts[0].Changed.Actor != "arn:aws:sts::111122223333:assumed-role/ops/eve" {
			t.Errorf("drifts %+v, want one, changed by the event with the rule", latest.Drifts)
		}
		if got := r.account.Calls().Op("ec2", "DescribeSecurityGroupRules"); got != 1 {
			t.Errorf("the group was described %d times, want once for three events", got)
		}
	})
}

// TestTagged: a changed tag of a group or of a rule starts an audit of the group. It does not open
// ports, so it is not the cause of a rule without a request.
func TestTagged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for what, resource := range map[string]func(rule string) string{
			"a group": func(string) string { return group },
			"a rule":  func(rule string) string { return rule },
		} {
			r := newRig(t)
			r.all()
			time.Sleep(time.Minute)
			rule := r.adds(22)
			event := changed("e-1", "arn:aws:iam::111122223333:user/eve", "",
				`{"resourcesSet":{"items":[{"resourceId":"i-1234567890abcdef0"},{"resourceId":"`+resource(rule)+`"}]}}`)
			r.invoke(batch(strings.Replace(event, "AuthorizeSecurityGroupIngress", "DeleteTags", 1)))
			r.detects("unexpected")
			if latest := r.latest(); len(latest.Drifts) != 1 || latest.Drifts[0].Changed != (drift.Change{}) {
				r.Errorf("the tags of %s changed: drifts %+v, want one without a cause", what, latest.Drifts)
			}
		}
	})
}

// TestOwnChange: changes by sgkeeper, changes elsewhere and failed calls start no audit.
func TestOwnChange(t *testing.T) {
	r := newRig(t)
	r.adds(22)
	own := changed("e-1", "arn:aws:sts::111122223333:assumed-role/ensure/sgkeeper", ownRole, `{"groupId":"`+group+`"}`)
	session := changed("e-2", "arn:aws:sts::111122223333:assumed-role/ensure/sgkeeper", "", `{"groupId":"`+group+`"}`)
	elsewhere := strings.ReplaceAll(changed("e-3", "eve", "", `{"groupId":"`+group+`"}`), "us-east-1", "mars-north-1")
	failed := strings.Replace(changed("e-4", "eve", "", `{"groupId":"`+group+`"}`), `"eventID"`,
		`"errorCode":"Client.X","eventID"`, 1)
	cut := changed("e-5", "eve", "", `{}`)[:200]
	if reply := r.invoke(batch(own, session, elsewhere, failed, cut)); reply != `{"batchItemFailures":[]}` {
		t.Errorf("answer %s", reply)
	}
	r.detects()
	if got := r.account.Calls().Of("ec2"); got != 0 {
		t.Errorf("%d calls to EC2, want none", got)
	}
	_, measured := r.lines()
	if m := measured[0]; m["EventsIgnored"] != 4.0 || m["EventsRefused"] != 1.0 || m["DriftsHigh"] != nil {
		t.Errorf("metrics %v: want 4 ignored, 1 refused, and nothing about drifts", m)
	}
	stranger := changed("e-6", "arn:aws:sts::111122223333:assumed-role/other/sgkeeper", "", `{"groupId":"`+group+`"}`)
	r.invoke(batch(stranger))
	r.detects("unexpected")
}

// TestHeal rings for missing rules, and a sweep of ensure opens them again. Extra rules stay.
func TestHeal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, heal := range []string{"off", "on"} {
			r := newRig(t, "SGKEEPER_HEAL="+heal)
			r.opens("a", 8000)
			for range 70 { // until sweeps have verified it and find nothing due
				time.Sleep(time.Minute)
				r.ensures(`{"sgkeeper":"sweep"}`)
			}
			r.removes(8000)
			extra := r.adds(22)
			r.account.ResetCalls()
			r.all()
			if got := r.account.Calls(); got.Op("ec2", "AuthorizeSecurityGroupIngress")+
				got.Op("ec2", "RevokeSecurityGroupIngress") != 0 {
				t.Errorf("heal %s: the audit wrote to EC2:\n%s", heal, got)
			}
			r.ensures(`{"sgkeeper":"sweep"}`)
			if got := r.isOpen(8000); got != (heal == "on") {
				t.Errorf("heal %s: after a sweep the rule is open: %v", heal, got)
			}
			if !r.isOpen(22) {
				t.Errorf("heal %s: the foreign rule %s is gone", heal, extra)
			}
		}
	})
}

// TestExceptions reads exceptions from S3. A bad or absent file is reported, and the last known
// exceptions apply.
func TestExceptions(t *testing.T) {
	const file = "exceptions:\n  - {id: scan, owner: net, reason: scanner, permanent: true, rules: [{ports: 22, " +
		"from: [192.0.2.0/24]}]}\n"
	r := newRig(t, "SGKEEPER_EXCEPTIONS=s3://"+bucket+"/exceptions.yaml")
	r.adds(22)
	r.all()
	r.detects("unexpected", "unknown")
	r.put("exceptions.yaml", file)
	if a := r.all(); a.Excepted != 1 || len(a.Closed) != 2 {
		t.Errorf("with exceptions: %+v, want the rule explained", a)
	}
	r.put("exceptions.yaml", "exceptions: 7")
	if a := r.all(); a.Drifts["high"] != 1 || a.Drifts["medium"] != 0 || a.Unreadable != 1 || a.Excepted != 1 {
		t.Errorf("with a bad file: %+v", a)
	}
	r.detects("unknown")
	if text := fmt.Sprint(r.latest().Drifts); !strings.Contains(text, "s3://reports/exceptions.yaml") {
		t.Errorf("the drift does not name the file: %s", text)
	}
}

// TestGuardrails reads guardrails from SSM in every audit. It reports requests that they no
// longer allow, and that they cannot be read.
func TestGuardrails(t *testing.T) {
	r := newRig(t, "SGKEEPER_GUARDRAILS=ssm:/sgkeeper/guardrails")
	r.opens("a", 8000)
	put := func(value string) {
		t.Helper()
		_, err := ssm.NewFromConfig(r.clients).PutParameter(t.Context(), &ssm.PutParameterInput{
			Name: aws.String("/sgkeeper/guardrails"), Value: &value, Type: ssmtypes.ParameterTypeString,
			Overwrite: aws.Bool(true),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	r.all()
	r.detects("unknown")
	put("deny: []")
	if a := r.all(); a.Drifts["medium"]+a.Drifts["high"] != 0 || len(a.Closed) != 1 {
		t.Errorf("with guardrails that allow it: %+v", a)
	}
	put("deny: [{id: x, rules: [{ports: '8000-8999', from: [0.0.0.0/0]}]}]")
	r.all()
	r.detects("against-guardrails")
	if text := fmt.Sprint(r.latest().Drifts); !strings.Contains(text,
		`The guardrails no longer allow a request of launch a of account 111122223333: tcp 8000`) {
		t.Errorf("%s", text)
	}
}

// TestStoreFails: if a report cannot be stored, the message comes again. Nothing is published before
// a report is stored.
func TestStoreFails(t *testing.T) {
	r := newRig(t)
	r.adds(22)
	r.account.Deny("s3:PutObject")
	if reply := r.invoke(batch(`{"sgkeeper":"audit"}`)); reply != `{"batchItemFailures":[{"itemIdentifier":"m0"}]}` {
		t.Errorf("answer %s", reply)
	}
	_, measured := r.lines()
	if measured[0]["AuditsFailed"] != 1.0 {
		t.Errorf("metrics %v, want 1 failed", measured[0])
	}
	r.account.Deny()
	r.detects()
	r.invoke(batch(`{"sgkeeper":"audit"}`))
	r.detects("unexpected")
}

// TestMetrics checks all metrics, zeros too.
func TestMetrics(t *testing.T) {
	r := newRig(t)
	r.adds(22)
	r.all()
	r.removes(22)
	r.all()
	logged, measured := r.lines()
	if len(measured) != 5 {
		t.Fatalf("%d lines of metrics, want two an invocation and the cold start's", len(measured))
	}
	for i, want := range map[int]float64{0: 1, 3: 0} {
		m := measured[i]
		if m["DriftsMedium"] != want || m["DriftsCritical"] != 0.0 || m["GroupsAudited"] != 1.0 ||
			m["Unreadable"] != 0.0 || m["Function"] != "audit" {
			t.Errorf("metrics %v, want %v medium", m, want)
		}
		if age, ok := m["AuditAge"].(float64); !ok || age < 0 || age > 60 {
			t.Errorf("audit age %v", m["AuditAge"])
		}
	}
	audits := slices.DeleteFunc(logged, func(l map[string]any) bool { return l["message"] != "audit" })
	if len(audits) != 2 || audits[0]["service"] != "sgkeeper-audit" || audits[0]["medium"] != 1.0 ||
		audits[1]["closed"] != 1.0 {
		t.Errorf("outcome lines %v, want one an audit", audits)
	}
	text, _ := json.Marshal(measured)
	if strings.Contains(string(text), group) {
		t.Error("a group stands among the metrics")
	}
}
