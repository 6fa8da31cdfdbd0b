package dynamo

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// encodeUntagged writes each rule as one string of some 40 bytes.
func encodeUntagged(untagged []claim.Untagged) types.AttributeValue {
	s := make([]string, len(untagged))
	for i, u := range untagged {
		s[i] = untaggedText(u)
	}
	slices.Sort(s)
	return texts(slices.Compact(s)...)
}

func untaggedText(u claim.Untagged) string { return u.ID + " " + u.Seal + " " + base36(u.At.Unix()) }

// decodeUntagged returns the rules in order of their ids.
func decodeUntagged(r *reader) []claim.Untagged {
	var untagged []claim.Untagged
	for _, s := range r.texts("untagged") {
		u, err := parseUntagged(s)
		if err != nil {
			r.fail("untagged holds %q: %w", s, err)
			return nil
		}
		untagged = append(untagged, u)
	}
	return untagged
}

func parseUntagged(s string) (claim.Untagged, error) {
	part := strings.Split(s, " ")
	if len(part) != 3 {
		return claim.Untagged{}, errors.New("want <rule id> <seal> <time>")
	}
	at, err := strconv.ParseInt(part[2], 36, 64)
	return claim.Untagged{ID: part[0], Seal: part[1], At: time.Unix(at, 0).UTC()}, err
}
