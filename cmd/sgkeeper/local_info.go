package main

import (
	"net"
	"strings"

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
	const account, try = "An AWS account, embedded", "To try it"
	return strings.NewReplacer(
		account, s.Paint(console.Bold, account), try, s.Paint(console.Bold, try),
		"{endpoint}", i.Endpoint, "{account}", i.Account, "{region}", i.Region, "{group}", i.Group, "{bus}", i.Bus,
		"{table}", i.Table, "{function}", i.Function,
	).Replace(localText)
}

const localText = `An AWS account, embedded, at {endpoint}

  account  {account} in {region}
  group    {group}, shared and managed: all traffic from itself,
           SSH from 198.51.100.0/24, ports 8000, 8002, 8004 of earlier launches
  bus      {bus}, from which launches go by a queue to the ensure function
  queues   sgkeeper-launches, sgkeeper-dead, and sgkeeper-outcomes with all
           events of sgkeeper
  table    {table}, of claims and leases
  function {function}, for direct invocation

To try it, in another terminal:

  export AWS_ENDPOINT_URL={endpoint} AWS_DEFAULT_REGION={region} \
    AWS_REGION={region} AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any

  # with sgkeeper
  sgkeeper open --launch llama4-7f3a --group {group} \
    --ports 8000,8080-8081 --from 0.0.0.0/0 --wait
  sgkeeper claims --table {table}
  sgkeeper explain --table {table} --group {group} --port 8080
  sgkeeper audit --table {table}

  # with the AWS CLI
  DETAIL='{"launch": "llama4-9c2e", "group": "{group}",
    "rules": [{"ports": [8000, 8443], "from": ["0.0.0.0/0", "::/0"]}]}'
  aws events put-events --entries "EventBusName={bus},Source=me,\
  DetailType='Launch Requested',Detail='$DETAIL'"

  # the outcome (for SQS, version 1 of the CLI needs --endpoint-url)
  aws ec2 describe-security-group-rules --output table \
    --filters Name=group-id,Values={group}
  aws sqs receive-message --endpoint-url $AWS_ENDPOINT_URL \
    --queue-url $AWS_ENDPOINT_URL/{account}/sgkeeper-outcomes \
    --query Messages[].Body
  aws dynamodb scan --table-name {table}

  # at the end
  sgkeeper close --launch llama4-7f3a

Ctrl-C ends it, and nothing is kept. The function's log follows here.

`
