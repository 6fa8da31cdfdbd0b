"""A plugin for SkyPilot 0.14.1: sgkeeper opens and closes the ports of its AWS clusters.

SkyPilot loads it from ``~/.sky/plugins.yaml``, and on controllers of managed jobs and services
from ``~/.sky/remote_plugins.yaml``::

    plugins:
      - class: sgkeeper.skypilot.Plugin
        parameters:
          sources: [10.0.0.0/8]

The plugin registers a provisioner for ``aws`` that has only ``open_ports`` and
``cleanup_ports``. SkyPilot keeps all its other functions. It serves clusters in a group that
``aws.security_group_name`` of SkyPilot's configuration names. If SkyPilot makes a group for the
cluster itself, SkyPilot also opens its ports and deletes the group.

**A cluster is one launch.** Its name is the cluster's name on the cloud with a random suffix,
for example ``sky-serve-1a2b3c4d-7f3a09c2``. The plugin records it in SkyPilot's own database,
with the cluster's name and Region, before it publishes the launch. ``cleanup_ports``, in any
process, reads the record, ends that launch, and removes the record. We chose this because:

- sgkeeper refuses a launch's name for 45 days after its end, and SkyPilot uses a cluster's name
  again. So the name needs a part that is new for each life of the cluster.
- A counter, found by asking sgkeeper for ended launches, is not safe. sgkeeper forgets an end
  after 45 days. For a cluster that lives longer, ``cleanup_ports`` would find another number
  than ``open_ports`` did, and the ports would stay open.
- The record lives as long as SkyPilot's record of the cluster, in the same database. If that
  is lost, SkyPilot never calls ``cleanup_ports`` either.
- Failover calls ``cleanup_ports`` for each failed zone, before any port is open. There is no
  record then, so the plugin calls nothing.
"""

from __future__ import annotations

import datetime
import functools
import json
import logging
import os
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union

import boto3
import sqlalchemy
from botocore.exceptions import BotoCoreError, ClientError
from sky import global_user_state
from sky import provision
from sky.provision import aws as skypilot_aws
from sky.server import plugins

from ._client import Client, Group, incarnation
from ._errors import Error, LaunchTimeoutError, RejectedError, WaiterError
from ._version import __version__

__all__ = ["Plugin", "PortsError", "Settings"]

logger = logging.getLogger("sky.sgkeeper")  # SkyPilot shows the logs below "sky"

_CLUSTER_TAG = "ray-cluster-name"  # SkyPilot's tag of an instance
_LIVING = ["pending", "running", "stopping", "stopped"]


class PortsError(RuntimeError):
    """sgkeeper did not open or close the ports of a cluster. The text has sgkeeper's reasons.

    It has no attributes: SkyPilot's server sends it to clients that may lack this package.
    """


@dataclass(frozen=True)
class Settings:
    """The plugin's parameters.

    - ``sources``: the sources that may reach the ports: CIDRs, ``sg-...``, ``pl-...`` or ``self``. Required.
    - ``bus``, ``source``, ``function``, ``account``: as for :class:`sgkeeper.Client`.
    - ``hub_region``: the Region of the bus and the function. By default, it is the cluster's.
    - ``groups``: the group by Region, as an id or as ``{name, vpc}``. By default, the plugin
      asks EC2 for the group of the cluster's instances (``ec2:DescribeInstances``, which
      SkyPilot needs anyway).
    - ``expires_hours``: the ports close after this time, even if the cluster still runs.
      By default they stay open until SkyPilot terminates the cluster.
    - ``timeout``: the seconds to wait for an outcome.
    - ``prefix``: the start of each launch's name.
    - ``requester``: the launch's requester in sgkeeper's history.
    - ``profile``: the AWS profile to publish and wait with.
    """

    sources: Union[str, Sequence[str]]
    bus: str = "sgkeeper"
    source: str = "skypilot"
    function: str = "sgkeeper-ensure:wait"
    account: Optional[str] = None
    hub_region: Optional[str] = None
    groups: Optional[Mapping[str, Group]] = None
    expires_hours: Optional[float] = None
    timeout: float = 120
    prefix: str = "sky-"
    requester: Optional[str] = None
    profile: Optional[str] = None

    def __post_init__(self) -> None:
        if not self.sources or not isinstance(self.sources, (str, list, tuple)):
            raise ValueError(
                f"sgkeeper.skypilot: sources: found {self.sources!r}: want a CIDR such as 10.0.0.0/8, or a list"
            )
        if self.groups is not None and not isinstance(self.groups, Mapping):
            raise ValueError(
                f"sgkeeper.skypilot: groups: found {self.groups!r}: want a group for each Region, "
                "such as {us-east-1: sg-0123456789abcdef0}"
            )
        for name in ("expires_hours", "timeout"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0):
                raise ValueError(f"sgkeeper.skypilot: {name}: found {value!r}: want a number above 0")

    def connection(self, region: str) -> Dict[str, Optional[str]]:
        """The settings that a later end must use as well."""
        return {
            "bus": self.bus,
            "source": self.source,
            "function": self.function,
            "account": self.account,
            "region": self.hub_region or region,
        }

    def client(self, connection: Mapping[str, Optional[str]]) -> Client:
        """The client of a connection. A forked process gets its own."""
        return _client(tuple(sorted(connection.items())), self.profile, os.getpid())


