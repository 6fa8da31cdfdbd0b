package handler

import (
	"errors"
	"log/slog"
	"os"

	"github.com/sgkeeper/sgkeeper/pkg/function"
)

// Config is what the function is configured by. Load reads it from the
// environment; the AWS SDK reads its own variables.
type Config struct {
	Table        string // of claims and leases
	Bus          string // where outcomes are published; "" publishes none
	Mode         Mode
	Quota        int            // rules a group may hold, for each direction and family
	Weights      map[string]int // what prefix lists count towards the quota
	Account      string         // "" is read from the function's own ARN
	Untagged     bool           // rules get no tags; their ids tell that they are ours
	Instances    bool           // EC2 instances with our tags are launches
	EventQueue   string         // ARN of the queue that EventBridge alone feeds
	Installation string         // "" is made of account, Region and table
	Guardrails   string         // a file, or ssm: and the name of a parameter; "" is the built-in
	LogLevel     slog.Level
	Members      Members
}

// Members are the accounts and Regions that are served besides the function's
// own.
type Members = function.Members

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
	var settings []function.Setting[Config]
	for _, s := range Settings() {
		settings = append(settings, function.Setting[Config]{Name: s.Name, Default: s.Default, Help: s.Help, Set: s.set})
	}
	c, err := function.Load(settings, environ)
	return c, errors.Join(err, c.Members.Check())
}

// LoadEnvironment is [Load] of the process's environment.
func LoadEnvironment() (Config, error) { return Load(os.Environ()) }
