package fakeaws_test

import (
	"context"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// buckets returns two clients: one names the bucket in the host, one in the path.
func buckets(t *testing.T) map[string]struct {
	account *fakeaws.Account
	client  *s3.Client
} {
	all := make(map[string]struct {
		account *fakeaws.Account
		client  *s3.Client
	})
	for _, name := range []string{"host", "path", "socket"} {
		account := fakeaws.New(fakeaws.Options{})
		account.AddBucket("reports")
		cfg := config(account)
		if name == "socket" {
			server := httptest.NewServer(account)
			t.Cleanup(server.Close)
			cfg.HTTPClient, cfg.BaseEndpoint = nil, aws.String(server.URL)
		}
		client := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = name != "host" })
		all[name] = struct {
			account *fakeaws.Account
			client  *s3.Client
		}{account, client}
	}
	return all
}

func put(ctx context.Context, client *s3.Client, key, text string,
	conditions ...func(*s3.PutObjectInput)) (etag string, err error) {
	in := &s3.PutObjectInput{Bucket: aws.String("reports"), Key: &key, Body: strings.NewReader(text),
		ContentType: aws.String("text/plain")}
	for _, c := range conditions {
		c(in)
	}
	out, err := client.PutObject(ctx, in)
	if err != nil {
		return "", err
	}
	return *out.ETag, nil
}

func ifNew(in *s3.PutObjectInput) { in.IfNoneMatch = aws.String("*") }

func ifStill(etag string) func(*s3.PutObjectInput) {
	return func(in *s3.PutObjectInput) { in.IfMatch = &etag }
}

func TestObjects(t *testing.T) {
	for name, b := range buckets(t) {
		t.Run(name, func(t *testing.T) {
			const key = "a b/c+d.json"
			etag, err := put(t.Context(), b.client, key, "hello")
			must(t, err)
			got, err := b.client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("reports"),
				Key: aws.String(key)})
			must(t, err)
			text, err := io.ReadAll(got.Body)
			must(t, err)
			if string(text) != "hello" || *got.ETag != etag || *got.ContentType != "text/plain" ||
				got.LastModified == nil {
				t.Errorf("got %q, %s, %s", text, *got.ETag, *got.ContentType)
			}
			head, err := b.client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("reports"),
				Key: aws.String(key)})
			must(t, err)
			if *head.ETag != etag {
				t.Errorf("head has %s, want %s", *head.ETag, etag)
			}
			if keys := b.account.Objects("reports"); len(keys) != 1 || keys[0] != key {
				t.Errorf("keys %q", keys)
			}
			for range 2 { // deleting a missing key is no error
				_, err = b.client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("reports"),
					Key: aws.String(key)})
				must(t, err)
			}
			_, err = b.client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("reports"),
				Key: aws.String(key)})
			wantCode(t, "get of a deleted object", err, "NoSuchKey")
			b.account.Deny("s3:ListBucket")
			_, err = b.client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("reports"),
				Key: aws.String(key)})
			wantCode(t, "get of a deleted object, without a right to list", err, "AccessDenied")
		})
	}
}

func TestConditionalWrites(t *testing.T) {
	for name, b := range buckets(t) {
		t.Run(name, func(t *testing.T) {
			_, err := put(t.Context(), b.client, "k", "0", ifStill(`"x"`))
			wantCode(t, "over nothing", err, "NoSuchKey")
			first, err := put(t.Context(), b.client, "k", "1", ifNew)
			must(t, err)
			_, err = put(t.Context(), b.client, "k", "2", ifNew)
			wantCode(t, "new over an existing object", err, "PreconditionFailed")
			second, err := put(t.Context(), b.client, "k", "2", ifStill(first))
			must(t, err)
			_, err = put(t.Context(), b.client, "k", "3", ifStill(first))
			wantCode(t, "over another", err, "PreconditionFailed")
			_, err = put(t.Context(), b.client, "k", "4", ifStill(second), ifNew)
			wantCode(t, "both conditions", err, "NotImplemented")
			o, _ := b.account.Object("reports", "k")
			if string(o.Body) != "2" {
				t.Errorf("k holds %q, want 2", o.Body)
			}
		})
	}
}

func TestObjectsRefused(t *testing.T) {
	b := buckets(t)["host"]
	_, err := b.client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("others"), Key: aws.String("k"),
		Body: strings.NewReader("")})
	wantCode(t, "another's bucket", err, "NoSuchBucket")
	_, err = put(t.Context(), b.client, strings.Repeat("k", 1025), "")
	wantCode(t, "a long key", err, "KeyTooLongError")
	_, err = put(t.Context(), b.client, "k", "text", func(in *s3.PutObjectInput) {
		in.ChecksumAlgorithm, in.ChecksumCRC32 = types.ChecksumAlgorithmCrc32, aws.String("AAAAAA==")
	})
	wantCode(t, "a wrong checksum", err, "BadDigest")
	b.account.Deny("s3:PutObject")
	_, err = put(t.Context(), b.client, "k", "")
	wantCode(t, "denied", err, "AccessDenied")
}
