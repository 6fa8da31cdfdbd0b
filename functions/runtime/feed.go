package runtime

import (
	"context"
	"errors"
	"fmt"
	"regexp"
)

// Feed names the queues that feed a function, and the alias by which they invoke it.
type Feed struct {
	EventQueues    []string // ARNs of the queues whose events are believed
	QueueQualifier string   // the alias that only the queues invoke
}

// SetEventQueues reads ARNs of SQS queues, with commas between them.
func (f *Feed) SetEventQueues(s string) error {
	queues, ok := List(s, func(s string) bool { return IsARN(s, "sqs", "") })
	if !ok {
		return fmt.Errorf("%q: want ARNs of SQS queues, each once, with commas between them", s)
	}
	f.EventQueues = queues
	return nil
}

// qualifier is the name of an alias, or the number of a version (Lambda, CreateAlias).
var qualifier = named{1, 128, regexp.MustCompile(`^[A-Za-z0-9_-]*$`)}

// SetQueueQualifier reads the name of an alias.
func (f *Feed) SetQueueQualifier(s string) error { return SetAlias(&f.QueueQualifier, s, "queue") }

// SetAlias reads the name of an alias.
func SetAlias(alias *string, s, example string) error {
	if !qualifier.matches(s) {
		return fmt.Errorf("%q: want the name of an alias of the function, such as %s", s, example)
	}
	*alias = s
	return nil
}

// InvokedBy reports whether the function was invoked by an alias. Only Lambda's event source
// mappings may use the alias of the queues.
func InvokedBy(ctx context.Context, alias string) bool {
	by := Qualifier(ctx)
	return by != "" && by == alias
}

// ErrUndelivered says that a caller may have written a record that names a queue of the function.
var ErrUndelivered = errors.New("the record names a queue of SGKEEPER_EVENT_QUEUE, and Lambda did not deliver it " +
	"by the alias of SGKEEPER_QUEUE_QUALIFIER: want the queue mapped to that alias")
