package audit_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// simCall is one decoded request of a process.
type simCall struct {
	name    string // the operation, of S3 with the kind of object
	content string // what distinguishes it, without random parts
	path    string
	body    []byte
	form    url.Values // of a call to EC2
}

// randomID matches the id of an audit, which ends in random digits.
var randomID = regexp.MustCompile(`[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}`)

// readCall decodes a request and leaves it as it was.
func readCall(r *http.Request) simCall {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			panic(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	c := simCall{path: r.URL.Path, body: body}
	switch target := r.Header.Get("X-Amz-Target"); {
	case target != "":
		_, c.name, _ = strings.Cut(target, ".")
		c.content = c.inJSON()
	case strings.Contains(r.URL.Host, ".s3."):
		c.name = strings.ToLower(r.Method) + " " + objectKind(r.URL.Path)
		c.content = randomID.ReplaceAllString(r.URL.Path, "ID")
	case r.URL.Path == "/findings/import":
		c.name = "findings"
	default:
		var err error
		if c.form, err = url.ParseQuery(string(body)); err != nil {
			panic(err)
		}
		c.name = c.form.Get("Action")
		c.content = c.inForm()
	}
	return c
}

// objectKind returns the kind of an object by its key.
func objectKind(key string) string {
	for _, folder := range []string{"reports/", "runs/"} {
		if strings.Contains(key, folder) {
			return folder[:len(folder)-1] + key[strings.LastIndexByte(key, '.'):]
		}
	}
	return key[strings.LastIndexByte(key, '/')+1:]
}

// inJSON returns a body with the keys in order, because the SDK writes maps in any order.
func (c simCall) inJSON() string {
	if c.name == "PutEvents" {
		return fmt.Sprint(len(c.body) / 100)
	}
	var in map[string]any
	if err := json.Unmarshal(c.body, &in); err != nil {
		panic(err)
	}
	delete(in, "ClientRequestToken")
	text, err := json.Marshal(in)
	if err != nil {
		panic(err)
	}
	return randomID.ReplaceAllString(string(text), "ID")
}

func (c simCall) inForm() string {
	var lines []string
	for key := range c.form {
		if key != "Version" && key != "Action" {
			lines = append(lines, key+"="+c.form.Get(key))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, " ")
}

// values returns the values that the call's first filter names.
func (c simCall) values() (values []string) {
	for key, v := range c.form {
		if strings.HasPrefix(key, "Filter.1.Value.") || strings.HasPrefix(key, "GroupId.") {
			values = append(values, v[0])
		}
	}
	return values
}
