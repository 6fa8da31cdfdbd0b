package runtime

import (
	"log/slog"

	"github.com/sgkeeper/sgkeeper/pkg/core/plan"
)

// Config holds the settings that all functions have. Each function adds its own.
type Config struct {
	Table        string         // of claims and leases
	Bus          string         // receives the events; "" publishes none
	Quota        int            // maximum rules of a group, for each direction and family
	Weights      map[string]int // of prefix lists towards the quota, by id
	Account      string         // "" reads it from the function's own ARN
	Installation string         // "" derives it from account, Region and table
	Guardrails   string         // a file, or ssm: and a parameter's name; "" means the built-in ones
	Members      Members
	LogLevel     slog.Level
}

// Owner returns the installation's identity in an account and Region: the configured one, or
// one derived from account, Region and table.
func (c *Config) Owner(account, region string) plan.Installation {
	if c.Installation != "" {
		return plan.Installation(c.Installation)
	}
	return plan.DefaultInstallation(account, region, c.Table)
}
