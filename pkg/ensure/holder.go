package ensure

import (
	"crypto/rand"
	"strings"
	"time"
)

// Holder describes the holder of a group's lease to operators. The protocol compares only the
// complete name, which has 128 random bits.
type Holder struct {
	Since      time.Time // when the pass began, in whole seconds, by the holder's clock
	Invocation string    // the function's request id; "" if there is none
}

// sinceFormat is the format of the time at the start of a name.
const sinceFormat = "20060102T150405Z"

// Nonce returns a new name of a lease's owner.
func (h Holder) Nonce() string {
	return h.Since.UTC().Format(sinceFormat) + "/" + h.Invocation + "/" + rand.Text()
}

// ParseHolder parses the name of a lease's owner. ok is false if the name has another format.
func ParseHolder(nonce string) (h Holder, ok bool) {
	part := strings.Split(nonce, "/")
	if len(part) != 3 {
		return Holder{}, false
	}
	since, err := time.Parse(sinceFormat, part[0])
	return Holder{since, part[1]}, err == nil
}
