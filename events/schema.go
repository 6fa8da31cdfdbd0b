package events

import (
	"embed"
	"io/fs"
)

// SchemaBase is the prefix of every schema's $id. The file name follows.
const SchemaBase = "https://github.com/sgkeeper/sgkeeper/events/schema/"

//go:embed schema/*.json
var schemaFiles embed.FS

//go:embed examples
var exampleFiles embed.FS

// Schemas holds the JSON Schemas (2020-12), such as launch-requested.json.
func Schemas() fs.FS { return folder(schemaFiles, "schema") }

// Examples holds the examples of every schema: examples/<schema>/<name>.json. Beside a refused
// one is <name>.faults with its faults.
func Examples() fs.FS { return folder(exampleFiles, "examples") }

func folder(files embed.FS, name string) fs.FS {
	sub, err := fs.Sub(files, name)
	if err != nil {
		panic(err) // Sub fails only for an invalid name
	}
	return sub
}
