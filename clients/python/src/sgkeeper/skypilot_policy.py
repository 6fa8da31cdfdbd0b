"""Admin policies for SkyPilot versions without :mod:`sgkeeper.skypilot`'s hook.

Choose one in ``~/.sky/config.yaml``::

    admin_policy: sgkeeper.skypilot_policy.LabelPorts

A policy sees a task before its launch, and never its end. So it cannot open ports itself.

:class:`LabelPorts` turns the ports of AWS resources into the instance tags ``sgkeeper:ports`` and
``sgkeeper:from``. It needs an installation with ``SGKEEPER_INSTANCES=on``. Its limits:

- The ports open some seconds after the instance runs, and nothing waits for them.
- A refusal does not reach the user. It is in sgkeeper's events and history.
- ``sky status --endpoints`` lists no port.
- New ports do not open on a cluster that exists, because its tags do not change.
- A stopped instance keeps its ports. They close when the instance is terminated.

:class:`RefusePorts` refuses tasks with ports on AWS. Users then open them by ``sgkeeper run`` or
:class:`sgkeeper.Launch`.
"""

from __future__ import annotations

import os
from typing import Any

import sky

__all__ = ["LabelPorts", "RefusePorts", "SOURCES"]

SOURCES = "SGKEEPER_SKYPILOT_SOURCES"
"""The environment variable of :class:`LabelPorts`: the sources, such as ``10.0.0.0/8,sg-0123456789abcdef0``."""

_LONGEST = 255  # characters of a tag's value, as SkyPilot checks it


class LabelPorts(sky.AdminPolicy):  # type: ignore[misc]
    """Turns the ports of a task on AWS into tags that sgkeeper reads.

    Resources that name no cloud are set to AWS. Other clouds are left alone. It raises
    ``ValueError`` if ``SGKEEPER_SKYPILOT_SOURCES`` is not set, or if the ports do not fit a tag.
    """

    @classmethod
    def validate_and_mutate(cls, user_request: Any) -> Any:
        task = user_request.task
        task.set_resources(type(task.resources)(_labelled(each) for each in task.resources))
        return sky.MutatedUserRequest(task, user_request.skypilot_config)


class RefusePorts(sky.AdminPolicy):  # type: ignore[misc]
    """Refuses a task with ports on AWS, or with ports and no cloud."""

    @classmethod
    def validate_and_mutate(cls, user_request: Any) -> Any:
        for each in user_request.task.resources:
            if each.ports and _on_aws(each):
                raise ValueError(
                    f"ports: found {', '.join(each.ports)}: SkyPilot may not open ports on AWS here; "
                    "leave them out, and open them with `sgkeeper run --ports`"
                )
        return sky.MutatedUserRequest(user_request.task, user_request.skypilot_config)


def _on_aws(resources: Any) -> bool:
    return resources.cloud is None or isinstance(resources.cloud, sky.AWS)


def _labelled(resources: Any) -> Any:
    if not resources.ports or not _on_aws(resources):
        return resources
    sources = os.environ.get(SOURCES, "").replace(" ", "")
    if not sources:
        raise ValueError(f"{SOURCES}: found nothing: set it for SkyPilot's API server, for example to 10.0.0.0/8")
    labels = {**(resources.labels or {}), "sgkeeper:ports": ",".join(resources.ports), "sgkeeper:from": sources}
    for key in ("sgkeeper:ports", "sgkeeper:from"):
        if len(labels[key]) > _LONGEST:
            raise ValueError(f"{key}: found {len(labels[key])} characters: a tag has at most {_LONGEST}; use ranges")
    return resources.copy(cloud=sky.AWS(), ports=None, labels=labels)
