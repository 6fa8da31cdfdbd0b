package main

import (
	"context"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/sgkeeper/sgkeeper/functions/ensure/handler"
	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

// sweep: the function sweeps.
func sweep(ts *testscript.TestScript, _ bool, _ []string) {
	w := worldOf(ts)
	config, err := handler.Load([]string{"SGKEEPER_TABLE=sgkeeper", "SGKEEPER_ACCOUNT=" + w.ID()})
	ts.Check(err)
	function := handler.New(config, w.clients(), io.Discard)
	_, err = function.Invoke(context.Background(), []byte(`{"sgkeeper":"sweep"}`))
	ts.Check(err)
}

// parameter NAME FILE: write an SSM parameter.
func putParameter(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: parameter NAME FILE")
	}
	_, err := ssm.NewFromConfig(worldOf(ts).clients()).PutParameter(context.Background(), &ssm.PutParameterInput{
		Name: &args[0], Value: aws.String(ts.ReadFile(args[1])), Type: ssmtypes.ParameterTypeString,
	})
	ts.Check(err)
}

// list ID CIDR...: make a prefix list, or give it other entries.
func putList(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: list ID CIDR...")
	}
	l := fakeaws.PrefixList{ID: args[0], Name: args[0], MaxEntries: 10}
	for _, cidr := range args[1:] {
		l.Entries = append(l.Entries, fakeaws.PrefixListEntry{CIDR: cidr})
	}
	worldOf(ts).AddPrefixList(l)
}
