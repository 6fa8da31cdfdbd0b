package fakeaws

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/s3"
)

// Object is the content of an S3 key.
type Object = s3.Object

// AddBucket makes an S3 bucket.
func (a *Account) AddBucket(name string) { a.buckets.AddBucket(name) }

// Objects returns the keys of a bucket, in order.
func (a *Account) Objects(bucket string) []string { return a.buckets.Keys(bucket) }

// Object returns the content of a key. If the key does not exist, ok is false.
func (a *Account) Object(bucket, key string) (o Object, ok bool) {
	return a.buckets.Object(bucket, key)
}

// objectOps maps an HTTP method to the operation on one object.
var objectOps = map[string]string{
	http.MethodPut: "PutObject", http.MethodGet: "GetObject", http.MethodHead: "HeadObject",
	http.MethodDelete: "DeleteObject",
}

// objectOp reads a request to S3. The bucket is the first part of the host or of the path.
func objectOp(r *http.Request, body []byte) (Op, bool) {
	if signedFor(r) != "s3" {
		return Op{}, false
	}
	form := url.Values{}
	for name, values := range r.Header {
		form[name] = values
	}
	key := strings.TrimPrefix(r.URL.Path, "/")
	bucket, _, inHost := strings.Cut(hostOf(r), ".s3.")
	if !inHost {
		bucket, key, _ = strings.Cut(key, "/")
	}
	form.Set("Bucket", bucket)
	form.Set("Key", key)
	return Op{Service: "s3", Name: objectOps[r.Method], Form: form, Body: body}, true
}

func hostOf(r *http.Request) string {
	if r.Host != "" {
		return r.Host
	}
	return r.URL.Host
}

// callS3 returns a reply in JSON, for s3Wire. It answers NoSuchKey only to a caller with
// s3:ListBucket, as S3 does.
func (a *Account) callS3(_ context.Context, op Op, _ string) ([]byte, error) {
	reply, err := a.buckets.Call(op.Name, op.Form, op.Body)
	if e, ok := asError(err); ok && e.Code == "NoSuchKey" {
		if denied := a.authorize(Op{Service: "s3", Name: "ListBucket"}); denied != nil {
			return nil, denied
		}
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(reply)
}

// s3Wire is the S3 REST protocol, with errors in XML.
type s3Wire struct{ method string }

type s3Error struct {
	XMLName   xml.Name `xml:"Error"`
	Code      string
	Message   string
	RequestID string `xml:"RequestId"`
}

func (w s3Wire) answer(_ Op, id string, out []byte, err error) (answer, error) {
	a := answer{header: http.Header{}}
	if err == nil {
		var reply s3.Reply
		if err := json.Unmarshal(out, &reply); err != nil {
			return answer{}, err
		}
		a.status, a.body = reply.Status, reply.Body
		for name, values := range reply.Header {
			a.header[name] = values
		}
	} else {
		e, ok := asError(err)
		if !ok {
			return answer{}, err
		}
		a.status = e.HTTPStatus()
		a.header.Set("Content-Type", "application/xml")
		if a.body, err = xml.Marshal(s3Error{Code: e.Code, Message: e.Message, RequestID: id}); err != nil {
			return answer{}, err
		}
	}
	a.header.Set("X-Amz-Request-Id", id)
	if w.method == http.MethodHead {
		a.body = nil
	}
	return a, nil
}
