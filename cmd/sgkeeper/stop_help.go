package main

const stopLong = `Stop an installation: its functions take no message and make no sweep until you start it
again. Messages wait in their queues for up to 4 days. Open ports stay open.

The command first disables the event source mappings of the functions NAME-ensure and
NAME-audit, and waits until Lambda has done that. Then it sets the functions' reserved
concurrency to 0, which refuses sweeps and direct calls. In the other order, Lambda would
continue to receive messages, and they would become dead letters within minutes.

An invocation that runs already ends by itself, within 20 s for ensure and 5 minutes for
audit. The alarms sweep-missed and audit-missed go off while the installation is stopped.
You may repeat the command at any time.

The caller needs lambda:ListEventSourceMappings, UpdateEventSourceMapping,
GetFunctionConcurrency and PutFunctionConcurrency.`

const stopExample = `  sgkeeper stop
  sgkeeper stop --name keeper --region eu-west-1`

const startLong = `Start an installation that sgkeeper stop has stopped. The command removes the functions'
reserved concurrency if it is 0, and enables the event source mappings. Waiting messages
are served then, and the next sweep follows within a minute.

The mapping by which ensure takes dead letters stays as it is. You may repeat the command
at any time.

The caller needs lambda:ListEventSourceMappings, UpdateEventSourceMapping,
GetFunctionConcurrency and DeleteFunctionConcurrency.`

const startExample = `  sgkeeper start
  sgkeeper start --name keeper --region eu-west-1`
