package main

const openLong = `Request ports of a security group for a launch: publish a Launch Requested event on
sgkeeper's bus. The caller needs events:PutEvents on that bus, and no permission on
security groups. EventBridge accepts and drops events for a bus that does not exist.

With --queue the event goes to the function's queue (sqs:SendMessage). With --function
the command invokes the ensure function, which answers at once (lambda:InvokeFunction).
In both cases, the launch belongs to sgkeeper's own account. On the bus, it belongs to
the account of the caller.

The command checks the request before it sends it. You may repeat a request. Another
request of the launch adds to its rules. They stay open until the launch ends or
expires.

--requester, --reason and --ticket describe the request for people. They do not change
it. sgkeeper claims, history and explain show them, and guardrails may require them.

If the guardrails name publishers, --source identifies yours. With --wait and --queue
or --table, also give the name of your publisher as --publisher. It is part of the
launch's key.

--sky-task takes the ports from a SkyPilot task: its resources.ports, and those of its
any_of and ordered resources that may run on AWS. If a file has several tasks, it takes
the ports of all.

With --wait the command invokes the alias wait of sgkeeper's function until a round has
served the request. The caller needs lambda:InvokeFunction on that alias, and no
permission on security groups. With --table the command reads sgkeeper's table instead
(dynamodb:GetItem and Query). If sgkeeper refuses the request, the command ends at once
with the reasons. At the end of --timeout, it prints the known reasons why the request is
not served.

Exit codes: 0 sent, with --wait also served; 1 an error, refused, or not served in time.`

const openExample = `  sgkeeper open --launch llama4-7f3a --group sg-0123456789abcdef0 \
    --ports 8000,8002-8004 --from 10.0.0.0/8 --expires 12h \
    --requester team-inference --reason 'inference demo' --ticket OPS-1234

  # All traffic among the members of the group.
  sgkeeper open --launch llama4-7f3a --group sg-0123456789abcdef0 --protocol all --from self

  # The ports of a SkyPilot task, on a group by name; wait until they are open.
  printf 'resources:\n  ports: [8000, 8002-8004]\n' > task.yaml
  sgkeeper open --launch llama4-7f3a --group shared --vpc vpc-0d000000000000000 \
    --sky-task task.yaml --from 10.0.0.0/8 --function sgkeeper-ensure --wait`
