"""The plugin and the policies in SkyPilot 0.14.1, against `sgkeeper local`.

HOME is an empty folder, in which SkyPilot makes its database.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import uuid
from typing import Any, Callable, Dict, Iterator, List, Set

import boto3
import pytest
import sky
import yaml
from sky import exceptions, global_user_state, provision
from sky.provision import aws as skypilot_aws
from sky.provision import constants
from sky.server import plugins
from sky.server.requests import request_names

import sgkeeper
from sgkeeper import skypilot, skypilot_policy

GROUP = os.environ["SGKEEPER_GROUP"]
REGION = os.environ["AWS_DEFAULT_REGION"]
SOURCE = "10.0.0.0/8"


def ports_of(group: str = GROUP) -> Set[int]:
    pages = boto3.client("ec2").get_paginator("describe_security_group_rules").paginate(
        Filters=[{"Name": "group-id", "Values": [group]}]
    )
    rules = [rule for page in pages for rule in page["SecurityGroupRules"]]
    ours = [rule for rule in rules if rule.get("CidrIpv4") == SOURCE]
    return {port for rule in ours for port in range(rule["FromPort"], rule["ToPort"] + 1)}


def group_name() -> str:
    name: str = boto3.client("ec2").describe_security_groups(GroupIds=[GROUP])["SecurityGroups"][0]["GroupName"]
    return name


class Cluster:
    """A cluster with one instance in the shared group."""

    def __init__(self, **security_group: Any) -> None:
        self.name = "test-" + uuid.uuid4().hex[:8]
        self.provider: Dict[str, Any] = {
            "region": REGION,
            "security_group": {"GroupName": group_name(), "ManagedBySkyPilot": False, **security_group},
        }
        tags = [{"Key": constants.TAG_RAY_CLUSTER_NAME, "Value": self.name}]
        boto3.client("ec2").run_instances(
            ImageId="ami-0123456789abcdef0",
            MinCount=1,
            MaxCount=1,
            SecurityGroupIds=[GROUP],
            TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
        )

    def open(self, *ports: str) -> None:
        provision.open_ports("AWS", self.name, list(ports), self.provider)

    def cleanup(self) -> None:
        provision.cleanup_ports("AWS", self.name, [], self.provider)

    def launch(self) -> str:
        """The launch of the plugin's record."""
        record = skypilot.Records().find(self.name, self.provider["region"])
        return record.launch if record else ""


Load = Callable[..., None]


