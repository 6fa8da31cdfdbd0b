package handler_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

const (
	onlyWeb  = "allow: [{id: web, rules: [{ports: '8000-8099', from: [10.0.0.0/8]}]}]"
	onlyData = "allow: [{id: data, rules: [{ports: '9000-9099', from: [10.0.0.0/8]}]}]"
)

func guardedBy(where string) func(*handler.Config) {
	return func(c *handler.Config) { c.Guardrails = where }
}

// putParameter writes the guardrails' parameter.
func (r *rig) putParameter(value string) {
	r.t.Helper()
	client := ssm.NewFromConfig(aws.Config{Region: r.account.Region(), Credentials: aws.AnonymousCredentials{},
		HTTPClient: r.account})
	_, err := client.PutParameter(r.t.Context(), &ssm.PutParameterInput{
		Name: aws.String("/sgkeeper/guardrails"), Value: &value, Type: ssmtypes.ParameterTypeString,
		Overwrite: aws.Bool(true),
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

var asks int // makes each request unique

// try requests a port and returns the outcome: a status, or again. It also returns the metric
// GuardrailsRejected.
func (r *rig) try(port int) (status string, rejected float64) {
	r.t.Helper()
	asks++
	r.log.take()
	reply := r.invoke(batch(otherQueue, bare(fmt.Sprintf("try-%d", asks), port)))
	logged, measured := r.lines()
	rejected, ok := measured[0]["GuardrailsRejected"].(float64)
	if !ok {
		r.t.Errorf("no metric GuardrailsRejected in %v", measured)
	}
	for _, line := range logged {
		if line["message"] == "outcome" {
			return line["status"].(string), rejected
		}
	}
	if !strings.Contains(reply, `"itemIdentifier":"m0"`) {
		r.t.Errorf("answer %s without an outcome", reply)
	}
	return "again", rejected
}

func (r *rig) tries(what string, port int, status string, rejected float64) {
	r.t.Helper()
	if got, metric := r.try(port); got != status || metric != rejected {
		r.t.Errorf("%s: port %d: %s, rejected %v; want %s, %v", what, port, got, metric, status, rejected)
	}
}

// TestGuardrailsFromParameter changes, breaks, repairs and removes a parameter.
func TestGuardrailsFromParameter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, guardedBy("ssm:/sgkeeper/guardrails"))
		r.tries("none yet", 8000, "again", 1)
		r.tries("not read again at once", 8000, "again", 1)
		if got := r.account.Calls().Of("ssm"); got != 1 {
			t.Errorf("%d calls, want 1", got)
		}
		r.putParameter(onlyWeb)
		time.Sleep(6 * time.Second)
		r.tries("loaded", 8000, "ensured", 0)
		r.tries("and in force", 9000, "rejected", 0)

		r.putParameter(onlyData)
		r.tries("changed, and not read yet", 9000, "rejected", 0)
		time.Sleep(time.Minute)
		r.tries("read", 9000, "ensured", 0)
		r.tries("and in force", 8000, "rejected", 0)

		r.putParameter("alow: []")
		time.Sleep(time.Minute)
		r.tries("a bad one changes nothing", 9000, "ensured", 1)
		time.Sleep(time.Minute)
		r.tries("nor later", 8000, "rejected", 1)

		r.account.Deny("ssm:*")
		time.Sleep(time.Minute)
		r.tries("nor does one that cannot be read", 9000, "ensured", 1)
		r.account.Deny()
		r.putParameter(onlyWeb)
		time.Sleep(time.Minute)
		r.tries("a good one does", 8000, "ensured", 0)

		r.account.Deny("ssm:*")
		time.Sleep(time.Minute)
		r.tries("a call fails", 8000, "ensured", 1)
		r.account.Deny()
		time.Sleep(time.Minute)
		r.tries("and the next does not", 8000, "ensured", 0)

		r.account.ResetCalls()
		for range 20 {
			r.tries("many requests", 8000, "ensured", 0)
		}
		if got := r.account.Calls().Of("ssm"); got != 0 {
			t.Errorf("%d calls within the minute, want none", got)
		}
	})
}

