package ensure_test

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// headFits: a group's head stays small for any number of made and revoked rules. The embedded
// account enforces AWS's limits on all other items and events. The caller holds the
// simulation's lock.
func (s *simulation) headFits(call simCall) {
	if s.workload.scale == simSmall || call.name != "release" && call.name != "yield" && call.name != "pend" {
		return
	}
	group := call.group()
	out, err := dynamodb.NewFromConfig(s.config).GetItem(context.Background(), &dynamodb.GetItemInput{
		TableName: new(table), Key: map[string]types.AttributeValue{
			"pk": &types.AttributeValueMemberS{Value: fmt.Sprintf("SG#%s#%s#%s", s.account.ID(), s.account.Region(),
				group)},
			"sk": &types.AttributeValueMemberS{Value: "HEAD"},
		},
	})
	if err != nil {
		s.violated("head of %s: %v", group, err)
	} else if size := sizeOf(out.Item); size > maxHead {
		s.violated("the head of %s has %d bytes, want at most %d", group, size, maxHead)
	}
}
