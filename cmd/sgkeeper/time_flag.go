package main

import (
	"errors"
	"time"
)

// timeFlag is a flag's value: a point in time.
type timeFlag struct{ at *time.Time }

// String implements pflag.Value. It returns "" for the zero time.
func (f timeFlag) String() string {
	if f.at == nil || f.at.IsZero() {
		return ""
	}
	return f.at.Format(time.RFC3339Nano)
}

// Type implements pflag.Value.
func (f timeFlag) Type() string { return "time" }

// Set implements pflag.Value.
func (f timeFlag) Set(s string) (err error) {
	*f.at, err = parseTime(s)
	return err
}

// parseTime reads an RFC 3339 time.
func parseTime(s string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, errors.New("want a time such as 2026-12-01T00:00:00Z")
	}
	return at, nil
}
