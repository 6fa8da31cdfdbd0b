package handler

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/agext/levenshtein"

	"github.com/sgkeeper/sgkeeper/pkg/plan"
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
	EventQueue   string         // ARN of the queue that EventBridge alone feeds
	Installation string         // "" is made of account, Region and table
	LogLevel     slog.Level
	Members      Members
}

// Members are the accounts and Regions that are served besides the function's
// own.
type Members struct {
	Accounts   []string
	Regions    []string
	Role       string // in each account, that the function assumes
	ExternalID string // that the role wants
}

// Mode says whether anything is written to EC2.
type Mode string

const (
	// Enforce opens what is asked.
	Enforce Mode = "enforce"
	// Observe decides, records and reports, and writes nothing to EC2.
	Observe Mode = "observe"
)

// prefix stands before the name of every setting in the environment.
const prefix = "SGKEEPER_"

// Load reads the configuration from variables as os.Environ lists them. The
// error names every variable that is wrong, and what it wants; a variable of
// ours that there is no setting for is wrong too, whatever its case.
func Load(environ []string) (Config, error) {
	given := make(map[string]string)
	for _, variable := range environ {
		if name, value, ok := strings.Cut(variable, "="); ok && strings.HasPrefix(strings.ToUpper(name), prefix) {
			given[name] = value
		}
	}
	var c Config
	var faults []error
	for _, s := range Settings() {
		value := given[s.Name]
		delete(given, s.Name)
		if value == "" {
			value = s.Default
		}
		if err := s.set(&c, value); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", s.Name, err))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		faults = append(faults, fmt.Errorf("%q: there is no such setting; the nearest is %s", name, nearest(name)))
	}
	if len(c.Members.Accounts) > 0 && c.Members.ExternalID == "" {
		faults = append(faults, errors.New("SGKEEPER_EXTERNAL_ID: not set; want the external id that the members' roles ask for"))
	}
	return c, errors.Join(faults...)
}

// LoadEnvironment is [Load] of the process's environment.
func LoadEnvironment() (Config, error) { return Load(os.Environ()) }

// nearest returns the setting whose name takes the fewest edits, whatever the
// case.
func nearest(name string) string {
	name = strings.ToUpper(name)
	distance := func(s Setting) int { return levenshtein.Distance(name, s.Name, nil) }
	return slices.MinFunc(Settings(), func(a, b Setting) int { return distance(a) - distance(b) }).Name
}

// installation is the identity of this deployment of sgkeeper.
func (c Config) installation(account, region string) plan.Installation {
	if c.Installation != "" {
		return plan.Installation(c.Installation)
	}
	return plan.Installation(account + "/" + region + "/" + c.Table)
}
