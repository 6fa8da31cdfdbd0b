package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go/logging"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/spf13/cobra"

	"github.com/sgkeeper/sgkeeper/pkg/aws/transport"
)

// awsFlags select the account, like the flags of the AWS CLI. The SDK finds the rest:
// environment, profile, role.
type awsFlags struct{ region, profile, endpoint string }

func (f *awsFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.region, "region", "", "AWS `Region`; by default the environment's or the profile's")
	flags.StringVar(&f.profile, "profile", "", "`name` of a profile in the AWS configuration files")
	flags.StringVar(&f.endpoint, "endpoint-url", "", "`URL` to send all AWS calls to, such as that of sgkeeper local")
	must(cmd.RegisterFlagCompletionFunc("profile", completeProfiles))
	complete(cmd, "region")
	complete(cmd, "endpoint-url")
}

// load makes the configuration of all clients.
func (f *awsFlags) load(ctx context.Context) (aws.Config, error) {
	// The SDK's own log does not help the user of a command.
	options := []func(*config.LoadOptions) error{config.WithLogger(logging.Nop{})}
	if f.region != "" {
		options = append(options, config.WithRegion(f.region))
	}
	if f.profile != "" {
		options = append(options, config.WithSharedConfigProfile(f.profile))
	}
	if u, err := url.Parse(f.endpoint); f.endpoint != "" && (err != nil || u.Host == "") {
		return aws.Config{}, fmt.Errorf("--endpoint-url %q: want a URL such as http://127.0.0.1:4599", f.endpoint)
	}
	if f.endpoint != "" {
		options = append(options, config.WithBaseEndpoint(f.endpoint))
	}
	c, err := config.LoadDefaultConfig(ctx, options...)
	if missing, ok := errors.AsType[config.SharedConfigProfileNotExistError](err); ok {
		return c, fmt.Errorf("there is no profile %s in the AWS configuration files: check --profile and AWS_PROFILE",
			missing.Profile)
	}
	return transport.Repair(withProfile(c, f.profile)), cmp.Or(err, checkRegion(c.Region))
}

// checkRegion checks a Region, because it becomes a part of a host's name.
func checkRegion(name string) error {
	if name == "" {
		return errors.New("no AWS Region: give --region, or set AWS_REGION")
	}
	if !smithyhttp.ValidHostLabel(name) {
		return fmt.Errorf("AWS Region %q: want one such as us-east-1: check --region, AWS_REGION and the profile", name)
	}
	return nil
}

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
