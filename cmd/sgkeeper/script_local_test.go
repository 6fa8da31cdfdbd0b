package main

import "github.com/rogpeppe/go-internal/testscript"

// local FLAG...: run sgkeeper local aside, and direct the script's commands to it. GROUP is its
// group.
func localAside(ts *testscript.TestScript, _ bool, args []string) {
	info, stop, err := serveAside(args...)
	ts.Check(err)
	ts.Defer(func() { ts.Check(stop()) })
	ts.Setenv("AWS_ENDPOINT_URL", info.Endpoint)
	ts.Setenv("SGKEEPER_TABLE", info.Table)
	ts.Setenv("SGKEEPER_BUS", info.Bus)
	ts.Setenv("GROUP", info.Group)
}
