package function

import (
	"os"
	"runtime/debug"
	"strconv"
)

// LimitMemory has the garbage collector work harder before the function's memory
// is full, which ends it. GOMEMLIMIT, where it is set, goes before.
func LimitMemory() {
	mb, err := strconv.Atoi(os.Getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"))
	if err != nil || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetMemoryLimit(int64(mb) << 20 * 8 / 10) // the rest is the program itself
}
