package claim

// Origin is the origin of an event. Each part is either trusted, or "".
//
// For example, an event that EventBridge delivered has an account and a source. A message from
// a role to the publishers' queue has a sender. An event by direct invocation has the
// function's own account, and neither.
type Origin struct {
	Account    string // the publisher's
	Source     string // the envelope's source, if EventBridge wrote it
	DetailType string // such as Launch Requested
	Event      string // the envelope's id
	Message    string // the SQS message's id
	Sender     string // SQS's SenderId, if a queue of publishers delivered it
}
