package handler

import (
	"context"
	"fmt"
	"os"

	"github.com/sgkeeper/sgkeeper/pkg/core/guard"
	"github.com/sgkeeper/sgkeeper/pkg/guardfile"
)

// guardrails returns the guardrails that ensure applies, or nil if it cannot read them.
func (d *dispatcher) guardrails(ctx context.Context) (*guard.Guard, error) {
	var text []byte
	var err error
	switch {
	case d.config.Guardrails == "":
		return guard.Builtin(), nil
	case d.guarded != nil:
		text, _, err = d.guarded.Read(ctx, "")
	default:
		text, err = os.ReadFile(d.config.Guardrails)
	}
	if err != nil {
		return nil, fmt.Errorf("guardrails: %w", err)
	}
	return guardfile.Read(text)
}
