package main

import (
	"os/exec"
	"testing"
)

// TestShellWord: a shell reads each word as it was.
func TestShellWord(t *testing.T) {
	for word, want := range map[string]string{
		"ci-7f3a": "ci-7f3a", "": "''", "a b": "'a b'", "it's": `'it'\''s'`, "$HOME": "'$HOME'", "a\nb": "'a\nb'",
		"arn:aws:events:us-east-1:111122223333:event-bus/sgkeeper":// no quotes
		"arn:aws:events:us-east-1:111122223333:event-bus/sgkeeper",
	} {
		got := shellWord(word)
		if got != want {
			t.Errorf("shellWord(%q) = %s, want %s", word, got, want)
		}
		if read, err := exec.Command("sh", "-c", "printf %s "+got).Output(); err != nil || string(read) != word {
			t.Errorf("a shell reads %s as %q, %v, want %q", got, read, err, word)
		}
	}
}