// TestGuardrailsAreLogged: the log has the reason for a rejection.
func TestGuardrailsAreLogged(t *testing.T) {
	r := newRig(t, guardedBy("ssm:/sgkeeper/guardrails"))
	r.putParameter("alow: []\nlimits: 7")
	r.invoke(bareBatch)
	for _, want := range []string{`"level":"ERROR","message":"guardrails rejected"`, `line 1: /alow: unknown key`,
		`line 2: /limits: found`, `"in_force":"none: requests wait"`} {
		if !strings.Contains(r.log.String(), want) {
			t.Errorf("log %s\nlacks %s", r.log, want)
		}
	}
}

var bareBatch = batch(otherQueue)

// TestGuardrailsFromFile: the function reads a file of the bundle at the first payload, and
// again after a change.
func TestGuardrailsFromFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "guardrails.yaml")
	write := func(text string, at time.Time) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, guardedBy(name))
		r.tries("no file", 8000, "again", 1)
		write(onlyWeb, time.Unix(1, 0))
		time.Sleep(time.Minute)
		r.tries("a file", 8000, "ensured", 0)
		r.tries("a file", 9000, "rejected", 0)
		write("", time.Unix(2, 0))
		time.Sleep(time.Minute)
		r.tries("an empty one", 8000, "ensured", 1)
		write(onlyData, time.Unix(3, 0))
		time.Sleep(time.Minute)
		r.tries("another", 9000, "ensured", 0)
		if got := r.account.Calls().Of("ssm"); got != 0 {
			t.Errorf("%d calls of SSM, want none", got)
		}
	})
}

// TestWithoutGuardrails: without a setting, the built-in ones apply and no call is made.
func TestWithoutGuardrails(t *testing.T) {
	r := newRig(t)
	r.tries("built-in", 8000, "ensured", 0)
	if got := r.account.Calls().Of("ssm"); got != 0 {
		t.Errorf("%d calls of SSM, want none", got)
	}
	o := r.outcome(`{"detailType":"Launch Requested","launch":"a","group":"` + group +
		`","rules":[{"ports":22,"from":["0.0.0.0/0"]}]}`)
	if o.Status != "rejected" || o.Reasons[0].Field != "/rules/0/from/0" {
		t.Errorf("%+v", o)
	}
}

// TestSweepsNeedNoGuardrails: without guardrails, sweeps are served. Requests and ends wait,
// because guardrails decide the owner of an event's launch.
func TestSweepsNeedNoGuardrails(t *testing.T) {
	r := newRig(t, guardedBy("ssm:/sgkeeper/guardrails"))
	if reply := r.invoke(`{"sgkeeper":"sweep"}`); reply != `{"outcomes":[]}` {
		t.Error(reply)
	}
	for _, payload := range []string{bare("a", 8000), `{"detailType":"Launch Ended","launch":"a"}`} {
		if _, err := r.handler.Invoke(lambda(t), []byte(payload)); err == nil ||
			!strings.Contains(err.Error(), "no guardrails could be loaded") {
			t.Errorf("%s: %v, want it again later", payload, err)
		}
	}
}

// TestParameterThatFails: if no call for the parameter succeeds, an invocation still continues
// in time.
func TestParameterThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, guardedBy("ssm:/sgkeeper/guardrails"))
		r.putParameter(onlyWeb)
		r.tries("at first", 8000, "ensured", 0)
		r.account.Inject(func(op fakeaws.Op) (bool, error) {
			if op.Service == "ssm" {
				return false, &fakeaws.Error{Code: "ThrottlingException", Message: "Rate exceeded"}
			}
			return true, nil
		})
		time.Sleep(time.Minute)
		began := time.Now()
		r.tries("throttled", 8000, "ensured", 1)
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}
