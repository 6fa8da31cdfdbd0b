package guard_test

import (
	"testing"

	"github.com/sgkeeper/sgkeeper/pkg/proof"
)

func TestMain(m *testing.M) { proof.Main(m) }
