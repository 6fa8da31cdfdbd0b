package handler

import (
	"errors"

	"github.com/sgkeeper/sgkeeper/pkg/function"
)

// Config is what the function is configured by. Load reads it from the
// environment; the AWS SDK reads its own variables.
type Config struct {
	function.Config
	Mode        Mode
	Untagged    bool     // rules get no tags; their ids tell that they are ours
	Instances   bool     // EC2 instances with our tags are launches
	EventQueues []string // ARNs of the queues that EventBridge alone feeds
	// QueueQualifier is the alias of the function that queues alone invoke. Records are
	// believed only if they come by it; "": none are.
	QueueQualifier string
}

// Mode says whether anything is written to EC2.
type Mode string

const (
	// Enforce opens what is asked.
	Enforce Mode = "enforce"
	// Observe decides, records and reports, and writes nothing to EC2.
	Observe Mode = "observe"
)

// Load reads the configuration from variables as os.Environ lists them, as
// function.Load does.
func Load(environ []string) (Config, error) {
	c, err := function.Load(Settings(), environ)
	return c, errors.Join(err, c.Members.Check())
}
