package clients_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// pythonClient is the folder of the Python client.
const pythonClient = "../../../clients/python"

var (
	pytestPassed = regexp.MustCompile(`(?m)^.*\b(\d+) passed`)
	pytestFailed = regexp.MustCompile(`(?m)^.*\b(\d+) (?:failed|error)`)
)

// TestPython checks the types of clients/python, builds its wheel, and installs the wheel into
// a clean environment. There it runs the client's tests against `sgkeeper local`.
func TestPython(t *testing.T) {
	python := installed(t, "client", "python")
	passed, failed := 0, 0
	count := func(err error, out []byte, step string) {
		passed++
		if err != nil {
			passed, failed = passed-1, failed+1
			t.Errorf("%s: %v\n%s", step, err, out)
		}
	}
	cache := t.TempDir()
	for _, arguments := range [][]string{nil, {"--python-version", "3.9", "src"}} { // tests need a later Python
		types := exec.Command(python, append([]string{"-m", "mypy", "--cache-dir", cache}, arguments...)...)
		types.Dir = pythonClient
		out, err := types.CombinedOutput()
		count(err, out, "mypy --strict")
	}

	clean := wheelEnvironment(t, python)
	out, err := exec.Command(clean, "-c", `
import importlib.metadata as m, sgkeeper
d = m.distribution("sgkeeper")
assert d.version == sgkeeper.__version__, d.version
assert [r.split(">")[0] for r in d.requires] == ["boto3"], d.requires
names = {str(f) for f in d.files}
assert {"sgkeeper/py.typed", "sgkeeper/skypilot.py"} <= names, names
assert "site-packages" in sgkeeper.__file__, sgkeeper.__file__
`).CombinedOutput()
	count(err, out, "the wheel")

	l := startLocal(t)
	ran, lost := pytest(t, clean, l, "tests")
	fmt.Printf("python: %d passed, %d failed\n", passed+ran, failed+lost)
	if ran == 0 {
		t.Error("no test ran")
	}
}

// TestPythonSkyPilot runs the cases of the SkyPilot plugin and policies, in SkyPilot 0.14.1.
func TestPythonSkyPilot(t *testing.T) {
	python := installed(t, "skypilot-plugin", "python")
	source, err := filepath.Abs(filepath.Join(pythonClient, "src"))
	if err != nil {
		t.Fatal(err)
	}
	passed, failed := pytest(t, python, startLocal(t), "tests/skypilot", "PYTHONPATH="+source,
		"SKYPILOT_DISABLE_USAGE_COLLECTION=1", "PYTEST_ADDOPTS=-W ignore") // SkyPilot's warnings are not ours
	fmt.Printf("python in skypilot: %d passed, %d failed\n", passed, failed)
	if passed == 0 {
		t.Error("no test passed")
	}
}

// pytest runs the tests of a folder of the Python client. It returns the numbers of passed and
// failed tests.
func pytest(t *testing.T, python string, l local, folder string, environment ...string) (passed, failed int) {
	t.Helper()
	command := exec.Command(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder)
	command.Dir = pythonClient
	command.Env = append(l.environment(t), "PYTHONDONTWRITEBYTECODE=1",
		"SGKEEPER_GROUP="+l.Group, "SGKEEPER_LAUNCHES="+l.LaunchQueue)
	command.Env = append(command.Env, environment...)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Errorf("pytest %s: %v\n%s", folder, err, out)
	}
	number := func(of *regexp.Regexp) int {
		if match := of.FindSubmatch(out); match != nil {
			n, _ := strconv.Atoi(string(match[1])) // matched as digits
			return n
		}
		return 0
	}
	return number(pytestPassed), number(pytestFailed)
}

// wheelEnvironment builds the client's wheel and installs it into a new environment, which sees
// the dependencies of the given one. It returns the new interpreter.
func wheelEnvironment(t *testing.T, python string) string {
	t.Helper()
	wheels, environment := t.TempDir(), filepath.Join(t.TempDir(), "clean")
	clean := filepath.Join(environment, "bin", "python")
	step := func(program string, args ...string) string {
		t.Helper()
		command := exec.Command(program, args...)
		command.Dir = pythonClient
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
		}
		return strings.TrimSpace(string(out))
	}
	step(python, "-m", "hatchling", "build", "-t", "wheel", "-d", wheels)
	step(python, "-m", "venv", "--without-pip", environment)
	built, err := filepath.Glob(filepath.Join(wheels, "sgkeeper-*-py3-none-any.whl"))
	if err != nil || len(built) != 1 {
		t.Fatalf("the wheels are %v, %v: want one", built, err)
	}
	step(python, "-m", "pip", "--python", clean, "install", "--quiet", "--disable-pip-version-check",
		"--no-index", "--no-deps", built[0])
	site := `import sysconfig; print(sysconfig.get_path("purelib"))`
	link := filepath.Join(step(clean, "-c", site), "dependencies.pth")
	if err := os.WriteFile(link, []byte(step(python, "-c", site)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return clean
}
