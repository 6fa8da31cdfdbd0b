package handler

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// maxResponse bounds an answer to CloudFormation in bytes (AWS CloudFormation user guide, custom
// resource response).
const maxResponse = 4096

// Times of an answer to CloudFormation.
const (
	respondTimeout  = 2 * time.Second
	respondPause    = 200 * time.Millisecond
	respondAttempts = 3
)

// stackResponse is the answer to a request of CloudFormation.
type stackResponse struct {
	Status     string            `json:"Status"`
	Reason     string            `json:"Reason,omitempty"`
	PhysicalID string            `json:"PhysicalResourceId"`
	StackID    string            `json:"StackId"`
	RequestID  string            `json:"RequestId"`
	LogicalID  string            `json:"LogicalResourceId"`
	Data       map[string]string `json:"Data,omitempty"`
}

func (s *stackRequest) response(status, physicalID string) stackResponse {
	return stackResponse{
		Status: status, PhysicalID: physicalID,
		StackID: s.StackID, RequestID: s.RequestID, LogicalID: s.LogicalID,
	}
}

func (s *stackRequest) succeeded(physicalID, group string) stackResponse {
	r := s.response("SUCCESS", physicalID)
	if s.Type != events.StackDelete {
		r.Data = map[string]string{"Launch": physicalID, "Group": group}
	}
	return r
}

// failed answers with reasons. A resource keeps its id after a failed update, and so its launch.
// The id of a failed create has no live launch, so its delete closes nothing.
func (s *stackRequest) failed(reasons claim.Faults) stackResponse {
	id := s.Name
	if s.Type != events.StackCreate {
		id = s.PhysicalID
	}
	r := s.response("FAILED", id)
	r.Reason = strings.ToValidUTF8(reasons.Error(), "\uFFFD")
	return r
}

// encode returns the response in at most [maxResponse] bytes. It cuts the reason.
func (r stackResponse) encode() ([]byte, error) {
	for {
		body, err := json.Marshal(r)
		if err != nil || len(body) <= maxResponse || r.Reason == "" {
			return body, err
		}
		r.Reason = strings.ToValidUTF8(r.Reason[:len(r.Reason)*3/4], "")
	}
}

// respond sends the answer to CloudFormation. It fails if a later attempt may succeed. No error
// contains the URL, which is a secret.
func (h *Handler) respond(ctx context.Context, to events.ResponseURL, r stackResponse) error {
	body, err := r.encode()
	if err != nil {
		return err
	}
	client := http.Client{Timeout: respondTimeout}
	if h.Callback != nil {
		client = *h.Callback
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for attempt := range respondAttempts {
		if attempt > 0 {
			select {
			case <-time.After(respondPause << attempt):
			case <-ctx.Done():
				return errors.Join(err, ctx.Err())
			}
		}
		var again bool
		if again, err = put(ctx, &client, to, body); err == nil || !again {
			return err
		}
	}
	return err
}

// put sends one request, and reports whether a retry may succeed. A presigned URL allows no
// Content-Type that it does not name.
func put(ctx context.Context, client *http.Client, to events.ResponseURL, body []byte) (again bool, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, to.Reveal(), bytes.NewReader(body))
	if err != nil {
		return false, errors.New("the response URL cannot be used")
	}
	response, err := client.Do(request)
	if failure, ok := errors.AsType[*url.Error](err); ok {
		err = failure.Err // without the URL
	}
	if err != nil {
		return true, fmt.Errorf("CloudFormation was not answered: %w", err)
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxResponse)) // to use the connection again
	if response.StatusCode/100 == 2 {
		return false, nil
	}
	return response.StatusCode >= 500, fmt.Errorf("CloudFormation's bucket answered %s", response.Status)
}
