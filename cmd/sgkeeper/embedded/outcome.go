package embedded

import (
	"context"
	"encoding/json"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// Outcome is an event that sgkeeper publishes, as the outcome queue holds it. Launch Rejected
// sets Launch and Reasons. Ports Ensured and Ports Released set Launches.
type Outcome struct {
	DetailType string `json:"detail-type"`
	Detail     struct {
		Launch   string        `json:"launch"`
		Launches []string      `json:"launches"`
		Reasons  []claim.Fault `json:"reasons"`
	} `json:"detail"`
}

// Listen calls handle with each outcome until ctx ends.
func (i *Installation) Listen(ctx context.Context, handle func(Outcome)) error {
	receive := func(_ context.Context, payload []byte) ([]byte, error) {
		var batch struct {
			Records []struct {
				Body string `json:"body"`
			}
		}
		if err := json.Unmarshal(payload, &batch); err != nil {
			return nil, err
		}
		for _, record := range batch.Records {
			var o Outcome
			if err := json.Unmarshal([]byte(record.Body), &o); err != nil {
				return nil, err
			}
			handle(o)
		}
		return nil, nil
	}
	return i.Account.Consume(ctx, i.queueARN(OutcomeQueue), fakeaws.Mapping{}, receive)
}
