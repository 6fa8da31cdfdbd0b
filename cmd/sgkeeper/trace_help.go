package main

const traceLong = `With SGKEEPER_TRACE=on, the ensure function logs a line for each step of a pass: the
effect, its reply as the protocol sees it, and the state after it. check replays these
lines through the protocol. So it says whether last night's run was a run of the
protocol.`

const traceCheckLong = `Check the steps in log files against the protocol. - is standard input.

The command merges the steps of all functions by the tickets that they saw, not by clocks.
Each ring has a ticket of its own, so tickets and holders order the writes of a group's
head. It replays each pass through the protocol's step function, and all passes of a group
through a model of the head.

For each group it prints "conforms", or the first impossible step with an explanation and
at most ten steps before it. A pass that ends early is unfinished: its function was
killed, or the log was cut off. Missing steps are gaps. Neither is an error.

A file has one JSON object a line, as Lambda logs it. A time before the object is
skipped, and so are other lines. An event of CloudWatch Logs with the line in its
"message" is fine, too.

--html draws the run of one group as one page, with a lane for each function, the lease,
the tickets, and the calls to EC2.

Exit codes: 0 every group conforms; 1 a group does not, or an error.`

const traceCheckExample = `  aws logs tail /aws/lambda/sgkeeper-ensure --since 1d --format short > log.txt
  sgkeeper trace check log.txt
  sgkeeper trace check log.txt --group sg-0123456789abcdef0 --html trace.html`
