package s3store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/aws/s3store"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

var (
	_ audit.Store = (*s3store.Store)(nil)
	_ audit.Runs  = (*s3store.Store)(nil)
)

func newStore(where string) (*fakeaws.Account, *s3.Client, *s3store.Store) {
	account := fakeaws.New(fakeaws.Options{})
	account.AddBucket("reports")
	client := s3.NewFromConfig(aws.Config{Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("test", "test",
			""), HTTPClient: account, RetryMaxAttempts: 1})
	return account, client, s3store.New(client, where)
}

// found returns a concluded report of one group.
func found(id string, previous *drift.Report) *drift.Report {
	r := drift.Report{ID: id, Installation: "<b>here</b>", Started: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC),
		Groups: []drift.Group{{Name: "web"}}}
	report, _ := drift.Conclude(previous, drift.Run{Report: r, All: true, Complete: true})
	return report
}

// save commits a report, and then writes the pages.
func save(t *testing.T, store *s3store.Store, r *drift.Report, over audit.Version) error {
	version, err := store.Commit(t.Context(), r, over)
	if err != nil {
		return err
	}
	return store.Render(t.Context(), r, r, version)
}

// TestSave replaces only the version that was read.
func TestSave(t *testing.T) {
	for _, where := range []string{"reports", "reports/a/b"} {
		account, _, store := newStore(where)
		r, version, err := store.Latest(t.Context())
		if r != nil || version.Tag != "" || err != nil {
			t.Fatalf("Latest of nothing = %v, %q, %v", r, version, err)
		}
		first := found("1", nil)
		if err := save(t, store, first, audit.Version{}); err != nil {
			t.Fatal(err)
		}
		if err := save(t, store, found("2", nil), audit.Version{}); !errors.Is(err, audit.ErrChanged) {
			t.Errorf("Save of a first report where there is one = %v, want ErrChanged", err)
		}
		r, version, err = store.Latest(t.Context())
		if err != nil || r.ID != "1" || len(r.Groups) != 1 {
			t.Fatalf("Latest = %+v, %v", r, err)
		}
		next := found("3", r)
		if err := save(t, store, next, version); err != nil {
			t.Fatal(err)
		}
		if err := save(t, store, next, version); !errors.Is(err, audit.ErrChanged) {
			t.Errorf("Save over an old version = %v, want ErrChanged", err)
		}
		prefix := strings.TrimPrefix(strings.TrimPrefix(where, "reports"), "/")
		if prefix != "" {
			prefix += "/"
		}
		index, ok := account.Object("reports", prefix+"index.html")
		if !ok || strings.Contains(string(index.Body), "<b>here") ||
			!strings.Contains(string(index.Body), "reports/3.html") {
			t.Errorf("index: %s", index.Body)
		}
		if want := "s3://reports/" + prefix + "reports/3.json"; store.Where("3") != want {
			t.Errorf("Where = %s, want %s", store.Where("3"), want)
		}
	}
}

// TestIndexEscapes puts markup and paths into the index's texts.
func TestIndexEscapes(t *testing.T) {
	account, _, store := newStore("reports")
	r := found(`"><x>../`, nil)
	r.Installation = r.ID
	if err := save(t, store, r, audit.Version{}); err != nil {
		t.Fatal(err)
	}
	index, _ := account.Object("reports", "index.html")
	for _, want := range []string{"<h1>Audits of &#34;&gt;&lt;x&gt;../</h1>",
		`<a href="reports/%22%3E%3Cx%3E..%2F.html">&#34;&gt;&lt;x&gt;../</a>`} {
		if !strings.Contains(string(index.Body), want) {
			t.Errorf("the index lacks %s: %s", want, index.Body)
		}
	}
	if strings.Contains(string(index.Body), "<x>") {
		t.Errorf("a text is an element: %s", index.Body)
	}
}

