package clients_test

import (
	"bytes"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// command is one call of the AWS CLI, in the form that a person types. $NAME is a value that
// the test knows.
type command struct {
	args   string
	want   string // all of its standard output, or a pattern between slashes that occurs in it
	fails  string // the error's code, in parentheses as the CLI prints it; "" for none
	keep   string // the name of its output in later commands
	repeat bool   // until the output is as wanted, because another program must act first
}

// patience limits the repetition of a command.
const patience = 30 * time.Second

var commands = []command{
	{args: "sts get-caller-identity --query Account --output text", want: "111122223333"},

	// Groups and rules.
	{args: "ec2 describe-security-groups --group-ids $GROUP --query SecurityGroups[].GroupId --output text",
		want: "$GROUP"},
	{args: "ec2 describe-security-groups --filters Name=tag:sgkeeper:managed,Values=true --query " +
		"length(SecurityGroups)", want: "1"},
	{args: "ec2 describe-security-groups --filters Name=ip-permission.to-port,Values=8002 --query " +
		"SecurityGroups[].GroupId --output text", want: "$GROUP"},
	{args: "ec2 describe-security-groups --group-ids sg-0dead00000000dead", fails: "InvalidGroup.NotFound"},
	{args: "ec2 describe-security-groups --group-ids web", fails: "InvalidGroupId.Malformed"},
	{args: "ec2 describe-security-groups --filters Name=colour,Values=red", fails: "InvalidParameterValue"},
	{args: "ec2 describe-security-group-rules --filters Name=group-id,Values=$GROUP --query " +
		"sort(SecurityGroupRules[?!IsEgress&&IpProtocol=='tcp'].to_string(FromPort)) --output text",
		want: "22\t8000\t8002\t8004"},
	{args: "ec2 describe-security-group-rules --filters Name=group-id,Values=$GROUP --query " +
		"length(SecurityGroupRules) --page-size 5", want: "6"},
	{args: "ec2 describe-security-group-rules --filters Name=group-id,Values=$GROUP --query " +
		"length(SecurityGroupRules) --page-size 5 --max-items 4", want: "4"},
	{args: "ec2 describe-security-group-rules --filters Name=group-id,Values=$GROUP --max-items 4 --page-size 5",
		want: "/\"NextToken\"/"},
	{args: "ec2 describe-security-group-rules --filters Name=group-id,Values=$GROUP --next-token nonsense",
		fails: "InvalidPaginationToken"},
	{args: "ec2 describe-tags --filters Name=resource-id,Values=$GROUP --query Tags[].Key --output text",
		want: "sgkeeper:managed"},

	// A new group.
	{args: "ec2 create-security-group --group-name web --description web --query GroupId --output text",
		want: "/^sg-[0-9a-f]{17}$/", keep: "WEB"},
	{args: "ec2 create-security-group --group-name web --description web", fails: "InvalidGroup.Duplicate"},
	{args: "ec2 create-tags --resources $WEB --tags Key=team,Value=ml", want: ""},
	{args: "ec2 describe-security-groups --filters Name=tag:team,Values=m* --query " +
		"SecurityGroups[].GroupName --output text", want: "web"},
	{args: "ec2 authorize-security-group-ingress --group-id $WEB --protocol tcp --port 9000-9010 --cidr 10.1.2.3/8 " +
		"--query SecurityGroupRules[].CidrIpv4 --output text", want: "10.0.0.0/8"},
	{args: "ec2 authorize-security-group-ingress --group-id $WEB --protocol tcp --port 9000-9010 --cidr 10.0.0.0/8",
		fails: "InvalidPermission.Duplicate"},
	{args: "ec2 authorize-security-group-ingress --group-id $WEB --protocol tcp --port 9000-9010 --cidr 300.0.0.0/8",
		fails: "InvalidParameterValue"},
	{args: "ec2 authorize-security-group-ingress --group-id $WEB --protocol tcp --port 443 --cidr 0.0.0.0/0 --dry-run",
		fails: "DryRunOperation"},
	{args: "ec2 authorize-security-group-ingress --group-id $WEB --protocol tcp --port 22 --source-group $GROUP " +
		"--query SecurityGroupRules[].ReferencedGroupInfo.GroupId --output text", want: "$GROUP"},
	{args: `ec2 authorize-security-group-ingress --group-id $WEB --ip-permissions [{"IpProtocol":"udp","FromPort":53,"ToPort":53,"Ipv6Ranges":[{"CidrIpv6":"2001:DB8::/32","Description":"dns"}]}] --query SecurityGroupRules[].CidrIpv6 --output text`, want: "2001:db8::/32"},
	{args: "ec2 authorize-security-group-egress --group-id $WEB --ip-permissions " +
		"IpProtocol=tcp,FromPort=443,ToPort=443,IpRanges=[{CidrIp=0.0.0.0/0}] --query Return", want: "true"},
	{args: "ec2 describe-security-group-rules --filters Name=group-id,Values=$WEB --query " +
		"SecurityGroupRules[?FromPort==`9000`].SecurityGroupRuleId --output text", want: "/^sgr-[0-9a-f]{17}$/",
		keep: "RULE"},
	{args: "ec2 describe-security-group-rules --security-group-rule-ids $RULE --query " +
		"SecurityGroupRules[].ToPort --output text", want: "9010"},
	{args: "ec2 update-security-group-rule-descriptions-ingress --group-id $WEB --security-group-rule-descriptions " +
		"SecurityGroupRuleId=$RULE,Description=vLLM --query Return", want: "true"},
	{args: "ec2 describe-security-group-rules --security-group-rule-ids $RULE --query " +
		"SecurityGroupRules[].Description --output text", want: "vLLM"},
	{args: "ec2 revoke-security-group-ingress --group-id $WEB --security-group-rule-ids $RULE --query Return",
		want: "true"},
	{args: "ec2 revoke-security-group-ingress --group-id $WEB --security-group-rule-ids $RULE",
		fails: "InvalidSecurityGroupRuleId.NotFound"},
	{args: "ec2 run-instances --image-id ami-0123456789abcdef0 --security-group-ids $WEB --query " +
		"Instances[].InstanceId --output text", want: "/^i-[0-9a-f]{17}$/", keep: "INSTANCE"},
	{args: "ec2 describe-instances --filters Name=instance.group-id,Values=$WEB --query " +
		"Reservations[].Instances[].InstanceId --output text", want: "$INSTANCE"},
	{args: "ec2 delete-security-group --group-id $WEB --query GroupId --output text", want: "$WEB"},

	// A launch through the bus.
	{args: `events put-events --entries [{"EventBusName":"$BUS","Source":"me","DetailType":"Launch\u0020Requested","Detail":"{\"launch\":\"cli-1\",\"group\":\"$GROUP\",\"rules\":[{\"ports\":8443,\"from\":[\"0.0.0.0/0\",\"::/0\"]}]}"}] --query FailedEntryCount`, want: "0"},
	{args: "ec2 describe-security-group-rules --filters Name=group-id,Values=$GROUP --query " +
		"sort(SecurityGroupRules[?FromPort==`8443`].[CidrIpv4,CidrIpv6][]|[?@]) --output text", want: "0.0.0.0/0\t::/0",
		repeat: true},
	{args: "sqs receive-message --endpoint-url $ENDPOINT --queue-url $OUTCOMES --wait-time-seconds 5 --query " +
		"Messages[].Body --output text", want: "/Ports Ensured.*cli-1/", repeat: true},
	{args: "events put-events --entries EventBusName=$BUS,Source=me", want: "/InvalidArgument/"},

	// A launch through the queue, and its end.
	{args: `sqs send-message --endpoint-url $ENDPOINT --queue-url $LAUNCHES --message-body {"detailType":"Launch\u0020Requested","launch":"cli-2","group":"$GROUP","rules":[{"ports":9443,"from":["10.0.0.0/8"]}]} --query length(MessageId)`, want: "36"},
	{args: "ec2 describe-security-group-rules --filters Name=group-id,Values=$GROUP --query " +
		"length(SecurityGroupRules[?FromPort==`9443`])", want: "1", repeat: true},
	{args: `sqs send-message --endpoint-url $ENDPOINT --queue-url $LAUNCHES --message-body {"detailType":"Launch\u0020Ended","launch":"cli-2"} --query length(MessageId)`, want: "36"},
	{args: "ec2 describe-security-group-rules --filters Name=group-id,Values=$GROUP --query " +
		"length(SecurityGroupRules[?FromPort==`9443`])", want: "0", repeat: true},
	{args: `sqs send-message --endpoint-url $ENDPOINT --queue-url $LAUNCHES --message-body {"detailType":"Launch\u0020Requested","launch":"cli-3","group":"$GROUP","rules":[{"ports":70000,"from":["10.0.0.0/8"]}]} --query length(MessageId)`, want: "36"},
	{args: "sqs receive-message --endpoint-url $ENDPOINT --queue-url $OUTCOMES --wait-time-seconds 5 --query " +
		"Messages[].Body --output text", want: "/Launch Rejected.*cli-3/", repeat: true},
	{args: "sqs get-queue-attributes --endpoint-url $ENDPOINT --queue-url $LAUNCHES --attribute-names " +
		"ApproximateNumberOfMessages --query Attributes.ApproximateNumberOfMessages --output text", want: "0",
		repeat: true},

	// The table.
	{args: `dynamodb get-item --table-name $TABLE --key {"pk":{"S":"SG#$ACCOUNT#$REGION#$GROUP"},"sk":{"S":"HEAD"}} --consistent-read --query Item.v.N --output text`, want: "2"},
	{args: `dynamodb query --table-name $TABLE --key-condition-expression pk=:g --expression-attribute-values {":g":{"S":"SG#$ACCOUNT#$REGION#$GROUP"}} --query Items[?starts_with(sk.S,'R#')].st.S --output text --page-size 1`, want: "/open/"},
	{args: "dynamodb scan --table-name $TABLE --max-items 2 --page-size 1 --query length(Items)", want: "2"},
	{args: `dynamodb put-item --table-name $TABLE --item {"pk":{"S":"SG#$ACCOUNT#$REGION#$GROUP"},"sk":{"S":"HEAD"}} --condition-expression attribute_not_exists(pk)`, fails: "ConditionalCheckFailedException"},
	{args: "dynamodb get-item --table-name none --key {\"pk\":{\"S\":\"a\"},\"sk\":{\"S\":\"b\"}}",
		fails: "ResourceNotFoundException"},
}

func TestAWSCLI(t *testing.T) {
	program := installed(t, "aws", "aws")
	l := startLocal(t)
	shell := &shell{program, l.environment(t), map[string]string{
		"GROUP": l.Group, "BUS": l.Bus, "TABLE": l.Table, "ACCOUNT": l.Account, "REGION": l.Region,
		"ENDPOINT": l.Endpoint, "LAUNCHES": l.LaunchQueue, "OUTCOMES": l.OutcomeQueue,
	}}
	held := 0
	for _, c := range commands {
		if problem := shell.try(c); problem != "" {
			t.Errorf("aws %s\n%s", c.args, problem)
			continue
		}
		held++
	}
	fmt.Printf("aws cli: %d passed, %d failed\n", held, len(commands)-held)
}

// shell runs the AWS CLI, and knows earlier outputs by name.
type shell struct {
	program     string
	environment []string
	known       map[string]string
}

var variable = regexp.MustCompile(`\$[A-Z]+`)

func (s *shell) fill(text string) string {
	return variable.ReplaceAllStringFunc(text, func(name string) string { return s.known[name[1:]] })
}

// try runs a command and returns the problem, or "" if the output is as wanted.
func (s *shell) try(c command) (problem string) {
	end := time.Now().Add(patience)
	for {
		out, failure := s.run(c.args)
		if problem = c.check(s.fill(c.want), out, failure); problem == "" && c.keep != "" {
			s.known[c.keep] = out
		}
		if problem == "" || !c.repeat || time.Now().After(end) {
			return problem
		}
	}
}

// run splits the arguments at spaces, so no argument may contain a space.
func (s *shell) run(args string) (out, failure string) {
	command := exec.Command(s.program, strings.Fields(s.fill(args))...)
	command.Env = s.environment
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		failure = err.Error() + ": " + strings.TrimSpace(stderr.String())
	}
	return strings.TrimSpace(stdout.String()), failure
}

func (c command) check(want, out, failure string) string {
	switch pattern, isPattern := strings.CutPrefix(want, "/"); {
	case c.fails == "" && failure != "":
		return failure
	case c.fails != "" && !strings.Contains(failure, "("+c.fails+")"):
		return fmt.Sprintf("failed with %q, want the code %s", failure, c.fails)
	case c.fails != "":
	case isPattern && !regexp.MustCompile("(?s)"+strings.TrimSuffix(pattern, "/")).MatchString(out), !isPattern &&
		out != want:
		return fmt.Sprintf("printed %q, want %s", out, want)
	}
	return ""
}
