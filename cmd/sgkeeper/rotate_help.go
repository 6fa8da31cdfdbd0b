package main

const rotateLong = `Give security groups new keys. A key seals the rules that sgkeeper makes in a group, so
that no other rule passes for its own. Rotate the keys if an outsider may have read the
table, for example after a backup leaked: the reader could otherwise choose rules that
sgkeeper revokes.

The next sweep records the ids of the rules that the former key sealed, so they stay
sgkeeper's own. Half an hour later, the former key counts no more. No key is ever printed.

The caller needs dynamodb:Scan and UpdateItem on sgkeeper's table.

Exit codes: 0 all groups have a new key; 1 an error, or some groups kept their key; the
output has the reasons.`

const rotateExample = `  sgkeeper rotate --table sgkeeper --group sg-0123456789abcdef0
  sgkeeper rotate --table sgkeeper --all`
