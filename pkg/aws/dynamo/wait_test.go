package dynamo_test

import (
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// TestWaitReads: a wait finds a request by its digest, or all requests of a launch, before and
// after they are archived.
func TestWaitReads(t *testing.T) {
	onEach(t, func(b *bench) {
		request := ask(launch, at(0), "tcp 8000 from 0.0.0.0/0")
		b.claims(request, true)
		b.claims(ask(launch+"-2", at(1), "tcp 8000 from 0.0.0.0/0"), true)
		b.recorded("live", request, claim.Open)
		if err := b.EndIn(b.Context(), request.Launch, group, at(2)); err != nil {
			b.Fatal(err)
		}
		b.recorded("ended", request, claim.Ended)
		ended := request
		ended.Status, ended.Finished = claim.Ended, at(2)
		part := claim.Archive{Launch: request.Launch, Requests: []claim.Request{ended}, End: at(2)}
		if err := b.Archive(b.Context(), group, []claim.Archive{part}, at(3)); err != nil {
			b.Fatal(err)
		}
		b.recorded("archived", request, claim.Ended)
		unknown := ask(launch, at(0), "tcp 9000 from 0.0.0.0/0")
		if found, err := b.Table.Request(b.Context(), unknown.Launch, group, unknown.Digest()); err != nil ||
			found != nil {
			b.Errorf("a request that was never made: %+v, %v", found, err)
		}
		refusals, trace, err := b.Refused(b.Context(), request.Launch)
		if _, ended := trace.EndedIn[group]; err != nil || len(refusals) != 0 || trace.Ended || !ended {
			b.Errorf("Refused = %v, %+v, %v: want the end in %v", refusals, trace, err, group)
		}
		if h, err := b.Headed(b.Context(), group, true); err != nil || h.Lease.Want != 0 || h.Stuck != "" {
			b.Errorf("Headed of a group without a ring = %+v, %v", h, err)
		}
	})
}

// recorded checks the status of a launch's only request on the group.
func (b *bench) recorded(when string, r claim.Request, status claim.Status) {
	b.Helper()
	found, err := b.Table.Request(b.Context(), r.Launch, group, r.Digest())
	if err != nil || found == nil || found.Status != status || found.Key() != r.Key() {
		b.Errorf("%s: Request = %+v, %v; want %s", when, found, err, status)
	}
	all, err := b.RequestsOf(b.Context(), r.Launch, group)
	if err != nil || len(all) != 1 || all[0].Status != status || all[0].Key() != r.Key() {
		b.Errorf("%s: RequestsOf = %+v, %v; want one, %s", when, all, err, status)
	}
}
