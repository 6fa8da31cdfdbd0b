"""The account of `sgkeeper local` that the environment names, and taps on buses."""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterator, List, Set, Tuple

import boto3
import pytest

import sgkeeper

GROUP = os.environ["SGKEEPER_GROUP"]
PATIENCE = 30  # seconds


def rules(group: str = GROUP) -> List[Dict[str, Any]]:
    """The group's rules, as EC2 describes them."""
    pages = boto3.client("ec2").get_paginator("describe_security_group_rules").paginate(
        Filters=[{"Name": "group-id", "Values": [group]}]
    )
    return [rule for page in pages for rule in page["SecurityGroupRules"] if not rule["IsEgress"]]


def opened(group: str = GROUP) -> Set[Tuple[int, int, str]]:
    """The first port, last port and IPv4 source of each ingress rule."""
    return {(rule["FromPort"], rule["ToPort"], rule.get("CidrIpv4", "")) for rule in rules(group)}


@dataclass(frozen=True)
class Tap:
    """A bus that no sgkeeper serves, and a queue that gets its events."""

    bus: str
    queue: str

    def client(self) -> sgkeeper.Client:
        return sgkeeper.Client(bus=self.bus, source="tests")

    def event(self) -> Dict[str, Any]:
        """Receives the next event. It fails if there is none for 20 seconds."""
        sqs = boto3.client("sqs")
        messages = sqs.receive_message(QueueUrl=self.queue, WaitTimeSeconds=20, MaxNumberOfMessages=1)["Messages"]
        sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=messages[0]["ReceiptHandle"])
        event: Dict[str, Any] = json.loads(messages[0]["Body"])
        return event

    def empty(self) -> bool:
        """Reports that no event is left."""
        return "Messages" not in boto3.client("sqs").receive_message(QueueUrl=self.queue)


@pytest.fixture
def tap() -> Iterator[Tap]:
    name = "tap-" + uuid.uuid4().hex[:8]
    sqs, events = boto3.client("sqs"), boto3.client("events")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.create_event_bus(Name=name)
    events.put_rule(Name=name, EventBusName=name, EventPattern='{"source": ["tests"]}')
    events.put_targets(Rule=name, EventBusName=name, Targets=[{"Id": "queue", "Arn": arn}])
    yield Tap(name, url)


@pytest.fixture
def ended() -> Callable[[sgkeeper.Launch], None]:
    """Waits until sgkeeper has served the end of a launch. It fails if none was published."""

    def check(launch: sgkeeper.Launch) -> None:
        event = sgkeeper.Event("Launch Ended", {"launch": launch.name, "group": launch.group})
        (outcome,) = launch.client.wait(event, PATIENCE)
        assert outcome.status == "released"

    return check
