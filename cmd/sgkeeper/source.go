package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/sgkeeper/sgkeeper/events"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// source reads the files of flags; - is standard input, once.
type source struct {
	stdin io.Reader
	used  bool
}

func (s *source) read(file string) ([]byte, error) {
	if file != "-" {
		data, err := os.ReadFile(file)
		return data, fileFault(err)
	}
	if s.used {
		return nil, errors.New("standard input can be read only once")
	}
	s.used = true
	return io.ReadAll(s.stdin)
}

// fileFault returns an error about a file with the remedy, and without the path: the caller names it.
func fileFault(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("there is no such file or folder: check the path")
	case errors.Is(err, fs.ErrExist):
		return errors.New("it exists already: give another name, or remove it")
	case errors.Is(err, fs.ErrPermission):
		return errors.New("permission denied: check the owner and the mode of the file and of its folder")
	case errors.Is(err, syscall.EISDIR):
		return errors.New("it is a folder: give a file")
	}
	return err
}

// events reads a file of events.
func (s *source) events(file string) ([]events.Message, error) {
	data, err := s.read(file)
	if err != nil {
		return nil, err
	}
	return events.Decoder{}.DecodeFile(data)
}

// readJSON reads one value, strictly.
func readJSON(data []byte, v any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return plainly(err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return errors.New("found more text after its end")
	}
	return nil
}

// plainly returns an error about JSON without Go's types.
func plainly(err error) error {
	if err == io.EOF {
		return errors.New("it is empty")
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return secgroup.WrongType(wrong)
	}
	if wrong, ok := errors.AsType[*time.ParseError](err); ok {
		return fmt.Errorf("found %q: want a time such as 2031-12-01T00:00:00Z", wrong.Value)
	}
	if key, unknown := strings.CutPrefix(err.Error(), "json: unknown field "); unknown {
		return fmt.Errorf("unknown key %s", key)
	}
	return fmt.Errorf("it cannot be read as JSON: %w", err)
}
