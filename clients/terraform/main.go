// Command terraform-provider-sgkeeper is the Terraform provider of sgkeeper. Terraform starts
// it. Its resource sgkeeper_launch opens the ports of a launch, and ends the launch.
package main

import (
	"context"
	"flag"
	"log"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/sgkeeper/sgkeeper/clients/terraform/internal/provider"
)

// version is set by the release: go build -ldflags "-X main.version=1.2.3".
var version = "dev"

func main() {
	debug := flag.Bool("debug", false, "run so that a debugger can attach")
	flag.Parse()
	err := providerserver.Serve(context.Background(), provider.New(version), providerserver.ServeOpts{
		Address: "registry.terraform.io/sgkeeper/sgkeeper",
		Debug:   *debug,
	})
	if err != nil {
		log.Fatal(err)
	}
}
