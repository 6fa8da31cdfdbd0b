package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// confirmed shows a plan and a question on standard error, and reports whether a person
// answers yes.
func confirmed(cmd *cobra.Command, plan, question string) (bool, error) {
	fmt.Fprint(cmd.ErrOrStderr(), plan, question, " Type yes to confirm: ")
	answer, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
	if err != nil && err != io.EOF {
		return false, err
	}
	yes := strings.TrimSpace(answer) == "yes"
	if !yes {
		fmt.Fprintln(cmd.ErrOrStderr())
	}
	return yes, nil
}
