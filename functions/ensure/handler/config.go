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
	runtime.Feed // only EventBridge feeds its queues
	Mode         Mode
	Untagged     bool // rules get no tags; sgkeeper recognises its rules by their ids
	Instances    bool // EC2 instances with sgkeeper's tags are launches
	Trace        bool // each step of a pass logs a line
	// WaitQualifier is the alias that accepts waits and nothing else. "": there is none.
	WaitQualifier string
	// StackQualifier is the alias that accepts requests of CloudFormation and nothing else. "":
	// there is none.
	StackQualifier string
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

// checkAliases fails if two of the aliases are one. For example, the messages of a queue would be
// refused by the alias of waits.
func (c *Config) checkAliases() error {
	used := map[string]string{}
	for _, alias := range []struct{ setting, name string }{
		{"SGKEEPER_QUEUE_QUALIFIER", c.QueueQualifier},
		{"SGKEEPER_WAIT_QUALIFIER", c.WaitQualifier},
		{"SGKEEPER_STACK_QUALIFIER", c.StackQualifier},
	} {
		if other := used[alias.name]; alias.name != "" && other != "" {
			return fmt.Errorf("%s: %q is the alias of %s, too: want another alias", alias.setting, alias.name, other)
		}
		used[alias.name] = alias.setting
	}
	return nil
}
