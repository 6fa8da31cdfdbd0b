package ensure

import (
	"crypto/rand"
	"strings"
	"time"
)

// Holder says who holds a group's lease, and since when. Both are for people:
// the protocol compares only whole names, which 128 random bits keep apart.
type Holder struct {
	Since      time.Time // when it came to the group, to the second; by its clock
	Invocation string    // the function's request id; "" where there is none
}

// sinceFormat is how a name begins.
const sinceFormat = "20060102T150405Z"

// nonce returns a new name.
func (h Holder) nonce() string {
	return h.Since.UTC().Format(sinceFormat) + "/" + h.Invocation + "/" + rand.Text()
}

// ParseHolder reads what the name of a lease's owner says. ok is false for a
// name of another make.
func ParseHolder(nonce string) (h Holder, ok bool) {
	part := strings.Split(nonce, "/")
	if len(part) != 3 {
		return Holder{}, false
	}
	since, err := time.Parse(sinceFormat, part[0])
	return Holder{since, part[1]}, err == nil
}
