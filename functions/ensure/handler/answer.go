package handler

import (
	"encoding/json"
	"fmt"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/functions/runtime"
	"github.com/sgkeeper/sgkeeper/pkg/ensure"
)

// maxAnswer bounds the answer to a direct invocation in bytes. Lambda returns at most 6 MB,
// and fails the invocation for more.
const maxAnswer = 6_000_000

// answer returns the answer for the invoker.
func answer(batch events.Batch, answers []ensure.Answer) ([]byte, error) {
	if batch.Kind == events.SQS {
		return json.Marshal(failures(batch, answers))
	}
	var result events.Result
	for _, a := range answers {
		if a.Retry != nil {
			return nil, fmt.Errorf("try again: %w", a.Retry)
		}
		result.Outcomes = append(result.Outcomes, a.Outcomes...)
	}
	text, err := json.Marshal(result)
	if len(text) > maxAnswer {
		return json.Marshal(brief(result))
	}
	return text, err
}

// brief shortens a result that is too long to return. It names only the first of the rules
// that cover another one.
func brief(result events.Result) events.Result {
	for _, o := range result.Outcomes {
		for i, c := range o.Covered {
			o.Covered[i].By = c.By[:min(1, len(c.By))]
		}
	}
	return result
}

// failures are the messages that SQS must deliver again.
func failures(batch events.Batch, answers []ensure.Answer) runtime.Failures {
	var ids []string
	for i, a := range answers {
		if a.Retry != nil {
			ids = append(ids, batch.Messages[i].MessageID)
		}
	}
	return runtime.NewFailures(ids...)
}
