package main

import (
	"os"
	"os/signal"
	"syscall"
)

// signals are the signals that end a command. While they are caught, none of them ends
// sgkeeper.
type signals struct{ caught chan os.Signal }

// catchSignals begins to catch signals. It leaves SIGHUP alone if nohup ignores it.
func catchSignals() signals {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT}
	if !signal.Ignored(syscall.SIGHUP) {
		all = append(all, syscall.SIGHUP)
	}
	s := signals{make(chan os.Signal, 8)}
	signal.Notify(s.caught, all...)
	return s
}

func (s signals) stop() { signal.Stop(s.caught) }

// signalled is the exit code of a shell for a program that a signal ended.
func signalled(s os.Signal) exitCode {
	number, _ := s.(syscall.Signal)
	return exitCode(128 + int(number))
}
