// Package e2e_test deploys sgkeeper as a person would, into a local stand-in for AWS, and
// tests all parts. The CDK CLI deploys the stack into MiniStack, which runs the compiled
// functions. The first run uses moto's security groups. The second run uses those of the
// embedded account, which is stricter than moto, and DynamoDB Local for the table. A third run
// deploys a release with the AWS CLI.
//
// Three things differ from a deployment. The queues show a message again after seconds, not
// minutes, so that five failures soon make a dead letter. The audit runs each minute. And
// alias.py corrects MiniStack.
package e2e_test

import (
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

const (
	account = "000000000000" // MiniStack's
	region  = "us-east-1"
)

// passed and failed count the steps.
var passed, failed atomic.Int32

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		fmt.Println("left out: it takes minutes, and this is a short run")
		return
	}
	code := m.Run()
	stopAll(code != 0)
	if made != "" {
		os.RemoveAll(made)
	}
	if passed.Load()+failed.Load() > 0 {
		fmt.Printf("%d passed, %d failed\n", passed.Load(), failed.Load())
	}
	os.Exit(code)
}

// step runs one check and prints a line with its result.
func step(t *testing.T, what string, try func(t *testing.T)) (ok bool) {
	began := time.Now()
	ok = t.Run(what, try)
	verdict, count := "ok    ", &passed
	if !ok {
		verdict, count = "FAILED", &failed
	}
	count.Add(1)
	fmt.Printf("%s %6.1fs  %s: %s\n", verdict, time.Since(began).Seconds(), t.Name(), what)
	return ok
}

// TestMoto uses moto's security groups and MiniStack's table. It waits for the schedules,
// which takes two minutes.
func TestMoto(t *testing.T) {
	t.Parallel()
	d := newProxy(forward(t, start(t, moto)))
	d.lacksStale = true
	w := &world{proxy: d, server: httptest.NewServer(d)}
	w.run(t)
}

// TestStrict uses the embedded account's security groups, and the table in DynamoDB Local. A
// message on the queue starts its audit.
func TestStrict(t *testing.T) {
	t.Parallel()
	d := newProxy(fakeaws.New(fakeaws.Options{ID: account, Region: region}))
	w := &world{proxy: d, server: httptest.NewServer(d), dynamodb: start(t, dynamodbLocal)}
	w.run(t)
}