@dataclass(frozen=True)
class Record:
    """The launch of a cluster, as SkyPilot's database has it."""

    cluster: str
    region: str
    launch: str
    group: Group
    connection: Mapping[str, Optional[str]]


class Records:
    """The plugin's table in SkyPilot's database, SQLite or PostgreSQL."""

    def __init__(self) -> None:
        self._metadata = sqlalchemy.MetaData()
        self._table = sqlalchemy.Table(
            "sgkeeper_launches",
            self._metadata,
            sqlalchemy.Column("cluster", sqlalchemy.Text, primary_key=True),
            sqlalchemy.Column("region", sqlalchemy.Text, primary_key=True),
            sqlalchemy.Column("launch", sqlalchemy.Text, nullable=False),
            sqlalchemy.Column("target", sqlalchemy.Text, nullable=False),
        )

    def find(self, cluster: str, region: str) -> Optional[Record]:
        """The record of a cluster in a Region, or None."""
        columns = self._table.c
        query = sqlalchemy.select(columns.launch, columns.target)
        with self._engine().connect() as connection:
            row = connection.execute(query.where(columns.cluster == cluster, columns.region == region)).first()
        if row is None:
            return None
        target = json.loads(row.target)
        return Record(cluster, region, row.launch, target["group"], target["connection"])

    def add(self, record: Record) -> None:
        """Adds a record. SkyPilot's lock on the cluster excludes a second one."""
        target = json.dumps({"group": record.group, "connection": record.connection})
        row = {"cluster": record.cluster, "region": record.region, "launch": record.launch, "target": target}
        with self._engine().begin() as connection:
            connection.execute(sqlalchemy.insert(self._table).values(**row))

    def remove(self, record: Record) -> None:
        """Removes a record, unless the cluster has another launch by now."""
        columns = self._table.c
        with self._engine().begin() as connection:
            connection.execute(
                sqlalchemy.delete(self._table).where(
                    columns.cluster == record.cluster,
                    columns.region == record.region,
                    columns.launch == record.launch,
                )
            )

    def _engine(self) -> Any:
        engine = global_user_state.initialize_and_get_db()
        try:
            self._metadata.create_all(engine)
        except sqlalchemy.exc.DBAPIError:  # another process makes the table at the same time
            self._metadata.create_all(engine)
        return engine


