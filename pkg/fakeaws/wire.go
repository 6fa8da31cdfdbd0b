package fakeaws

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"net/http"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/sqs"
)

// wire is the protocol of a service's replies. It returns an err that is no *Error unchanged,
// because that is a broken connection.
type wire interface {
	answer(op Op, requestID string, out []byte, err error) (answer, error)
}

// ec2Wire is the EC2 query protocol, answered in XML.
type ec2Wire struct{}

type ec2Error struct {
	XMLName   xml.Name `xml:"Response"`
	Code      string   `xml:"Errors>Error>Code"`
	Message   string   `xml:"Errors>Error>Message"`
	RequestID string   `xml:"RequestID"`
}

func (ec2Wire) answer(_ Op, id string, out []byte, err error) (answer, error) {
	return answerXML(id, out, err, func(e *Error) any {
		return ec2Error{Code: e.Code, Message: e.Message,
			RequestID: id}
	})
}

// queryWire is the AWS query protocol, answered in XML.
type queryWire struct{}

type queryError struct {
	XMLName   xml.Name `xml:"ErrorResponse"`
	Type      string   `xml:"Error>Type"`
	Code      string   `xml:"Error>Code"`
	Message   string   `xml:"Error>Message"`
	RequestID string   `xml:"RequestId"`
}

func (queryWire) answer(_ Op, id string, out []byte, err error) (answer, error) {
	return answerXML(id, out, err, func(e *Error) any {
		return queryError{Type: "Sender", Code: e.Code, Message: e.Message, RequestID: id}
	})
}

func answerXML(id string, out []byte, err error, body func(*Error) any) (answer, error) {
	a := answer{http.StatusOK, http.Header{}, out}
	if err != nil {
		e, ok := asError(err)
		if !ok {
			return answer{}, err
		}
		a.status = e.HTTPStatus()
		if a.body, err = xml.Marshal(body(e)); err != nil {
			return answer{}, err
		}
	}
	a.header.Set("Content-Type", "text/xml;charset=UTF-8")
	a.header.Set("X-Amzn-Requestid", id)
	return a, nil
}

// jsonWire is AWS JSON, 1.0 or 1.1 like the request.
type jsonWire struct{ contentType string }

// shapes holds the namespaces of error types, for services that send one.
var shapes = map[string]string{
	"dynamodb": "com.amazonaws.dynamodb.v20120810#",
	"sqs":      "com.amazonaws.sqs#",
}

func (w jsonWire) answer(op Op, id string, out []byte, err error) (answer, error) {
	a := answer{http.StatusOK, http.Header{}, out}
	if err != nil {
		e, ok := asError(err)
		if !ok {
			return answer{}, err
		}
		a.status = e.HTTPStatus()
		if a.body, err = json.Marshal(members(op, e)); err != nil {
			return answer{}, err
		}
		if op.Service == "sqs" { // SQS clients report the codes of the former protocol
			a.header.Set("X-Amzn-Query-Error", sqs.QueryError(e.Code))
		}
	}
	if !strings.HasPrefix(w.contentType, "application/x-amz-json") {
		w.contentType = "application/x-amz-json-1.0"
	}
	a.header.Set("Content-Type", w.contentType)
	a.header.Set("X-Amzn-Requestid", id)
	a.header.Set("X-Amz-Crc32", fmt.Sprint(crc32.ChecksumIEEE(a.body)))
	return a, nil
}

// members returns the body of an error. Services write "message" or "Message", and clients
// accept either.
func members(op Op, e *Error) map[string]any {
	body := map[string]any{"__type": shapes[op.Service] + e.Code, "message": e.Message, "Message": e.Message}
	for name, value := range e.Members {
		body[name] = value
	}
	return body
}
