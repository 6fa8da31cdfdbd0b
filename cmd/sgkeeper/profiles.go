package main

import (
	"bufio"
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/spf13/cobra"
)

// completeProfiles returns the profiles of the AWS configuration files.
func completeProfiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, file := range []string{
		cmp.Or(os.Getenv("AWS_CONFIG_FILE"), config.DefaultSharedConfigFilename()),
		cmp.Or(os.Getenv("AWS_SHARED_CREDENTIALS_FILE"), config.DefaultSharedCredentialsFilename()),
	} {
		names = append(names, profilesIn(file)...)
	}
	slices.Sort(names)
	return slices.Compact(names), cobra.ShellCompDirectiveNoFileComp
}

// profilesIn returns the names of a file's profiles. In the configuration file, a section's
// name begins with "profile", except for the default profile.
func profilesIn(file string) (names []string) {
	f, err := os.Open(filepath.Clean(file))
	if err != nil {
		return nil // nothing to offer
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		section, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), "[")
		section, closed := strings.CutSuffix(section, "]")
		kind, name, two := strings.Cut(strings.TrimSpace(section), " ")
		switch {
		case !ok || !closed || two && kind != "profile":
		case two:
			names = append(names, strings.TrimSpace(name))
		default:
			names = append(names, kind)
		}
	}
	return names
}
