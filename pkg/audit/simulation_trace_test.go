package audit_test

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// traced is one event of a simulation.
type traced struct {
	at      time.Duration
	process int
	call    string // the called operation; "": a note
	fate    string
	status  string
	content string
}

// tableForm matches the parts of a request to the table that are the same in all of them.
var tableForm = regexp.MustCompile(`"(ConsistentRead|ExpressionAttribute\w+|FilterExpression|KeyCondition\w+|TableName|` +
	`ScanIndexForward|Limit)":("[^"]*"|\{":group[^}]*\}\}|true|false|[0-9]+|),?`)

// brief returns the event as a line for readers.
func (l traced) brief() string {
	if l.call == "" {
		return fmt.Sprintf("%12.3fs     %s", l.at.Seconds(), l.content[:min(len(l.content), 240)])
	}
	content := tableForm.ReplaceAllString(l.content, "")
	text := fmt.Sprintf("%12.3fs p%-2d %-18s %s %s %s", l.at.Seconds(), l.process, l.call, l.status, l.fate,
		content[:min(len(content), 120)])
	return strings.TrimRight(text, " ")
}

// note traces an event that is no call.
func (s *simulation) note(format string, args ...any) {
	text := randomID.ReplaceAllString(fmt.Sprintf(format, args...), "ID")
	s.trace = append(s.trace, traced{at: time.Since(s.start), content: text})
}

// law is one of the laws that a simulation checks.
type law string

const (
	// lawTrue: a stored report gets only drifts that can exist by what the audit can have read, and
	// loses only drifts that can be gone. A later reading is not replaced by an earlier one.
	lawTrue law = "true"
	// lawTold: no output is given a drift, or a closing, that no stored report has.
	lawTold law = "told"
	// lawCount: events, metrics and log count the drifts of the stored report.
	lawCount law = "count"
	// lawDelivery: once the outputs work, they get each new and each closed drift.
	lawDelivery law = "delivery"
	// lawKept: a change is in the report once its event is answered, or it is in another message.
	lawKept law = "kept"
	// lawRest: once faults stop, the report is true within one schedule.
	lawRest law = "rest"
	// lawAnswer: an invocation fails a message only if a call failed that it needs; no output is one.
	// No message is left. So each dead letter had such a fault each time.
	lawAnswer law = "answer"
)

// violated records a violation. The caller holds the simulation's lock.
func (s *simulation) violated(l law, format string, args ...any) {
	text := fmt.Sprintf("%s: %s", l, fmt.Sprintf(format, args...))
	s.violations = append(s.violations, fmt.Sprintf("%.3fs: %s", time.Since(s.start).Seconds(), text))
	s.note("VIOLATION %s", text)
}

// shown is the number of lines before a violation that a failed run prints.
const shown = 40

// last returns the last lines up to the first violation.
func (s *simulation) last() string {
	end := len(s.trace)
	for i, l := range s.trace {
		if strings.HasPrefix(l.content, "VIOLATION") {
			end = i + 1
			break
		}
	}
	var lines []string
	for _, l := range s.trace[max(0, end-shown):end] {
		lines = append(lines, l.brief())
	}
	return strings.Join(lines, "\n")
}
