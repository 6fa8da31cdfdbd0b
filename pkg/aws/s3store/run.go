package s3store

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/sgkeeper/sgkeeper/pkg/audit"
	"github.com/sgkeeper/sgkeeper/pkg/bigjson"
)

// Run implements audit.Runs.
func (s *Store) Run(ctx context.Context, id string) (*audit.Run, error) {
	run := new(audit.Run)
	switch _, err := s.read(ctx, s.runKey(id), run); {
	case errors.Is(err, errAbsent):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("the run %s: %w", id, err)
	case run.Report == nil || run.Report.ID != id:
		return nil, fmt.Errorf("the run %s: %s holds another run", id, s.runKey(id))
	}
	return run, nil
}

// SaveRun implements audit.Runs.
func (s *Store) SaveRun(ctx context.Context, run *audit.Run) error {
	in, err := s.rendered(s.runKey(run.Report.ID), "application/json", func(w io.Writer) error {
		return bigjson.Write(w, run, "")
	})
	if err != nil {
		return err
	}
	return s.put(ctx, in)
}

// DropRun implements audit.Runs.
func (s *Store) DropRun(ctx context.Context, id string) error {
	key := s.runKey(id)
	if _, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: &key}); err != nil {
		return fmt.Errorf("delete %s: %w", key, err)
	}
	return nil
}

func (s *Store) runKey(id string) string { return s.key("runs", id+".json") }