// TestFollow: another audit replaces the latest report while the page is written. In the end
// the page shows the other's report.
func TestFollow(t *testing.T) {
	account, _, store := newStore("reports")
	first := found("1", nil)
	var raced bool
	account.Inject(func(op fakeaws.Op) (bool, error) {
		if op.Name != "PutObject" || op.Form.Get("Key") != "latest.html" || raced {
			return true, nil
		}
		raced = true
		r, version, err := store.Latest(t.Context())
		if err == nil {
			second := found("2", r)
			err = save(t, store, second, version)
		}
		if err != nil {
			t.Error(err)
		}
		return true, nil
	})
	if err := save(t, store, first, audit.Version{}); err != nil {
		t.Fatal(err)
	}
	page, _ := account.Object("reports", "latest.html")
	if !raced || !strings.Contains(string(page.Body), "2") ||
		strings.Contains(fmt.Sprintf("%.3000s", page.Body), ">1<") {
		t.Errorf("raced %v; the page is not the latest", raced)
	}
	index, _ := account.Object("reports", "index.json")
	if !strings.Contains(string(index.Body), `"latest": "2"`) {
		t.Errorf("index %s, want 2 the latest", index.Body)
	}
}

// TestUnreadable: the error names the unreadable object, which stays.
func TestUnreadable(t *testing.T) {
	account, client, store := newStore("reports")
	_, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("reports"),
		Key: aws.String("latest.json"), Body: strings.NewReader("{")})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.Latest(t.Context()); err == nil || !strings.Contains(err.Error(), "latest.json") ||
		!strings.Contains(err.Error(), "move it away") {
		t.Errorf("Latest = %v, want which object, and a remedy", err)
	}
	account.Deny("s3:GetObject")
	if _, _, err := store.Latest(t.Context()); err == nil {
		t.Error("Latest without permission succeeds")
	}
	if _, err := s3store.Read(t.Context(), client, "reports", "x"); err == nil ||
		!strings.Contains(err.Error(), "s3://reports/x") {
		t.Errorf("Read = %v, want the object named", err)
	}
}

// TestRuns keeps a run until it is dropped.
func TestRuns(t *testing.T) {
	_, client, store := newStore("reports/x")
	if run, err := store.Run(t.Context(), "1"); run != nil || err != nil {
		t.Errorf("Run of none = %v, %v", run, err)
	}
	if err := store.SaveRun(t.Context(), &audit.Run{Scope: audit.Scope{All: true}, Report: found("1", nil),
		Invocations: 2}); err != nil {
		t.Fatal(err)
	}
	run, err := store.Run(t.Context(), "1")
	if err != nil || run.Invocations != 2 || !run.Scope.All || len(run.Report.Groups) != 1 {
		t.Errorf("Run = %+v, %v", run, err)
	}
	_, err = client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("reports"),
		Key: aws.String("x/runs/2.json"), Body: strings.NewReader(`{"report":{"id":"1"}}`)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Run(t.Context(), "2"); err == nil || !strings.Contains(err.Error(), "holds another") {
		t.Errorf("Run of another's = %v", err)
	}
	for range 2 {
		if err := store.DropRun(t.Context(), "1"); err != nil {
			t.Fatal(err)
		}
	}
	if run, err := store.Run(t.Context(), "1"); run != nil || err != nil {
		t.Errorf("Run after it was dropped = %v, %v", run, err)
	}
}

// TestRenderDenied: if one object cannot be written, the others are.
func TestRenderDenied(t *testing.T) {
	for _, denied := range []string{"reports/1.json", "reports/1.html", "latest.html", "index.json", "index.html"} {
		account, _, store := newStore("reports")
		account.Inject(func(op fakeaws.Op) (bool, error) {
			if op.Name == "PutObject" && op.Form.Get("Key") == denied {
				return false, &fakeaws.Error{Code: "AccessDenied", Message: "no"}
			}
			return true, nil
		})
		r := found("1", nil)
		if err := save(t, store, r, audit.Version{}); err == nil || !strings.Contains(err.Error(), denied) {
			t.Errorf("%s is denied: %v", denied, err)
		}
		if stored := account.Objects("reports"); len(stored) != 5 {
			t.Errorf("%s is denied: stored are %q, want all others", denied, stored)
		}
	}
}

// TestStoreClock: the time of the store's answer is known, also if there is no report.
func TestStoreClock(t *testing.T) {
	_, _, store := newStore("reports")
	for range 2 {
		_, version, err := store.Latest(t.Context())
		if age := time.Since(version.At); err != nil || age < -time.Second || age > time.Minute {
			t.Errorf("answered at %v, %v", version.At, err)
		}
		if err := save(t, store, found("1", nil), version); err != nil {
			t.Fatal(err)
		}
	}
}
