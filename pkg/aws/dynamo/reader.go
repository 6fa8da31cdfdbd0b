package dynamo

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// reader takes values out of an item. An absent attribute reads as zero. err is the first
// error.
type reader struct {
	item item
	err  error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

func (r *reader) has(name string) bool {
	_, found := r.item[name]
	return found
}

// member returns the attribute of that name, which must be of type T or absent.
func member[T types.AttributeValue](r *reader, name string) (m T, ok bool) {
	value, found := r.item[name]
	if !found {
		return m, false
	}
	if m, ok = value.(T); !ok {
		r.fail("%s has the type of %T, want %T", name, value, m)
	}
	return m, ok
}

func (r *reader) text(name string) string {
	if m, ok := member[*types.AttributeValueMemberS](r, name); ok {
		return m.Value
	}
	return ""
}

func (r *reader) number(name string) int64 {
	m, ok := member[*types.AttributeValueMemberN](r, name)
	if !ok {
		return 0
	}
	n, err := strconv.ParseInt(m.Value, 10, 64)
	if err != nil {
		r.fail("%s: %w", name, err)
	}
	return n
}

// time returns the zero time if the attribute is absent.
func (r *reader) time(name string) time.Time {
	if !r.has(name) {
		return time.Time{}
	}
	return time.UnixMilli(r.number(name)).UTC()
}

func (r *reader) bytes(name string) []byte {
	if m, ok := member[*types.AttributeValueMemberB](r, name); ok {
		return m.Value
	}
	return nil
}

func (r *reader) texts(name string) []string {
	if m, ok := member[*types.AttributeValueMemberSS](r, name); ok {
		return slices.Sorted(slices.Values(m.Value))
	}
	return nil
}

// elements decodes a list of maps. It returns nil if the list is absent or empty.
func elements[T any](r *reader, name string, decode func(*reader) T) []T {
	l, ok := member[*types.AttributeValueMemberL](r, name)
	if !ok {
		return nil
	}
	var out []T
	for i, value := range l.Value {
		m, ok := value.(*types.AttributeValueMemberM)
		if !ok {
			r.fail("%s[%d] is no map", name, i)
			return nil
		}
		element := reader{item: m.Value}
		out = append(out, decode(&element))
		if element.err != nil {
			r.fail("%s[%d]: %w", name, i, element.err)
		}
	}
	return out
}

// version refuses an item with a schema version above known.
func (r *reader) version(known int64) {
	if v := r.number("v"); v > known {
		r.fail("schema version %d, and this sgkeeper knows versions up to %d: deploy a newer one", v, known)
	}
}
