package sqs

// event is the payload with which Lambda invokes a function for a batch of messages.
type event struct {
	Records []record
}

type record struct {
	MessageID              string                     `json:"messageId"`
	ReceiptHandle          string                     `json:"receiptHandle"`
	Body                   string                     `json:"body"`
	Attributes             map[string]string          `json:"attributes"`
	MessageAttributes      map[string]recordAttribute `json:"messageAttributes"`
	MD5OfMessageAttributes string                     `json:"md5OfMessageAttributes,omitempty"`
	MD5OfBody              string                     `json:"md5OfBody"`
	EventSource            string                     `json:"eventSource"`
	EventSourceARN         string                     `json:"eventSourceARN"`
	AWSRegion              string                     `json:"awsRegion"`
}

type recordAttribute struct {
	StringValue      *string  `json:"stringValue,omitempty"`
	BinaryValue      []byte   `json:"binaryValue,omitempty"`
	StringListValues []string `json:"stringListValues"`
	BinaryListValues []string `json:"binaryListValues"`
	DataType         string   `json:"dataType"`
}

func (s *Service) event(arn string, batch []received) event {
	var e event
	for _, m := range batch {
		r := record{
			MessageID:              m.id,
			ReceiptHandle:          m.handle,
			Body:                   m.body,
			Attributes:             m.systemAttributes(),
			MessageAttributes:      make(map[string]recordAttribute),
			MD5OfMessageAttributes: digest(m.attributes),
			MD5OfBody:              sum([]byte(m.body)),
			EventSource:            "aws:sqs",
			EventSourceARN:         arn,
			AWSRegion:              s.region,
		}
		for name, v := range m.attributes {
			r.MessageAttributes[name] = recordAttribute{v.StringValue, v.BinaryValue, []string{}, []string{},
				v.DataType}
		}
		e.Records = append(e.Records, r)
	}
	return e
}
