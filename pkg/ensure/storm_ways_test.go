package ensure_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/sgkeeper/sgkeeper/pkg/aws/ec2sg"
	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// launcher opens a launch's ports itself, in one of the ways to which sgkeeper is compared.
// Both ways read the whole group and compare rules like sgkeeper, so they lack only its
// protocol.
type launcher struct {
	groups *ec2sg.Groups
	table  *dynamodb.Client
}

// newLauncher makes a launcher with sgkeeper's retries of EC2 calls.
func newLauncher(c aws.Config) *launcher {
	return &launcher{
		groups: ec2sg.New(ec2.NewFromConfig(c, func(o *ec2.Options) {
			o.Retryer = retry.AddWithMaxAttempts(o.Retryer,
				8)
		})),
		table: dynamodb.NewFromConfig(c),
	}
}

// naively describes, subtracts and authorizes. It fails if another launcher wrote in between.
func (l *launcher) naively(ctx context.Context, g claim.Group, asked []secgroup.Entry) error {
	described, err := l.groups.Rules(ctx, g)
	if err != nil {
		return err
	}
	missing := secgroup.Compare(secgroup.Rules(asked), secgroup.Rules(described)).Missing
	if len(missing) == 0 {
		return nil
	}
	var rules []secgroup.Entry
	for _, rule := range missing {
		rules = append(rules, secgroup.Entry{Rule: rule})
	}
	_, err = l.groups.Authorize(ctx, g, rules)
	return err
}

// The times of a launcher's lock.
const (
	lockHeld     = 30 * time.Second // after which a lock counts as abandoned
	lockPatience = 5 * time.Minute
)

var errNoLock = errors.New("the lock was held for too long")

// locked does the same under a plain lock. It puts the item of the lock, or retries while the item
// exists. It deletes the item at the end.
func (l *launcher) locked(ctx context.Context, g claim.Group, asked []secgroup.Entry) error {
	key := map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "LOCK#" + g.ID},
		"sk": &types.AttributeValueMemberS{Value: "LOCK"}}
	for giveUp := time.Now().Add(lockPatience); ; {
		taken, err := l.lock(ctx, key)
		if err != nil {
			return err
		}
		if taken {
			break
		}
		if time.Now().After(giveUp) {
			return errNoLock
		}
		time.Sleep(100*time.Millisecond + time.Duration(rand.Int64N(int64(900*time.Millisecond))))
	}
	err := l.naively(ctx, g, asked)
	_, unlocked := l.table.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: aws.String(table), Key: key})
	return errors.Join(err, unlocked)
}

func (l *launcher) lock(ctx context.Context, key map[string]types.AttributeValue) (bool, error) {
	now := time.Now()
	_, err := l.table.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:           aws.String(table),
		Key:                 key,
		UpdateExpression:    aws.String("SET exp = :exp"),
		ConditionExpression: aws.String("attribute_not_exists(exp) OR exp < :now"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":now": &types.AttributeValueMemberN{Value: strconv.FormatInt(now.UnixMilli(), 10)},
			":exp": &types.AttributeValueMemberN{Value: strconv.FormatInt(now.Add(lockHeld).UnixMilli(), 10)},
		},
	})
	if _, held := errors.AsType[*types.ConditionalCheckFailedException](err); held {
		return false, nil
	}
	return err == nil, err
}
