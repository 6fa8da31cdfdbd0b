// Command infra is the CDK app that cdk.json names. It reads all settings of a deployment from
// the context. It makes an installation's stack or a member account's stack.
package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/cxapi"
	"github.com/aws/jsii-runtime-go"

	"github.com/sgkeeper/sgkeeper/infra/stack"
	"github.com/sgkeeper/sgkeeper/pkg/core/awsid"
)

func main() {
	defer jsii.Close()
	app := newApp("")
	settings, err := read(app.Node().GetAllContext(nil))
	if err != nil {
		fmt.Fprintf(os.Stderr, "the context is wrong (cdk.json, or -c KEY=VALUE):\n%v\n", err)
		os.Exit(1)
	}
	settings.make(app)
	if err := checked(app.Synth(nil)); err != nil {
		fmt.Fprintf(os.Stderr, "AWS would reject the stack:\n%v\n", err)
		os.Exit(1)
	}
}

// checked returns an error with a line for each limit of AWS that a template exceeds.
func checked(assembly cxapi.CloudAssembly) error {
	var faults []error
	for _, made := range *assembly.Stacks() {
		text, err := os.ReadFile(*made.TemplateFullPath())
		if err != nil {
			return err
		}
		faults = append(faults, stack.CheckTemplate(text)...)
	}
	return errors.Join(faults...)
}

// newApp makes an app that writes to a folder. "" is the CDK CLI's folder.
func newApp(folder string) awscdk.App {
	props := &awscdk.AppProps{
		AnalyticsReporting: jsii.Bool(false),
		// In cdk.json, they would look like settings.
		Context: &map[string]any{
			"@aws-cdk/aws-iam:minimizePolicies": true,
			"@aws-cdk/core:target-partitions":   awsid.Partitions(),
		},
	}
	if folder != "" {
		props.Outdir = jsii.String(folder)
	}
	return awscdk.NewApp(props)
}

// make makes the stack that the settings choose.
func (s settings) make(app awscdk.App) {
	var made awscdk.Stack
	if s.kind == memberStack {
		made = stack.NewMember(app, s.member())
	} else {
		made = stack.New(app, s.Props)
	}
	if len(s.others) > 0 {
		awscdk.Annotations_Of(made).AddInfo(jsii.String("sgkeeper does not read these keys of the context: " +
			strings.Join(s.others, ", ")))
	}
}

// read turns the context into settings. The error has a line for each faulty key, with its
// name, its value and the remedy. CDK, its commands and ~/.cdk.json have keys of their own
// there, so an unknown key is faulty only if it resembles one of ours.
func read(context any) (settings, error) {
	given, _ := context.(map[string]any)
	s := defaults()
	var faults []error
	for _, k := range keys() {
		value, ok := given[k.name]
		if !ok {
			continue
		}
		text, err := textOf(k.name, value)
		if err == nil && text != "" {
			err = k.set(&s, text)
		}
		for _, fault := range each(err) {
			faults = append(faults, fmt.Errorf("%s: %w", k.name, fault))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		switch {
		case known(name) || ofCDK(name):
		case meant(name) != "":
			faults = append(faults, fmt.Errorf("%s: there is no such key; the nearest is %s", name, meant(name)))
		default:
			s.others = append(s.others, name)
		}
	}
	return s, errors.Join(append(faults, s.check()...)...)
}

// each returns the parts of a joined error.
func each(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}
