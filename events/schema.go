package events

import (
	"embed"
	"io/fs"
)

// SchemaBase is the beginning of every schema's $id; the rest is its file name.
const SchemaBase = "https://github.com/sgkeeper/sgkeeper/events/schema/"

//go:embed schema/*.json
var schemaFiles embed.FS

//go:embed examples
var exampleFiles embed.FS

// Schemas holds the JSON Schemas (2020-12), such as launch-requested.json.
func Schemas() fs.FS { return folder(schemaFiles, "schema") }

// Examples holds the examples of every schema: examples/<schema>/<name>.json.
// Beside one that is refused stands <name>.faults, the faults it is refused for.
func Examples() fs.FS { return folder(exampleFiles, "examples") }

func folder(files embed.FS, name string) fs.FS {
	sub, err := fs.Sub(files, name)
	if err != nil {
		panic(err) // the name is valid, which is all that Sub asks
	}
	return sub
}
