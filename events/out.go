package events

// Out is an event's detail that goes out: it knows its detail-type and how it
// is written as JSON.
type Out interface{ DetailType() string }
