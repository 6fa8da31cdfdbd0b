package functions_test

import (
	"debug/buildinfo"
	"testing"
)

// archived maps unmaintained modules to their replacements.
var archived = map[string]string{
	"gopkg.in/yaml.v2": "go.yaml.in/yaml/v3",
	"gopkg.in/yaml.v3": "go.yaml.in/yaml/v3",
}

// TestModules: no program that Lambda loads links an archived module, not even indirectly.
func TestModules(t *testing.T) {
	for _, function := range []string{"ensure", "audit"} {
		info, err := buildinfo.ReadFile(build(t, "./"+function).path)
		if err != nil {
			t.Fatal(err)
		}
		if len(info.Deps) == 0 {
			t.Fatalf("%s lists no modules", function)
		}
		for _, module := range info.Deps {
			if replacement, ok := archived[module.Path]; ok {
				t.Errorf("%s links %s, which is archived: want %s", function, module.Path, replacement)
			}
		}
	}
}
