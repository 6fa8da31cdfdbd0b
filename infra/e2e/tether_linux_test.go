package e2e_test

import (
	"os/exec"
	"syscall"
)

// tether has the program die with the thread that starts it.
func tether(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
