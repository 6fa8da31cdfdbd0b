package ensure_test

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

// simCall is one decoded request of a process. It leaves out random parts: nonces, keys,
// spans, seals and the order of maps.
type simCall struct {
	name    string // as the protocol names it
	content string // all of it
}

func (c simCall) writesEC2() bool { return c.name == "authorize" || c.name == "revoke" }
func (c simCall) toEC2() bool     { return c.writesEC2() || c.name == "describe" }

var meantGroup = regexp.MustCompile(`(?: GroupId=|GroupId\.1=|#|Filter\.1\.Value\.\d+=)(sg-[0-9a-f]+)`)

// group returns the group of an EC2 call or a load.
func (c simCall) group() string {
	if m := meantGroup.FindStringSubmatch(c.content); m != nil {
		return m[1]
	}
	return ""
}

// groups returns the groups of a call. Groups may share a describe.
func (c simCall) groups() (all []string) {
	for _, m := range meantGroup.FindAllStringSubmatch(c.content, -1) {
		all = append(all, m[1])
	}
	return all
}

// readCall decodes a request and leaves it as it was.
func readCall(r *http.Request) simCall {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		_, operation, _ := strings.Cut(target, ".")
		return readJSON(operation, body)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		panic(err)
	}
	return readForm(form)
}

var shardDue = regexp.MustCompile(`":shard":{"S":"[^}]*}`)

var (
	nonce = regexp.MustCompile(`"[^"]*/[A-Z2-7]{26}\.`)
	key   = regexp.MustCompile(`"[A-Z2-7]{52}"`)
	span  = regexp.MustCompile(`":span":\{"S":"[A-Z2-7]{8}"\}`)
	tag   = regexp.MustCompile(`(sgkeeper:(?:seal|ticket)\W+Value[^A-Za-z0-9_-]+)[A-Za-z0-9._-]+`)
	seal  = regexp.MustCompile(` \[[0-9]+\.[A-Z2-7]{8}\.[A-Za-z0-9_-]{12}\]`)
)

func readJSON(operation string, body []byte) simCall {
	if m := shardDue.Find(body); m != nil && operation == "Query" {
		return simCall{"due", string(m)} // there are many of them
	}
	var in map[string]any
	if err := json.Unmarshal(body, &in); err != nil {
		panic(err)
	}
	delete(in, "ClientRequestToken")
	content := string(marshal(in))
	if strings.Contains(content, `":me"`) {
		content = nonce.ReplaceAllString(content, `"nonce.`)
	}
	if strings.Contains(content, "keys") {
		content = key.ReplaceAllString(content, `"key"`)
	}
	if strings.Contains(content, `":span"`) {
		content = span.ReplaceAllString(content, `":span":"span"`)
	}
	if strings.Contains(content, "sgkeeper:") {
		content = tag.ReplaceAllString(content, "${1}seal")
	}
	if strings.Contains(content, " [") {
		content = seal.ReplaceAllString(content, " [seal]")
	}
	return simCall{name: nameJSON(operation, content), content: operation + content}
}

func nameJSON(operation, content string) string {
	has := func(part string) bool { return strings.Contains(content, part) }
	switch operation {
	case "TransactWriteItems":
		switch {
		case has(`"sk":{"S":"D#`):
			return "record"
		case has("st = :open"):
			return "refuse"
		case has(`"sk":{"S":"HEAD"}`):
			return updateName(content)
		case has(`"Delete":{`):
			return "retire"
		case has(`"sk":{"S":"R#`):
			return "claim"
		}
		return "end in"
	case "UpdateItem":
		switch {
		case has(`"sk":{"S":"HEAD"}`):
			return updateName(content)
		case has(`"pk":{"S":"DN#`):
			return "count"
		case has(":expired"):
			return "expire"
		case has(`"SET #ttl = :ttl"`):
			return "date"
		case has("REMOVE due"):
			return "finish"
		}
		return "end"
	case "Query":
		if has(`"G#"`) {
			return "groups"
		}
		return "load"
	case "GetItem":
		return "peek"
	case "PutEvents":
		return "publish"
	}
	return operation
}

func readForm(form url.Values) simCall {
	c := simCall{name: "describe"}
	operation := form.Get("Action")
	switch {
	case strings.HasPrefix(operation, "Authorize"):
		c.name = "authorize"
	case strings.HasPrefix(operation, "Revoke"):
		c.name = "revoke"
	}
	var lines []string
	for key := range form {
		if strings.HasPrefix(key, "TagSpecification") || key == "Version" || key == "Action" {
			continue // the tags have no order
		}
		lines = append(lines, fmt.Sprintf("%s=%s", key, form.Get(key)))
	}
	slices.Sort(lines)
	c.content = operation + " " + seal.ReplaceAllString(strings.Join(lines, " "), " [seal]")
	return c
}
