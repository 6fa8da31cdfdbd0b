package trace

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Log is the lines found in logs.
type Log struct {
	Lines   []Line
	Skipped int      // other lines: outcomes, metrics, and Lambda's own
	Faults  []string // lines of steps that cannot be read, at most maxFaults; they count as missing
}

const maxFaults = 20

// maxLine bounds a line of a file. A longer line is an error: no function writes one.
const maxLine = 16 << 20

// Read adds the lines of one file. A line of the file holds one JSON object, as Lambda writes it:
// text before the object is skipped, for example a time. The object may also be an event of
// CloudWatch Logs with the line in "message" or "@message". Other lines are skipped. The error
// is that of the reader, or names a line of more than 16 MiB.
func (g *Log) Read(name string, r io.Reader) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		l, err := parse(lines.Bytes())
		switch {
		case err != nil && len(g.Faults) < maxFaults:
			g.Faults = append(g.Faults, fmt.Sprintf("%s:%d: %v", name, n, err))
		case err != nil:
		case l == nil:
			g.Skipped++
		default:
			g.Lines = append(g.Lines, *l)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// parse returns the step of a log line, or nil if it is another line.
func parse(text []byte) (*Line, error) {
	at := strings.IndexByte(string(text), '{')
	if at < 0 {
		return nil, nil
	}
	var found struct {
		Trace   json.RawMessage `json:"trace"`
		Message string          `json:"message"`
		Insight string          `json:"@message"`
	}
	if json.Unmarshal(text[at:], &found) != nil {
		return nil, nil // no object, or "message" is no text
	}
	if found.Trace == nil {
		for _, inner := range []string{found.Message, found.Insight} {
			if strings.HasPrefix(inner, "{") {
				return parse([]byte(inner))
			}
		}
		return nil, nil
	}
	var l Line
	if err := json.Unmarshal(found.Trace, &l); err != nil {
		return nil, errors.New("a step that cannot be read")
	}
	if l.Version != Version {
		return nil, fmt.Errorf("a step of version %d; this sgkeeper reads version %d", l.Version, Version)
	}
	if err := l.check(); err != nil {
		return nil, err
	}
	return &l, nil
}
