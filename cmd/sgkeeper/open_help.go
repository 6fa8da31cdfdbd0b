package main

const openLong = `Ask for ports of a security group on behalf of a launch: publish a Launch Requested
event on sgkeeper's bus. The caller needs events:PutEvents on that bus, and nothing
on security groups. EventBridge takes events for a bus that does not exist, too, and
drops them.

What is asked is checked before it is published. Asking again for the same does no
harm, and asking for more adds to what the launch has. It stays open until the
launch ends, or expires.

With --wait the command reads the group (ec2:DescribeSecurityGroupRules and
ec2:DescribeSecurityGroups) until it admits all that was asked. That is not to say
that sgkeeper accepted the request: where the ports were open already, a refusal is
told only on the bus and in the function's log.

Exit codes: 0 published, with --wait also open; 1 an error, or not open in time.`

const openExample = `  sgkeeper open --launch llama4-7f3a --group sg-0123456789abcdef0 \
    --ports 8000,8002-8004 --from 10.0.0.0/8 --expires 12h

  # All traffic among the members of the group.
  sgkeeper open --launch llama4-7f3a --group sg-0123456789abcdef0 --protocol all --from self`
