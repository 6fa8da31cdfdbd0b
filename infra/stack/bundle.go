package stack

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/jsii-runtime-go"
)

// code returns the program of a function, with files beside it.
type code func(function string, files ...bundled) awslambda.Code

// fromSource builds the programs from source.
func (s *installation) fromSource() code {
	return func(function string, files ...bundled) awslambda.Code {
		return awslambda.Code_FromAsset(jsii.String(filepath.Join(s.Source, "functions", function)),
			&awss3assets.AssetOptions{
				AssetHashType: awscdk.AssetHashType_OUTPUT, // the hash is of the program, not of its source
				DisplayName:   jsii.String("functions/" + function),
				Bundling: &awscdk.BundlingOptions{
					Image: awscdk.DockerImage_FromRegistry(jsii.String("unused: bundled without Docker")),
					Local: &bundler{program{s.Source, function, s.Architecture.goarch()}, files},
				},
			})
	}
}

// bundler builds the program of one function and puts files beside it. The same source and Go
// version make the same bytes, in any folder and environment.
type bundler struct {
	program
	files []bundled
}

// TryBundle implements awscdk.ILocalBundling. If the build fails, it prints the error and ends
// the program, because CDK would otherwise try Docker.
func (b *bundler) TryBundle(outputDir *string, _ *awscdk.BundlingOptions) *bool {
	if err := built.write(b.program, *outputDir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, file := range b.files {
		if err := put(file, *outputDir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	return jsii.Bool(true)
}

// Build writes the deployed program of a function to a folder, as bootstrap. The source is the
// module's folder.
func Build(source, function string, a Architecture, folder string) error {
	return built.write(program{source, function, a.goarch()}, folder)
}

// program names a function's program for one architecture.
type program struct{ source, function, goarch string }

// builds has the programs that this process built. The installations of an app have the same ones.
type builds struct {
	sync.Mutex
	programs map[program][]byte
}

var built = builds{programs: make(map[program][]byte)}

func (b *builds) write(p program, folder string) error {
	b.Lock()
	defer b.Unlock()
	out, err := filepath.Abs(filepath.Join(folder, "bootstrap"))
	if err != nil {
		return err
	}
	if content, ok := b.programs[p]; ok {
		return os.WriteFile(out, content, 0o755)
	}
	if err := p.build(out); err != nil {
		return err
	}
	b.programs[p], err = os.ReadFile(out)
	return err
}

func (p program) build(out string) error {
	compile := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc", "-ldflags",
		"-s -w -buildid=", "-o", out, "./functions/"+p.function)
	compile.Dir = p.source
	compile.Env = append(os.Environ(), BuildEnvironment("linux", p.goarch)...)
	if said, err := compile.CombinedOutput(); err != nil {
		return fmt.Errorf("functions/%s does not build for %s: %w\n%s", p.function, p.goarch, err, said)
	}
	return nil
}

// BuildEnvironment returns the variables with which Go makes the same bytes for a platform in
// any environment. GOFLAGS is not empty, because `go env -w` would then replace it.
func BuildEnvironment(goos, goarch string) []string {
	return []string{
		"CGO_ENABLED=0", "GOOS=" + goos, "GOARCH=" + goarch, "GOARM64=v8.0", "GOAMD64=v1",
		"GOFLAGS=-mod=readonly", "GOFIPS140=off", "GOEXPERIMENT=", "GOWORK=off",
	}
}

// put copies a bundled file into a folder.
func put(file bundled, folder string) error {
	content, err := file.read()
	if err != nil {
		return fmt.Errorf("a file to bundle: %w", err)
	}
	return os.WriteFile(filepath.Join(folder, file.name), content, 0o644)
}