@pytest.fixture
def load(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Has SkyPilot's loader load the plugin with these parameters, in a process that runs requests."""

    def with_parameters(**parameters: Any) -> None:
        config = tmp_path / "plugins.yaml"
        settings = {"sources": SOURCE, "timeout": 30, **parameters}
        config.write_text(json.dumps({"plugins": [{"class": "sgkeeper.skypilot.Plugin", "parameters": settings}]}))
        monkeypatch.setenv(plugins._PLUGINS_CONFIG_ENV_VAR, str(config))
        plugins.load_plugins(plugins.ExtensionContext(context=plugins.PluginContext.EXECUTOR))
        skypilot._client.cache_clear()  # as in a new process

    yield with_parameters
    provision._registered_provisioners.clear()


def test_only_ports_are_taken_over(load: Load) -> None:
    load()
    module = provision.get_registered_provisioner("aws").module
    ours = [name for name in skypilot_aws.__all__ if hasattr(module, name)]
    assert sorted(ours) == ["cleanup_ports", "open_ports"]


def test_a_cluster_is_one_launch(load: Load) -> None:
    load()
    cluster = Cluster()
    cluster.open("9301")
    first = cluster.launch()
    assert first.startswith(f"sky-{cluster.name}-") and 9301 in ports_of()
    cluster.open("9301", "9302-9303")  # `sky launch` again, with more ports
    assert cluster.launch() == first and {9301, 9302, 9303} <= ports_of()
    cluster.cleanup()
    assert not {9301, 9302, 9303} & ports_of() and cluster.launch() == ""
    cluster.cleanup()  # repeated
    cluster.open("9301")  # the next life of the same name
    assert cluster.launch() not in ("", first) and 9301 in ports_of()
    cluster.cleanup()
    assert 9301 not in ports_of()


def test_a_cluster_that_someone_ended(load: Load) -> None:
    load()
    cluster = Cluster()
    cluster.open("9304")
    first, client = cluster.launch(), sgkeeper.Client(source="skypilot")
    client.wait(client.end(first, GROUP), 30)
    cluster.open("9304")
    assert cluster.launch() != first and 9304 in ports_of()
    cluster.cleanup()
    assert 9304 not in ports_of()


def test_two_clusters_share_a_port(load: Load) -> None:
    load()
    one, two = Cluster(), Cluster()
    one.open("9305")
    two.open("9305")
    one.cleanup()
    assert 9305 in ports_of()
    two.cleanup()
    assert 9305 not in ports_of()


def test_a_refusal_reaches_the_user(load: Load) -> None:
    load(sources=["0.0.0.0/0"])
    cluster = Cluster()
    with pytest.raises(skypilot.PortsError) as caught:
        cluster.open("22")
    sent = exceptions.serialize_exception(caught.value)
    received = exceptions.deserialize_exception(json.loads(json.dumps(sent)))
    assert "/rules/0/from/0" in str(received) and cluster.name in str(received)
    cluster.cleanup()
    assert cluster.launch() == ""


def test_failover_needs_no_sgkeeper_where_nothing_is_open(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    load()
    cluster = Cluster()
    elsewhere = {**cluster.provider, "region": "eu-west-3"}
    with monkeypatch.context() as broken:
        broken.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # any call fails
        provision.cleanup_ports("AWS", cluster.name, ["9306"], elsewhere)
    cluster.open("9306")
    provision.cleanup_ports("AWS", cluster.name, ["9306"], elsewhere)
    assert 9306 in ports_of()
    cluster.cleanup()
    assert 9306 not in ports_of()


def test_an_end_that_is_not_accepted_keeps_the_record(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    load()
    cluster = Cluster()
    cluster.open("9307")
    with monkeypatch.context() as broken:
        broken.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        skypilot._client.cache_clear()
        with pytest.raises(skypilot.PortsError, match="did not close"):
            cluster.cleanup()
    assert cluster.launch() and 9307 in ports_of()
    skypilot._client.cache_clear()
    cluster.cleanup()
    assert 9307 not in ports_of()


def test_groups_and_hub_by_configuration(load: Load) -> None:
    load(groups={REGION: GROUP, "eu-west-3": "sg-0000000000000000e"}, hub_region=REGION, expires_hours=1)
    cluster = Cluster(GroupName="another name")
    cluster.open("9308")
    assert 9308 in ports_of()
    cluster.cleanup()
    assert 9308 not in ports_of()
    cluster.provider["region"] = "eu-west-3"  # this installation has no such group, and says so
    with pytest.raises(skypilot.PortsError, match="sg-0000000000000000e|eu-west-3"):
        cluster.open("9308")


def test_the_group_of_the_instances_has_another_name(load: Load) -> None:
    load()
    cluster = Cluster(GroupName="another name")
    with pytest.raises(skypilot.PortsError, match="want one group named 'another name'"):
        cluster.open("9309")


def test_skypilot_keeps_its_own_groups(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    load()
    calls: List[str] = []
    monkeypatch.setattr(skypilot_aws, "open_ports", lambda *_: calls.append("open"))
    monkeypatch.setattr(skypilot_aws, "cleanup_ports", lambda *_: calls.append("cleanup"))
    cluster = Cluster(ManagedBySkyPilot=True)
    cluster.open("9310")
    cluster.cleanup()
    assert calls == ["open", "cleanup"] and cluster.launch() == ""


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({}, "sources is missing"),
        ({"sources": []}, "sources: found"),
        ({"sources": SOURCE, "source_ranges": 1}, "unknown parameter 'source_ranges': want sources, bus"),
        ({"sources": SOURCE, "timeout": 0}, "timeout: found 0"),
        ({"sources": SOURCE, "expires_hours": "24h"}, "expires_hours: found '24h'"),
        ({"sources": SOURCE, "groups": GROUP}, "groups: found"),
    ],
)
def test_wrong_parameters(parameters: Dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        skypilot.Plugin(**parameters)


def request(*resources: sky.Resources) -> sky.UserRequest:
    task = sky.Task(run="true")
    task.set_resources(set(resources))
    return sky.UserRequest(
        task=task, skypilot_config=sky.Config(), request_name=request_names.AdminPolicyRequestName.CLUSTER_LAUNCH
    )


def test_a_policy_turns_ports_into_tags(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(skypilot_policy.SOURCES, "10.0.0.0/8, 192.0.2.0/24")
    asked = request(sky.Resources(cloud=sky.AWS(), ports=["8000", "8002-8004"], labels={"team": "a"}))
    (resources,) = skypilot_policy.LabelPorts.validate_and_mutate(asked).task.resources
    assert resources.ports is None
    assert resources.labels == {
        "team": "a",
        "sgkeeper:ports": "8000,8002-8004",
        "sgkeeper:from": "10.0.0.0/8,192.0.2.0/24",
    }
    (anywhere,) = skypilot_policy.LabelPorts.validate_and_mutate(request(sky.Resources(ports=["1"]))).task.resources
    assert isinstance(anywhere.cloud, sky.AWS) and anywhere.ports is None
    (other,) = skypilot_policy.LabelPorts.validate_and_mutate(
        request(sky.Resources(cloud=sky.GCP(), ports=["1"]))
    ).task.resources
    assert other.ports == ["1"] and not other.labels


def test_a_policy_without_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(skypilot_policy.SOURCES, raising=False)
    with pytest.raises(ValueError, match=skypilot_policy.SOURCES):
        skypilot_policy.LabelPorts.validate_and_mutate(request(sky.Resources(cloud=sky.AWS(), ports=["1"])))


def test_a_policy_that_refuses() -> None:
    refuse = skypilot_policy.RefusePorts.validate_and_mutate
    for resources in (sky.Resources(cloud=sky.AWS(), ports=["8000"]), sky.Resources(ports=["8000"])):
        with pytest.raises(ValueError, match="ports: found 8000"):
            refuse(request(resources))
    for resources in (sky.Resources(cloud=sky.AWS()), sky.Resources(cloud=sky.GCP(), ports=["8000"])):
        asked = request(resources)
        assert refuse(asked).task is asked.task


def test_the_record_is_in_skypilots_database() -> None:
    tables = global_user_state.initialize_and_get_db().dialect.get_table_names
    with global_user_state.initialize_and_get_db().connect() as connection:
        assert "sgkeeper_launches" in tables(connection)


def test_the_readme() -> None:
    page = (pathlib.Path(__file__).parents[2] / "README.md").read_text()
    texts = re.findall(r"<!-- parsed: yaml -->\n```yaml\n(.*?)```\n", page, re.DOTALL)
    blocks = [yaml.safe_load(text) for text in texts]
    for block in blocks:
        for plugin in block.get("plugins", []):
            assert plugin["class"] == "sgkeeper.skypilot.Plugin"
            skypilot.Plugin(**plugin["parameters"])
    assert sum("plugins" in block for block in blocks) == 2
    (policy,) = [block["admin_policy"] for block in blocks if "admin_policy" in block]
    assert hasattr(skypilot_policy, policy.rsplit(".", 1)[1])
    _, table, _ = re.split(r"\| parameter \| default \| meaning \|\n|\n\nWithout `groups`", page)
    names = re.findall(r"`(\w+)`", " ".join(row.split("|")[1] for row in table.splitlines()[1:]))
    assert sorted(names) == sorted(skypilot.Settings.__dataclass_fields__)


@pytest.mark.parametrize("context", list(plugins.PluginContext))
def test_every_process_that_loads_plugins_gets_it(load: Load, context: plugins.PluginContext) -> None:
    load()
    provision._registered_provisioners.clear()
    plugins.load_plugins(plugins.ExtensionContext(context=context))
    assert isinstance(provision.get_registered_provisioner("aws").module, skypilot.Ports)
