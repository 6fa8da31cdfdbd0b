// Package s3 is the S3 of the embedded account: whole objects in buckets, with conditional
// writes. It has no versions, parts, ranges or listings.
//
// See the API reference of PutObject, GetObject, HeadObject and DeleteObject, and "How to
// prevent object overwrites with conditional writes" in the user guide.
package s3

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
)

// Object is the content of a key.
type Object struct {
	Body     []byte
	Header   http.Header // the further headers of a GetObject: Content-Type, ETag, ...
	Modified time.Time
}

// Service holds the buckets of one account.
type Service struct {
	mu      sync.Mutex
	buckets map[string]map[string]Object
}

// New returns an S3 without any bucket.
func New() *Service { return &Service{buckets: map[string]map[string]Object{}} }

// AddBucket adds a bucket, if it does not exist.
func (s *Service) AddBucket(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.buckets[name] == nil {
		s.buckets[name] = map[string]Object{}
	}
}

// Keys returns the keys of a bucket, in order.
func (s *Service) Keys(bucket string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.buckets[bucket]))
}

// Object returns the content of a key.
func (s *Service) Object(bucket, key string) (Object, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.buckets[bucket][key]
	return o, ok
}

// Reply is the result of an operation.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

var operations = map[string]func(*Service, string, string, url.Values, []byte) (Reply, error){
	"PutObject":    (*Service).put,
	"GetObject":    (*Service).get,
	"HeadObject":   (*Service).get,
	"DeleteObject": (*Service).remove,
}

// Call performs one operation on the bucket and key in the form. The other members of the form
// are the request's headers.
func (s *Service) Call(op string, form url.Values, body []byte) (Reply, error) {
	do, ok := operations[op]
	if !ok {
		return Reply{}, &api.Error{Code: "NotImplemented", Message: "The embedded account's S3 does not have " + op,
			Status: http.StatusNotImplemented}
	}
	bucket, key := form.Get("Bucket"), form.Get("Key")
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.buckets[bucket] == nil:
		return Reply{}, &api.Error{Code: "NoSuchBucket", Message: "The specified bucket does not exist",
			Status: http.StatusNotFound}
	case len(key) == 0 || len(key) > 1024:
		return Reply{}, &api.Error{Code: "KeyTooLongError", Message: fmt.Sprintf("Your key is %d bytes: want 1 to 1024",
			len(key))}
	}
	return do(s, bucket, key, form, body)
}

// kept lists the headers of a PutObject that a GetObject returns.
var kept = []string{"Content-Type", "Cache-Control", "Content-Disposition", "X-Amz-Server-Side-Encryption"}

func (s *Service) put(bucket, key string, form url.Values, body []byte) (Reply, error) {
	old, found := s.buckets[bucket][key]
	if err := checkConditions(form, old, found); err != nil {
		return Reply{}, err
	}
	body, err := decodeBody(form, body)
	if err != nil {
		return Reply{}, err
	}
	sum := md5.Sum(body)
	o := Object{Body: body, Header: http.Header{}, Modified: time.Now()}
	for _, name := range kept {
		if v := form.Get(name); v != "" {
			o.Header.Set(name, v)
		}
	}
	o.Header.Set("ETag", `"`+hex.EncodeToString(sum[:])+`"`)
	s.buckets[bucket][key] = o
	return Reply{http.StatusOK, http.Header{"Etag": o.Header["Etag"]}, nil}, nil
}

// checkConditions tests If-Match, an ETag, and If-None-Match, which can only be *.
func checkConditions(form url.Values, old Object, found bool) error {
	match, none := form.Get("If-Match"), form.Get("If-None-Match")
	failed := &api.Error{Code: "PreconditionFailed",
		Message: "At least one of the pre-conditions you specified did not hold", Status: http.StatusPreconditionFailed}
	switch {
	case none != "" && none != "*", none != "" && match != "":
		return &api.Error{Code: "NotImplemented",
			Message: "A header you provided implies functionality that is not implemented",
			Status:  http.StatusNotImplemented}
	case none == "*" && found:
		return failed
	case match != "" && !found:
		return noSuchKey()
	case match != "" && match != old.Header.Get("ETag"):
		return failed
	}
	return nil
}

func (s *Service) get(bucket, key string, _ url.Values, _ []byte) (Reply, error) {
	o, found := s.buckets[bucket][key]
	if !found {
		return Reply{}, noSuchKey()
	}
	header := o.Header.Clone()
	header.Set("Last-Modified", o.Modified.UTC().Format(http.TimeFormat))
	return Reply{http.StatusOK, header, o.Body}, nil
}

func (s *Service) remove(bucket, key string, _ url.Values, _ []byte) (Reply, error) {
	delete(s.buckets[bucket], key)
	return Reply{Status: http.StatusNoContent, Header: http.Header{}}, nil
}

func noSuchKey() error {
	return &api.Error{Code: "NoSuchKey", Message: "The specified key does not exist.", Status: http.StatusNotFound}
}
