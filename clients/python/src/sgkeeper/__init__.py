"""sgkeeper's client: ports of an AWS security group, open while a launch needs them.

::

    import datetime, sgkeeper

    with sgkeeper.Launch("sg-0123456789abcdef0", ports=8000, sources="10.0.0.0/8",
                         expires=datetime.timedelta(hours=2)):
        ...  # port 8000 is open here

:class:`Launch` suits most programs. :class:`Client` publishes and waits step by step.
:mod:`sgkeeper.skypilot` is the plugin for SkyPilot.
"""

from ._client import Client, Detail, Event, Group, Outcome, incarnation
from ._errors import (
    Error,
    InputError,
    LaunchTimeoutError,
    OutcomeError,
    PublishError,
    Reason,
    RejectedError,
    WaiterError,
)
from ._launch import Expiry, Launch, Ports
from ._version import __version__

__all__ = [
    "Client",
    "Detail",
    "Error",
    "Event",
    "Expiry",
    "Group",
    "InputError",
    "Launch",
    "LaunchTimeoutError",
    "Outcome",
    "OutcomeError",
    "Ports",
    "PublishError",
    "Reason",
    "RejectedError",
    "WaiterError",
    "__version__",
    "incarnation",
]
