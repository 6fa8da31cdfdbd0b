package main

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"runtime/debug"
	"slices"
	"strings"
)

// The bill of materials follows CycloneDX 1.6, https://cyclonedx.org/docs/1.6/json/. It is one
// document for all programs of a release. Its content comes from the build information in the
// programs, which `go version -m` prints:
//
//   - A component of type application for each program, by the name of its archive.
//   - A component of type library for each module, and for Go's standard library.
//   - The dependencies name the modules of each program.
//
// We do not use cyclonedx-gomod: it writes one document for each program, and adds its own
// checksum, so the bytes would depend on the machine.
type bom struct {
	Schema       string       `json:"$schema"`
	Format       string       `json:"bomFormat"`
	SpecVersion  string       `json:"specVersion"`
	SerialNumber string       `json:"serialNumber"` // from the content
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref"`
	Name       string     `json:"name"`
	Version    string     `json:"version"`
	Hashes     []hash     `json:"hashes,omitempty"`
	Licenses   []license  `json:"licenses,omitempty"`
	PURL       string     `json:"purl,omitempty"`
	Properties []property `json:"properties,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"` // hexadecimal
}

type license struct {
	License struct {
		ID string `json:"id"`
	} `json:"license"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn,omitempty"`
}

const (
	bomName = "sgkeeper.cdx.json"
	self    = "sgkeeper" // ref of the release
)

// describe returns the bill of materials of programs.
func describe(from source, programs []program) ([]byte, error) {
	modules := make(map[string]component)
	var applications []component
	depends := []dependency{{Ref: self}}
	for _, p := range programs {
		info, err := buildinfo.ReadFile(p.path)
		if err != nil {
			return nil, err
		}
		content, err := os.ReadFile(p.path)
		if err != nil {
			return nil, err
		}
		application, libraries, err := bill(p.archive, from, content, info)
		if err != nil {
			return nil, err
		}
		needs := dependency{Ref: application.Ref}
		for _, library := range libraries {
			modules[library.Ref] = library
			needs.DependsOn = append(needs.DependsOn, library.Ref)
		}
		applications = append(applications, application)
		depends[0].DependsOn = append(depends[0].DependsOn, application.Ref)
		depends = append(depends, needs)
	}
	refs := slices.Sorted(maps.Keys(modules))
	for _, ref := range refs {
		applications = append(applications, modules[ref])
		depends = append(depends, dependency{Ref: ref})
	}
	return render(bom{
		Schema: "http://cyclonedx.org/schema/bom-1.6.schema.json", Format: "CycloneDX", SpecVersion: "1.6", Version: 1,
		Metadata:   metadata{ofSelf(from)},
		Components: applications, Dependencies: depends,
	})
}

// ofSelf is the component of the release.
func ofSelf(from source) component {
	var apache license
	apache.License.ID = "Apache-2.0"
	c := component{Type: "application", Ref: self, Name: "github.com/sgkeeper/sgkeeper", Version: from.String(),
		Licenses: []license{apache}}
	if from.tag != "" {
		c.PURL = "pkg:golang/" + c.Name + "@" + from.tag
	}
	return c
}

// bill returns the components of a program: itself, and the modules in it.
func bill(name string, from source, content []byte,
	info *debug.BuildInfo) (application component, libraries []component, err error) {
	sum := sha256.Sum256(content)
	application = component{
		Type: "application", Ref: name, Name: name, Version: from.String(),
		Hashes:     []hash{{"SHA-256", hex.EncodeToString(sum[:])}},
		Properties: []property{{"go:path", info.Path}},
	}
	for _, setting := range info.Settings {
		application.Properties = append(application.Properties, property{"go:build:" + setting.Key, setting.Value})
	}
	libraries = []component{library("std", info.GoVersion)}
	for _, module := range info.Deps {
		if module.Replace != nil {
			module = module.Replace
		}
		c := library(module.Path, module.Version)
		if module.Sum != "" {
			tree, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(module.Sum, "h1:"))
			if err != nil {
				return component{}, nil, fmt.Errorf("the checksum of %s in %s: %w", module.Path, name, err)
			}
			c.Hashes = []hash{{"SHA-256", hex.EncodeToString(tree)}} // of the module's files, as in go.sum
		}
		libraries = append(libraries, c)
	}
	return application, libraries, nil
}

func library(path, version string) component {
	purl := "pkg:golang/" + path + "@" + version
	return component{Type: "library", Ref: purl, Name: path, Version: version, PURL: purl}
}

// render returns the document's JSON. Its serial number is a UUID of version 8 made of the
// content, so that the same release has the same number.
func render(b bom) ([]byte, error) {
	b.SerialNumber = ""
	unnumbered, err := marshal(b)
	if err != nil {
		return nil, err
	}
	id := sha256.Sum256(unnumbered)
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80 // RFC 9562, section 5.8
	b.SerialNumber = fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:16])
	return marshal(b)
}

func marshal(b bom) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(b)
	return text.Bytes(), err
}
