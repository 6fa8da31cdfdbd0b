// Package s3store keeps audits in an S3 bucket: the report of each audit, the latest results
// for all groups, an index, and unfinished runs.
//
//	<prefix>/reports/<id>.json, .html   one audit's results for the groups that it read
//	<prefix>/latest.json, .html         the latest results for every group
//	<prefix>/index.json, .html          the audits, the latest first
//	<prefix>/runs/<id>.json             an unfinished run
//
// latest.json is replaced only if it still has the version that was read. So two concurrent
// audits do not lose each other's results. The pages and the index are derived from it.
package s3store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/bigjson"
	"github.com/sgkeeper/sgkeeper/pkg/core/drift"
	"github.com/sgkeeper/sgkeeper/pkg/exceptionfile"
	"github.com/sgkeeper/sgkeeper/pkg/report"
)

// Store is a bucket, or the objects below a prefix of it. It implements audit.Store and
// audit.Runs.
type Store struct {
	client         *s3.Client
	bucket, prefix string
}

// New returns the store in a bucket, or in bucket/prefix.
func New(client *s3.Client, where string) *Store {
	bucket, prefix, _ := strings.Cut(where, "/")
	return &Store{client, bucket, strings.Trim(prefix, "/")}
}

func (s *Store) key(names ...string) string { return path.Join(s.prefix, path.Join(names...)) }

// Where implements audit.Store.
func (s *Store) Where(id string) string {
	return "s3://" + s.bucket + "/" + s.key("reports", id+".json")
}

// Latest implements audit.Store.
func (s *Store) Latest(ctx context.Context) (*drift.Report, audit.Version, error) {
	r := new(drift.Report)
	version, err := s.read(ctx, s.key("latest.json"), r)
	switch {
	case errors.Is(err, errAbsent):
		return nil, audit.Version{At: version.At}, nil
	case err != nil:
		return nil, audit.Version{}, fmt.Errorf("the latest report: %w", err)
	}
	return r.Upgraded(), version, nil
}

// Commit implements audit.Store.
func (s *Store) Commit(ctx context.Context, r *drift.Report, over audit.Version) (audit.Version, error) {
	in, err := s.object(s.key("latest.json"), report.JSON, r)
	if err != nil {
		return audit.Version{}, err
	}
	if in.IfMatch = &over.Tag; over.Tag == "" {
		in.IfMatch, in.IfNoneMatch = nil, aws.String("*")
	}
	out, err := s.client.PutObject(ctx, in)
	switch code(err) {
	case "":
		return audit.Version{Tag: aws.ToString(out.ETag)}, nil
	case "PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey":
		return audit.Version{}, fmt.Errorf("write %s: %w: %w", *in.Key, audit.ErrChanged, err)
	}
	return audit.Version{}, fmt.Errorf("write %s: %w", *in.Key, err)
}

// Render implements audit.Store. It writes each object, whether or not it can write the others.
func (s *Store) Render(ctx context.Context, latest, found *drift.Report, version audit.Version) error {
	key := s.key("reports", found.ID)
	return errors.Join(
		s.write(ctx, key+".json", report.JSON, found),
		s.write(ctx, key+".html", report.HTML, found),
		s.follow(ctx, latest, version.Tag),
	)
}

// follows limits the attempts to write the derived objects if latest.json changes meanwhile.
// The audit that changed it writes them too.
const follows = 3

// follow writes the page and the index of a report. If latest.json has changed by then, it
// writes those of the newer report, because the last writer must write the latest.
func (s *Store) follow(ctx context.Context, r *drift.Report, version string) error {
	var failed error
	for range follows {
		failed = errors.Join(s.write(ctx, s.key("latest.html"), report.HTML, r), s.writeIndex(ctx, r))
		head, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket,
			Key: aws.String(s.key("latest.json"))})
		if err != nil {
			return errors.Join(failed, fmt.Errorf("look at latest.json: %w", err))
		}
		if aws.ToString(head.ETag) == version {
			break
		}
		var newer audit.Version
		if r, newer, err = s.Latest(ctx); err != nil || r == nil {
			return errors.Join(failed, err)
		}
		version = newer.Tag
	}
	return failed
}

