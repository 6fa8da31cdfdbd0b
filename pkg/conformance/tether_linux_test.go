package conformance_test

import (
	"os/exec"
	"syscall"
)

// tether makes the program end with the thread that started it.
func tether(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
