package eventbridge

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
)

// envelope is an event as targets receive it, with its members in AWS's order.
type envelope struct {
	Version    string          `json:"version"`
	ID         string          `json:"id"`
	DetailType string          `json:"detail-type"`
	Source     string          `json:"source"`
	Account    string          `json:"account"`
	Time       string          `json:"time"`
	Region     string          `json:"region"`
	Resources  []string        `json:"resources"`
	Detail     json.RawMessage `json:"detail"`
}

// wrap returns the event of an entry in its envelope. The time has whole seconds.
func (s *Service) wrap(e Entry) (id string, event []byte, err error) {
	at := time.Now()
	if e.Time != nil {
		at = time.Unix(int64(*e.Time), 0)
	}
	resources := e.Resources
	if resources == nil {
		resources = []string{}
	}
	id = cmp.Or(e.ID, uuid())
	event, err = api.Encode(envelope{
		Version:    "0",
		ID:         id,
		DetailType: e.DetailType,
		Source:     e.Source,
		Account:    s.account,
		Time:       at.UTC().Format("2006-01-02T15:04:05Z"),
		Region:     s.region,
		Resources:  resources,
		Detail:     json.RawMessage(e.Detail), // encode removes its spaces
	})
	return id, event, err
}

// uuid returns a random (version 4) UUID.
func uuid() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
