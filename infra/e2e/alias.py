"""MiniStack, corrected in two things.

If an event source mapping delivers to an alias, MiniStack tells the function that it was
invoked by its plain ARN. AWS tells it the alias's, which is how ensure knows a record that
Lambda took from a queue.

MiniStack refuses a template with an archive of a bus. Here it accepts one, and archives
nothing.
"""

from ministack.app import main
from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners

run_sqs_batch = lambda_svc._run_sqs_batch


def run_sqs_batch_by_alias(esm, function, *rest):
    config = dict(function["config"], FunctionArn=esm["FunctionArn"])
    return run_sqs_batch(esm, dict(function, config=config), *rest)


lambda_svc._run_sqs_batch = run_sqs_batch_by_alias
provisioners._RESOURCE_HANDLERS["AWS::Events::Archive"] = {
    "create": lambda id, properties, stack: (properties["ArchiveName"], {}),
    "delete": lambda id, properties: None,
}
main()