func (s *Store) write(ctx context.Context, key string, f report.Format, r *drift.Report) error {
	in, err := s.object(key, f, r)
	if err != nil {
		return err
	}
	return s.put(ctx, in)
}

func (s *Store) put(ctx context.Context, in *s3.PutObjectInput) error {
	if _, err := s.client.PutObject(ctx, in); err != nil {
		return fmt.Errorf("write %s: %w", *in.Key, err)
	}
	return nil
}

var contentTypes = map[report.Format]string{report.JSON: "application/json", report.HTML: "text/html; charset=utf-8"}

func (s *Store) object(key string, f report.Format, r *drift.Report) (*s3.PutObjectInput, error) {
	return s.rendered(key, contentTypes[f], func(w io.Writer) error {
		if f == report.JSON {
			return report.WriteDense(w, r)
		}
		return report.Write(w, f, r)
	})
}

// rendered returns the object that a function writes. Its text is never in memory as a whole.
func (s *Store) rendered(key, contentType string, render func(io.Writer) error) (*s3.PutObjectInput, error) {
	text, err := newSpool(render)
	if err != nil {
		return nil, fmt.Errorf("render %s: %w", key, err)
	}
	return s.input(key, contentType, text.reader()), nil
}

func (s *Store) text(key, contentType string, text []byte) *s3.PutObjectInput {
	return s.input(key, contentType, bytes.NewReader(text))
}

func (s *Store) input(key, contentType string, body io.ReadSeeker) *s3.PutObjectInput {
	return &s3.PutObjectInput{
		Bucket: &s.bucket, Key: &key, Body: body, ContentType: &contentType, CacheControl: aws.String("no-cache"),
	}
}

// errAbsent says that there is no such object.
var errAbsent = errors.New("there is none")

// read decodes a JSON object, piece by piece, and returns its version.
func (s *Store) read(ctx context.Context, key string, v any) (version audit.Version, err error) {
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: &key})
	switch {
	case code(err) == "NoSuchKey":
		version.At = answered(err)
		return version, errAbsent
	case err != nil:
		return version, fmt.Errorf("read %s: %w", key, err)
	}
	defer out.Body.Close()
	if err := bigjson.Read(out.Body, v); err != nil {
		return version, fmt.Errorf("read %s: it is not a report of this version of sgkeeper: %w; "+
			"move it away to begin again", key, err)
	}
	version.Tag = aws.ToString(out.ETag)
	version.At, _ = middleware.GetServerTime(out.ResultMetadata)
	return version, nil
}

// answered returns the time of an answer that is an error, by S3's clock; zero if it is unknown.
func answered(err error) (at time.Time) {
	if e, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && e.Response != nil {
		at, _ = http.ParseTime(e.Response.Header.Get("Date"))
	}
	return at
}

// maxObject limits the result of Read, in bytes.
const maxObject = exceptionfile.MaxBytes + 1

// Read returns an object of any bucket, up to one byte more than an exceptions file may have.
// So the reader of that file sees that it is too large.
func Read(ctx context.Context, client *s3.Client, bucket, key string) ([]byte, error) {
	out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return nil, fmt.Errorf("read s3://%s/%s: %w", bucket, key, err)
	}
	defer out.Body.Close()
	text, err := io.ReadAll(io.LimitReader(out.Body, maxObject))
	if err != nil {
		return nil, fmt.Errorf("read s3://%s/%s: %w", bucket, key, err)
	}
	return text, nil
}

// code returns the code of an AWS error, "" for no error, or "unknown" for another error.
func code(err error) string {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode()
	}
	return "unknown"
}
