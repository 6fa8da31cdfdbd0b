package runtime

import (
	"os"
	"runtime/debug"
	"strconv"
)

// LimitMemory sets the garbage collector's limit to 80 % of the function's memory, because
// Lambda ends a function that needs more than it has. GOMEMLIMIT takes precedence if it is
// set.
func LimitMemory() {
	mb, err := strconv.Atoi(os.Getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"))
	if err != nil || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetMemoryLimit(int64(mb) << 20 * 8 / 10) // the program itself needs the rest
}
