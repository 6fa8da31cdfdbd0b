package sqs

import (
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"regexp"
	"slices"
	"strings"
)

type attributeValue struct {
	DataType    string
	StringValue *string `json:",omitempty"`
	BinaryValue []byte  `json:",omitempty"`
}

var (
	attributeName = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)
	attributeType = regexp.MustCompile(`^(String|Number|Binary)(\..+)?$`)
)

func (v attributeValue) binary() bool { return strings.HasPrefix(v.DataType, "Binary") }

func (v attributeValue) text() string {
	if v.StringValue == nil {
		return ""
	}
	return *v.StringValue
}

func (v attributeValue) value() []byte {
	if v.binary() {
		return v.BinaryValue
	}
	return []byte(v.text())
}

// check returns an error if AWS refuses the message attribute.
func (v attributeValue) check(name string) error {
	base, _, _ := strings.Cut(v.DataType, ".")
	reserved := strings.ToLower(name)
	switch {
	case len(name) > 256, !attributeName.MatchString(name), strings.HasPrefix(name, "."), strings.HasSuffix(name, "."),
		strings.Contains(name, ".."), strings.HasPrefix(reserved, "aws."), strings.HasPrefix(reserved, "amazon."):
		return invalid("Message (user) attribute name '%s' is invalid.", name)
	case !attributeType.MatchString(v.DataType):
		return invalid("The type of message (user) attribute '%s' is invalid. "+
			"You must use only the following supported type prefixes: Binary, Number, String.", name)
	case len(v.value()) == 0:
		return invalid("Message (user) attribute '%s' must contain a non-empty value of type '%s'.", name, base)
	case !v.binary() && !validText(v.text()):
		return invalid("Message (user) attribute '%s' contains invalid characters.", name)
	}
	return nil
}

// digest returns SQS's MD5 of attributes, or "" without attributes. It covers, sorted by name,
// the name, type and value of each, with the length before each. One byte for the kind is
// before the value.
func digest(attributes map[string]attributeValue) string {
	if len(attributes) == 0 {
		return ""
	}
	var b []byte
	put := func(p []byte) { b = append(binary.BigEndian.AppendUint32(b, uint32(len(p))), p...) }
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		v := attributes[name]
		put([]byte(name))
		put([]byte(v.DataType))
		kind := byte(1)
		if v.binary() {
			kind = 2
		}
		b = append(b, kind)
		put(v.value())
	}
	return sum(b)
}

func sum(p []byte) string {
	h := md5.Sum(p)
	return hex.EncodeToString(h[:])
}
