package guard

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

var (
	spanText = regexp.MustCompile(`^([1-9][0-9]{0,5})([dhm])$`)
	units    = map[string]time.Duration{"d": 24 * time.Hour, "h": time.Hour, "m": time.Minute}
)

const maxSpan = 3650 * 24 * time.Hour

// ParseSpan parses a duration in days, hours or minutes, such as 7d, 12h or 90m. It fails for
// more than 3650d.
func ParseSpan(s string) (d time.Duration, ok bool) {
	part := spanText.FindStringSubmatch(s)
	if part == nil {
		return 0, false
	}
	count, _ := strconv.Atoi(part[1]) // of at most six digits
	unit := units[part[2]]
	if count > int(maxSpan/unit) { // compared before the product, which can overflow
		return 0, false
	}
	return time.Duration(count) * unit, true
}

// span returns a duration in the form that [ParseSpan] parses.
func span(d time.Duration) string {
	for _, unit := range []string{"d", "h"} {
		if d%units[unit] == 0 {
			return fmt.Sprintf("%d%s", d/units[unit], unit)
		}
	}
	return fmt.Sprintf("%dm", d/units["m"])
}
