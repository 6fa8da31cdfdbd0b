package claim

// Purpose is the requester and the reason of a request, in the publisher's words. It is for
// people: it changes neither the request's identity nor its rules. Each part may be "".
type Purpose struct {
	Requester string // a person or a team
	Reason    string
	Ticket    string // of a tracker, such as OPS-1234; not an outcome's ticket
}

// Limits of a purpose, in characters.
const (
	maxRequester = 128
	maxReason    = 512
	maxTicket    = 128
)

// PurposeKeys are the keys of a purpose in an event, with their limits in characters.
var PurposeKeys = []struct {
	Key string
	Max int
}{{"requester", maxRequester}, {"reason", maxReason}, {"ticket", maxTicket}}

// Part returns the part of the purpose that has the key.
func (p *Purpose) Part(key string) *string {
	switch key {
	case "requester":
		return &p.Requester
	case "reason":
		return &p.Reason
	}
	return &p.Ticket
}
