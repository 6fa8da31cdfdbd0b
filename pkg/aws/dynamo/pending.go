package dynamo

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
)

// egressMark precedes the id of an egress rule among the pending revokes.
const egressMark = "egress "

// encodePending writes each pending revoke as one string, for example "egress
// sgr-0123456789abcdef0 t0q3k0".
func encodePending(pending []claim.PendingRevoke) types.AttributeValue {
	s := make([]string, len(pending))
	for i, p := range pending {
		if p.Egress {
			s[i] = egressMark
		}
		s[i] += p.ID
		if !p.Since.IsZero() {
			s[i] += " " + strconv.FormatInt(p.Since.Unix(), 36)
		}
	}
	slices.Sort(s)
	return texts(slices.Compact(s)...)
}

// decodePending returns the pending revokes in order of their ids, each once. Versions of
// sgkeeper before 0.2 wrote no time.
func decodePending(r *reader) []claim.PendingRevoke {
	var pending []claim.PendingRevoke
	for _, s := range r.texts("cond") {
		s, egress := strings.CutPrefix(s, egressMark)
		id, since, dated := strings.Cut(s, " ")
		p := claim.PendingRevoke{ID: id, Egress: egress}
		if dated {
			seconds, err := strconv.ParseInt(since, 36, 64)
			if err != nil {
				r.fail("cond holds %q: %w", s, err)
				return nil
			}
			p.Since = time.Unix(seconds, 0).UTC()
		}
		pending = append(pending, p)
	}
	slices.SortFunc(pending, func(a, b claim.PendingRevoke) int {
		return strings.Compare(a.ID, b.ID)
	})
	return slices.CompactFunc(pending, func(a, b claim.PendingRevoke) bool { return a.ID == b.ID })
}