class Ports:
    """The provisioner: SkyPilot finds ``open_ports`` and ``cleanup_ports``, and nothing else."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._records = Records()

    def open_ports(
        self, cluster_name_on_cloud: str, ports: List[str], provider_config: Optional[Dict[str, Any]] = None
    ) -> None:
        """Opens the ports and waits for them. It raises :class:`PortsError` if sgkeeper refuses.

        For a cluster that has open ports already, it adds the new ones to the same launch.
        """
        region, ours = _target(cluster_name_on_cloud, provider_config)
        if not ours:
            logger.info("SkyPilot made the group of %s, so SkyPilot opens its ports", cluster_name_on_cloud)
            skypilot_aws.open_ports(cluster_name_on_cloud, ports, provider_config)
            return
        if not ports:
            return
        record = self._records.find(cluster_name_on_cloud, region)
        try:
            if record is not None:
                try:
                    self._open(record, ports)
                    return
                except RejectedError as error:
                    if not error.ended:
                        raise
                    self._records.remove(record)  # ended by hand, or by a cleanup that was interrupted
            record = self._record(cluster_name_on_cloud, region, provider_config)
            self._open(record, ports)
        except Error as error:
            raise PortsError(_text("open", cluster_name_on_cloud, ports, error)) from error

    def cleanup_ports(
        self, cluster_name_on_cloud: str, ports: List[str], provider_config: Optional[Dict[str, Any]] = None
    ) -> None:
        """Ends the cluster's launch, if it has one. Repeating it does no harm.

        It raises :class:`PortsError` if the bus does not accept the end or sgkeeper refuses it.
        SkyPilot then keeps the cluster, and ``sky down`` can be repeated. If only the wait
        fails, it logs a warning: sgkeeper has the end and will serve it.
        """
        region, ours = _target(cluster_name_on_cloud, provider_config)
        if not ours:
            skypilot_aws.cleanup_ports(cluster_name_on_cloud, ports, provider_config)
            return
        record = self._records.find(cluster_name_on_cloud, region)
        if record is None:
            return
        try:
            client = self._settings.client(record.connection)
            event = client.end(record.launch)
            try:
                client.wait(event, self._settings.timeout)
            except (LaunchTimeoutError, WaiterError) as error:
                logger.warning("the end of %s is published, but not confirmed: %s", record.launch, error)
        except Error as error:
            raise PortsError(_text("close", cluster_name_on_cloud, ports, error)) from error
        self._records.remove(record)

    def _record(self, cluster: str, region: str, provider_config: Optional[Dict[str, Any]]) -> Record:
        record = Record(
            cluster=cluster,
            region=region,
            launch=incarnation(self._settings.prefix + cluster),
            group=self._group(cluster, region, provider_config or {}),
            connection=self._settings.connection(region),
        )
        self._records.add(record)
        return record

    def _open(self, record: Record, ports: Sequence[str]) -> None:
        settings = self._settings
        sources = [settings.sources] if isinstance(settings.sources, str) else list(settings.sources)
        detail: Dict[str, Any] = {
            "launch": record.launch,
            "group": record.group,
            "rules": [{"ports": list(ports), "from": sources}],
            "reason": f"SkyPilot cluster {record.cluster}",
        }
        if settings.requester is not None:
            detail["requester"] = settings.requester
        if settings.expires_hours is not None:
            now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0, tzinfo=None)
            detail["expiresAt"] = (now + datetime.timedelta(hours=settings.expires_hours)).isoformat() + "Z"
        client = settings.client(record.connection)
        client.wait(client.request(detail), settings.timeout)

    def _group(self, cluster: str, region: str, provider_config: Mapping[str, Any]) -> Group:
        configured = (self._settings.groups or {}).get(region)
        group = configured if configured is not None else self._group_of_instances(cluster, region, provider_config)
        if self._settings.hub_region in (None, region):
            return group
        # An event of the hub's Region means a group there, unless it says otherwise.
        return {"region": region, **({"id": group} if isinstance(group, str) else group)}

    def _group_of_instances(self, cluster: str, region: str, provider_config: Mapping[str, Any]) -> str:
        """The id of the group that SkyPilot's configuration names, from the cluster's instances."""
        name = provider_config["security_group"]["GroupName"]
        ec2 = boto3.session.Session(profile_name=self._settings.profile).client("ec2", region_name=region)
        pages = ec2.get_paginator("describe_instances").paginate(
            Filters=[
                {"Name": f"tag:{_CLUSTER_TAG}", "Values": [cluster]},
                {"Name": "instance-state-name", "Values": _LIVING},
            ]
        )
        try:
            groups = {
                (group["GroupId"], group["GroupName"])
                for page in pages
                for reservation in page["Reservations"]
                for instance in reservation["Instances"]
                for group in instance["SecurityGroups"]
            }
        except (ClientError, BotoCoreError) as error:
            raise PortsError(
                f"EC2 does not describe the instances of the cluster {cluster!r} in {region}: {error}; allow "
                f"ec2:DescribeInstances, or set the plugin's parameter groups for {region}"
            ) from error
        found = sorted(id for id, group in groups if group == name)
        if len(found) != 1:
            raise PortsError(
                f"the cluster {cluster!r} has instances in {sorted(groups) or 'no group'}, in {region}: want one "
                f"group named {name!r}; start the cluster again if aws.security_group_name has changed, or set "
                f"the plugin's parameter groups for {region}"
            )
        return str(found[0])


class Plugin(plugins.BasePlugin):  # type: ignore[misc]
    """The class for SkyPilot's ``plugins.yaml``. Its parameters are those of :class:`Settings`."""

    def __init__(self, **parameters: Any) -> None:
        known = Settings.__dataclass_fields__
        unknown = sorted(set(parameters) - set(known))
        if unknown:
            raise ValueError(f"sgkeeper.skypilot: found the unknown parameter {unknown[0]!r}: want {', '.join(known)}")
        if "sources" not in parameters:
            raise ValueError("sgkeeper.skypilot: sources is missing: want a CIDR such as 10.0.0.0/8, or a list")
        self._settings = Settings(**parameters)

    @property
    def name(self) -> str:
        return "sgkeeper"

    @property
    def version(self) -> str:
        return __version__

    def install(self, extension_context: Any) -> None:
        """Registers the provisioner. SkyPilot calls it in every process that loads plugins."""
        provision.register_provisioner("aws", Ports(self._settings))


@functools.lru_cache(maxsize=64)
def _client(connection: Tuple[Tuple[str, Optional[str]], ...], profile: Optional[str], process: int) -> Client:
    arguments: Dict[str, Any] = dict(connection)
    return Client(**arguments, session=boto3.session.Session(profile_name=profile))


def _target(cluster: str, provider_config: Optional[Mapping[str, Any]]) -> Tuple[str, bool]:
    """The Region of a cluster, and whether the plugin serves it: SkyPilot did not make its group."""
    if provider_config is None or "region" not in provider_config:
        raise PortsError(f"the cluster {cluster!r} has no provider configuration with a Region")
    managed = (provider_config.get("security_group") or {}).get("ManagedBySkyPilot", True)
    return str(provider_config["region"]), not managed


def _text(verb: str, cluster: str, ports: Optional[Sequence[str]], error: Error) -> str:
    return f"sgkeeper did not {verb} the ports {', '.join(ports or [])} of the cluster {cluster}: {error}"
