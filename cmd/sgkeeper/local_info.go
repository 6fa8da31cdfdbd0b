package main

import (
	"net"
	"strings"
	"text/template"

	"github.com/sgkeeper/sgkeeper/cmd/sgkeeper/embedded"
	"github.com/sgkeeper/sgkeeper/pkg/console"
)

// localInfo is the address of an embedded account, and its resources.
type localInfo struct {
	Endpoint     string `json:"endpoint"`
	Account      string `json:"account"`
	Region       string `json:"region"`
	Group        string `json:"group"`
	Bus          string `json:"bus"`
	LaunchQueue  string `json:"launchQueue"`  // the queues by their URLs
	OutcomeQueue string `json:"outcomeQueue"` //
	DeadQueue    string `json:"deadQueue"`    //
	Table        string `json:"table"`
	Function     string `json:"function"`
}

func localAt(address net.Addr, i *embedded.Installation) localInfo {
	endpoint := "http://" + address.String()
	queue := func(name string) string { return endpoint + "/" + i.Account.ID() + "/" + name }
	return localInfo{
		Endpoint:     endpoint,
		Account:      i.Account.ID(),
		Region:       i.Account.Region(),
		Group:        playground,
		Bus:          embedded.Bus,
		LaunchQueue:  queue(embedded.LaunchQueue),
		OutcomeQueue: queue(embedded.OutcomeQueue),
		DeadQueue:    queue(embedded.DeadQueue),
		Table:        embedded.Table,
		Function:     embedded.Function,
	}
}

// text is the same for people, with commands to try.
func (i localInfo) text(s console.Style) string {
	var out strings.Builder
	title := func(t string) string { return s.Paint(console.Bold, t) }
	must(localText.Execute(&out, map[string]any{"I": i, "Title": title}))
	return out.String()
}

var localText = template.Must(template.New("local").Parse(localTemplate))

const localTemplate = `{{call .Title "An AWS account, embedded"}}, at {{.I.Endpoint}}

  account  {{.I.Account}} in {{.I.Region}}
  group    {{.I.Group}}, shared and managed: all traffic from itself,
           SSH from 198.51.100.0/24, ports 8000, 8002, 8004 of earlier launches
  bus      {{.I.Bus}}, from which launches go by a queue to the ensure function
  queues   sgkeeper-launches, sgkeeper-dead, and sgkeeper-outcomes with all that
           sgkeeper tells
  table    {{.I.Table}}, of claims and leases
  function {{.I.Function}}, for direct invocation

{{call .Title "To try it"}}, in another terminal:

  export AWS_ENDPOINT_URL={{.I.Endpoint}} AWS_DEFAULT_REGION={{.I.Region}} \
    AWS_REGION={{.I.Region}} AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any

  # with sgkeeper
  sgkeeper open --launch llama4-7f3a --group {{.I.Group}} \
    --ports 8000,8080-8081 --from 0.0.0.0/0 --wait
  sgkeeper claims --table {{.I.Table}}
  sgkeeper explain --table {{.I.Table}} --group {{.I.Group}} --port 8080
  sgkeeper audit --table {{.I.Table}}

  # with the AWS CLI
  DETAIL='{"launch": "llama4-9c2e", "group": "{{.I.Group}}",
    "rules": [{"ports": [8000, 8443], "from": ["0.0.0.0/0", "::/0"]}]}'
  aws events put-events --entries "EventBusName={{.I.Bus}},Source=me,\
  DetailType='Launch Requested',Detail='$DETAIL'"

  # the outcome (for SQS, version 1 of the CLI needs --endpoint-url)
  aws ec2 describe-security-group-rules --output table \
    --filters Name=group-id,Values={{.I.Group}}
  aws sqs receive-message --endpoint-url $AWS_ENDPOINT_URL \
    --queue-url $AWS_ENDPOINT_URL/{{.I.Account}}/sgkeeper-outcomes \
    --query Messages[].Body
  aws dynamodb scan --table-name {{.I.Table}}

  # and when it is over
  sgkeeper close --launch llama4-7f3a

Ctrl-C ends it, and nothing is kept. The function's log follows here.

`
