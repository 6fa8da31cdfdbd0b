package pattern

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
)

// SyntaxError is the reason why a pattern is not valid.
type SyntaxError struct {
	Reason       string
	Line, Column int // just after the error; 0 if unknown
}

// Error returns the reason, in AWS's words if there are any, and the position.
func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return e.Reason
	}
	return fmt.Sprintf("%s at line: %d, column: %d", e.Reason, e.Line, e.Column)
}

// ErrTooManyAlternatives is returned for a pattern with too many combinations.
var ErrTooManyAlternatives = fmt.Errorf("the $or of the event pattern has more than %d combinations", MaxAlternatives)

// Parse reads a pattern. Its error is a *SyntaxError or ErrTooManyAlternatives.
func Parse(src []byte) (*Pattern, error) {
	p := &parser{}
	n, err := readTree(src)
	if err == nil && n.kind != '{' {
		err = refuse(n, "Filter is not an object")
	}
	if err == nil {
		p.alternatives = []alternative{{}}
		err = p.object("", n, false)
	}
	if err != nil {
		return nil, located(err, src)
	}
	return &Pattern{p.alternatives}, nil
}

// refusal is a SyntaxError without its line.
type refusal struct {
	reason string
	offset int
}

func (r *refusal) Error() string { return r.reason }

func refuse(n node, format string, args ...any) error {
	return &refusal{fmt.Sprintf(format, args...), n.end}
}

func located(err error, src []byte) error {
	if errors.Is(err, ErrTooManyAlternatives) {
		return err
	}
	offset := 0
	if r, ok := errors.AsType[*refusal](err); ok {
		offset = r.offset
	} else if s, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = int(s.Offset)
	}
	before := src[:min(offset, len(src))]
	return &SyntaxError{
		Reason: err.Error(),
		Line:   1 + bytes.Count(before, []byte("\n")),
		Column: len(before) - bytes.LastIndexByte(before, '\n'),
	}
}

// A parser expands alternatives: it adds each field to all of them.
type parser struct{ alternatives []alternative }

func (p *parser) object(path string, n node, inOr bool) error {
	if len(n.keys) == 0 {
		return refuse(n, "Empty objects are not allowed")
	}
	for i, key := range n.keys {
		if err := p.member(path, key, n.items[i], inOr); err != nil {
			return err
		}
	}
	return nil
}

func (p *parser) member(path, key string, n node, inOr bool) error {
	switch {
	case key == "$or":
		return p.or(path, n)
	case inOr && reserved[key]:
		return refuse(n, "%s is Ruler reserved fieldName which cannot be used inside $or.", key)
	case n.kind == '{':
		return p.object(join(path, key), n, inOr)
	case n.kind == '[':
		return p.field(join(path, key), n)
	default:
		return refuse(n, "%q must be an object or an array", key)
	}
}

// reserved names are refused inside $or, because there they are probably mistakes.
var reserved = map[string]bool{
	"exactly": true, "equals-ignore-case": true, "prefix": true, "suffix": true, "anything-but": true,
	"exists": true, "wildcard": true, "numeric": true, "cidr": true, "=": true, "<": true, "<=": true,
	">": true, ">=": true, "regex": true, "not-wildcard": true, "not-equals-ignore-case": true,
	"date-after": true, "date-on-or-after": true, "date-before": true, "date-on-or-before": true,
	"in-date-range": true, "ip-address-in-range": true, "ip-address-not-in-range": true,
}

// or repeats the current alternatives for each branch.
func (p *parser) or(path string, n node) error {
	if n.kind != '[' {
		return refuse(n, "It must be an Array followed with $or.")
	}
	var all []alternative
	for _, branch := range n.items {
		if branch.kind != '{' {
			return refuse(branch, "Only JSON object is allowed in array of $or relationship.")
		}
		b := &parser{clone(p.alternatives)}
		if err := b.object(path, branch, true); err != nil {
			return err
		}
		if all = append(all, b.alternatives...); len(all) > MaxAlternatives {
			return ErrTooManyAlternatives
		}
	}
	if len(n.items) < 2 {
		return refuse(n, "There must have at least 2 Objects in $or relationship.")
	}
	p.alternatives = all
	return nil
}

func clone(alternatives []alternative) []alternative {
	var c []alternative
	for _, a := range alternatives {
		c = append(c, maps.Clone(a))
	}
	return c
}

func (p *parser) field(path string, n node) error {
	if len(n.items) == 0 {
		return refuse(n, "Empty arrays are not allowed")
	}
	var f field
	for _, item := range n.items {
		if err := f.add(item); err != nil {
			return err
		}
	}
	for _, a := range p.alternatives {
		a[path] = f
	}
	return nil
}
