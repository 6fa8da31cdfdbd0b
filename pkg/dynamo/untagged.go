package dynamo

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/claim"
)

// encodeUntagged writes each rule as one text of some 40 bytes: a thousand rules
// take a tenth of what an item may hold.
func encodeUntagged(untagged []claim.Untagged) types.AttributeValue {
	s := make([]string, len(untagged))
	for i, u := range untagged {
		s[i] = u.ID + " " + u.Seal + " " + strconv.FormatInt(u.At.Unix(), 36)
	}
	slices.Sort(s)
	return texts(slices.Compact(s)...)
}

// decodeUntagged returns the rules in order of their ids.
func decodeUntagged(r *reader) []claim.Untagged {
	var untagged []claim.Untagged
	for _, s := range r.texts("untagged") {
		part := strings.Split(s, " ")
		if len(part) != 3 {
			r.fail("untagged holds %q; want <rule id> <seal> <time>", s)
			return nil
		}
		at, err := strconv.ParseInt(part[2], 36, 64)
		if err != nil {
			r.fail("untagged holds %q: %w", s, err)
			return nil
		}
		untagged = append(untagged, claim.Untagged{ID: part[0], Seal: part[1], At: time.Unix(at, 0).UTC()})
	}
	return untagged
}
