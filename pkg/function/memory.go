package function

import (
	"os"
	"runtime/debug"
	"strconv"
)

// LimitMemory has the garbage collector work harder as the function's memory fills
// up, since Lambda ends a function that needs more than it has. Where GOMEMLIMIT is
// set, that limit holds instead.
func LimitMemory() {
	mb, err := strconv.Atoi(os.Getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"))
	if err != nil || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetMemoryLimit(int64(mb) << 20 * 8 / 10) // the rest is the program itself
}
