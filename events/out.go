package events

// Out is the detail of a published event. It has a detail-type, and its JSON is the detail.
type Out interface{ DetailType() string }
