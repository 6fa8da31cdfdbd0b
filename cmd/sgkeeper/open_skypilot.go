package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// skyTask is the part of a SkyPilot task that concerns ports.
type skyTask struct {
	Resources skyResources `yaml:"resources"`
}

// skyResources are the resources of a task, and those of each alternative.
type skyResources struct {
	Ports   yaml.Node      `yaml:"ports"`
	Infra   string         `yaml:"infra"`
	Cloud   string         `yaml:"cloud"` // older name of infra
	AnyOf   []skyResources `yaml:"any_of"`
	Ordered []skyResources `yaml:"ordered"`
}

// skyLimit is the maximum size of a task's file in bytes.
const skyLimit = 1 << 20

// skyPorts returns the ports of all tasks of a file in an event's form. They include the ports
// of all alternatives on AWS, because any of these may run.
func skyPorts(data []byte) ([]any, error) {
	if len(data) > skyLimit {
		return nil, fmt.Errorf("the file has %d bytes: want at most %d", len(data), skyLimit)
	}
	var ports []any
	documents := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var task skyTask
		err := documents.Decode(&task)
		if errors.Is(err, io.EOF) {
			break
		}
		if _, shape := errors.AsType[*yaml.TypeError](err); shape {
			return nil, errors.New("it is not a SkyPilot task: want a mapping with resources.ports")
		}
		if err != nil {
			return nil, fmt.Errorf("it cannot be read as a SkyPilot task: %w", err)
		}
		if err := task.Resources.collect(&ports); err != nil {
			return nil, err
		}
	}
	if len(ports) == 0 {
		return nil, errors.New("resources.ports is absent: want the ports of the task there, or give --ports")
	}
	return ports, nil
}

// collect appends the ports of r and of its alternatives that may run on AWS.
func (r skyResources) collect(ports *[]any) error {
	if !r.onAWS() {
		return nil
	}
	if err := addPorts(ports, &r.Ports); err != nil {
		return err
	}
	for _, alternative := range append(r.AnyOf, r.Ordered...) {
		if err := alternative.collect(ports); err != nil {
			return err
		}
	}
	return nil
}

func (r skyResources) onAWS() bool {
	for _, where := range []string{r.Infra, r.Cloud} {
		cloud, _, _ := strings.Cut(strings.ToLower(where), "/")
		if cloud != "" && cloud != "aws" && cloud != "*" {
			return false
		}
	}
	return true
}

// addPorts reads ports: a number, a text, or a list of both.
func addPorts(ports *[]any, n *yaml.Node) error {
	if n = named(n); n.Kind != yaml.SequenceNode {
		return addPort(ports, n)
	}
	for _, element := range n.Content {
		if err := addPort(ports, named(element)); err != nil {
			return err
		}
	}
	return nil
}

// named returns the node that an alias refers to.
func named(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func addPort(ports *[]any, n *yaml.Node) error {
	switch {
	case n.IsZero(), n.Tag == "!!null":
		return nil
	case n.Kind != yaml.ScalarNode:
		return fmt.Errorf("line %d: ports: want a number, a range such as 8002-8004, or a list of those", n.Line)
	case strings.Contains(n.Value, "$"):
		return fmt.Errorf("line %d: ports: found %q, which SkyPilot fills in at launch: give --ports", n.Line, n.Value)
	}
	*ports = append(*ports, n.Value)
	return nil
}
