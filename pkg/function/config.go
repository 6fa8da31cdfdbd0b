package function

import (
	"log/slog"

	"github.com/sgkeeper/sgkeeper/pkg/plan"
)

// Config is what every function is configured by, beside what is its own.
type Config struct {
	Table        string         // of claims and leases
	Bus          string         // where events are published; "" publishes none
	Quota        int            // rules a group may hold, for each direction and family
	Weights      map[string]int // what prefix lists count towards the quota
	Account      string         // "" is read from the function's own ARN
	Installation string         // "" is made of account, Region and table
	Guardrails   string         // a file, or ssm: and the name of a parameter; "" is the built-in
	Members      Members
	LogLevel     slog.Level
}

// Owner is the identity of the installation in an account and Region: as
// configured, or as made of them and the table.
func (c *Config) Owner(account, region string) plan.Installation {
	if c.Installation != "" {
		return plan.Installation(c.Installation)
	}
	return plan.DefaultInstallation(account, region, c.Table)
}
