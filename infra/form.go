package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Forms of values that several keys share.

func onOff(to *bool, v string) error {
	if v != "on" && v != "off" {
		return wrong(v, "on or off")
	}
	*to = v == "on"
	return nil
}

func oneOf(to *string, v string, allowed ...string) error {
	if !slices.Contains(allowed, v) {
		return wrong(v, strings.Join(allowed[:len(allowed)-1], ", ")+" or "+allowed[len(allowed)-1])
	}
	*to = v
	return nil
}

func number(to *int, v string, from, through int) error {
	n, err := strconv.Atoi(v)
	if err != nil || n < from || n > through {
		return wrong(v, fmt.Sprintf("a number from %d to %d", from, through))
	}
	*to = n
	return nil
}

func matching(to *string, v string, valid func(string) bool, want string) error {
	if !valid(v) {
		return wrong(v, want)
	}
	*to = v
	return nil
}

// fileOr accepts a name with the scheme if it has the form, and any other value if it names a
// file.
func fileOr(to *string, v, scheme string, form *regexp.Regexp, want string) error {
	if !strings.HasPrefix(v, scheme) {
		info, err := os.Stat(v)
		if err != nil || !info.Mode().IsRegular() {
			return wrong(v, "an existing file, by its path from the folder of cdk.json, or "+want)
		}
	} else if !form.MatchString(v) {
		return wrong(v, want)
	}
	*to = v
	return nil
}

func list(to *[]string, v string, valid func(string) bool, want string) error {
	found := strings.Split(v, ",")
	for i, text := range found {
		if !valid(text) || slices.Contains(found[:i], text) {
			return wrong(v, want)
		}
	}
	*to = found
	return nil
}
