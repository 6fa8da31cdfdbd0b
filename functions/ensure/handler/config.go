package handler

import (
	"errors"
	"fmt"

	"github.com/sgkeeper/sgkeeper/functions/runtime"
)

// Config is the configuration of the function. Load reads it from the environment. The AWS SDK
// reads its own variables.
type Config struct {
	runtime.Config
	Mode        Mode
	Untagged    bool     // rules get no tags; sgkeeper recognises its rules by their ids
	Instances   bool     // EC2 instances with sgkeeper's tags are launches
	EventQueues []string // ARNs of the queues that only EventBridge feeds
	// QueueQualifier is the alias by which only the queues invoke the function. The function
	// trusts no record of an invocation by another qualifier. "" trusts none.
	QueueQualifier string
	// WaitQualifier is the alias that accepts waits and nothing else. "": there is none.
	WaitQualifier string
}

// Mode says whether the function writes to EC2.
type Mode string

const (
	// Enforce opens the requested rules.
	Enforce Mode = "enforce"
	// Observe decides, records and reports, and writes nothing to EC2.
	Observe Mode = "observe"
)

// Load reads the configuration from variables in the form of os.Environ, like runtime.Load.
func Load(environ []string) (Config, error) {
	c, err := runtime.Load(Settings(), environ)
	return c, errors.Join(err, c.Members.Check(), c.checkAliases())
}

// checkAliases fails if one alias is for both the queues and waits. The queues' messages would
// then be refused as waits.
func (c *Config) checkAliases() error {
	if c.WaitQualifier == "" || c.WaitQualifier != c.QueueQualifier {
		return nil
	}
	return fmt.Errorf("SGKEEPER_WAIT_QUALIFIER: %q is the alias of SGKEEPER_QUEUE_QUALIFIER, too: want another alias", c.WaitQualifier)
}
