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

// skyPort is a port or range of a task, with its place in the file.
type skyPort struct {
	text string
	line int
	key  string // such as resources.ports
}

// String returns the place, for example "line 4, resources.ports".
func (p skyPort) String() string { return fmt.Sprintf("line %d, %s", p.line, p.key) }

// skyPorts returns the ports of all tasks of a file. They include the ports of all alternatives
// on AWS, because any of these may run.
func skyPorts(data []byte) ([]skyPort, error) {
	if len(data) > skyLimit {
		return nil, fmt.Errorf("the file has %d bytes: want at most %d", len(data), skyLimit)
	}
	var ports []skyPort
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
		if err := task.Resources.collect(&ports, "resources"); err != nil {
			return nil, err
		}
	}
	if len(ports) == 0 {
		return nil, errors.New("resources.ports is absent: want the ports of the task there, or give --ports")
	}
	return ports, nil
}

// collect appends the ports of r, which has that key, and of its alternatives that may run on
// AWS.
func (r skyResources) collect(ports *[]skyPort, key string) error {
	if !r.onAWS() {
		return nil
	}
	if err := addPorts(ports, &r.Ports, key+".ports"); err != nil {
		return err
	}
	for _, list := range []struct {
		key          string
		alternatives []skyResources
	}{{key + ".any_of", r.AnyOf}, {key + ".ordered", r.Ordered}} {
		for i, alternative := range list.alternatives {
			if err := alternative.collect(ports, fmt.Sprintf("%s[%d]", list.key, i)); err != nil {
				return err
			}
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

// addPorts reads the ports at a key: a number, a text, or a list of both.
func addPorts(ports *[]skyPort, n *yaml.Node, key string) error {
	if n = named(n); n.Kind != yaml.SequenceNode {
		return addPort(ports, n, key)
	}
	for _, element := range n.Content {
		if err := addPort(ports, named(element), key); err != nil {
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

func addPort(ports *[]skyPort, n *yaml.Node, key string) error {
	p := skyPort{n.Value, n.Line, key}
	switch {
	case n.IsZero(), n.Tag == "!!null":
		return nil
	case n.Kind != yaml.ScalarNode:
		return fmt.Errorf("%s: want a number, a range such as 8002-8004, or a list of those", p)
	case strings.Contains(n.Value, "$"):
		return fmt.Errorf("%s: found %q, which SkyPilot fills in at launch: give --ports", p, n.Value)
	}
	*ports = append(*ports, p)
	return nil
}
