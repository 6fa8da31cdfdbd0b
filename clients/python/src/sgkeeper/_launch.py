"""A launch as a context manager."""

from __future__ import annotations

import asyncio
import concurrent.futures
import datetime
import functools
import logging
import os
import threading
from types import TracebackType
from typing import Any, Awaitable, Callable, Dict, List, Mapping, Optional, Sequence, Type, TypeVar, Union

from ._client import Client, Group, Outcome, incarnation
from ._errors import Error, InputError, PublishError, RejectedError

_T = TypeVar("_T")

logger = logging.getLogger("sgkeeper")

Ports = Union[int, str, Sequence[Union[int, str]]]
"""A port, ``"8000"``, ``"8002-8004"``, ``"8000,8002-8004"``, or a sequence of those."""

Expiry = Union[datetime.datetime, datetime.timedelta]
"""A time with a time zone, or a duration from now."""


class Launch:
    """A launch: ports of a security group that are open while your program needs them.

    As a context manager, sync or async, it opens the ports on entry and ends the launch on
    exit, also after an exception or Ctrl-C::

        with sgkeeper.Launch("sg-0123456789abcdef0", 8000, "10.0.0.0/8",
                             datetime.timedelta(hours=2)) as launch:
            serve(8000)

        async with sgkeeper.Launch("sg-0123456789abcdef0", [8000, "8002-8004"], ["10.0.0.0/8"]):
            await serve()

    Entry returns when the ports are open, whether sgkeeper opened them or a wider rule allows
    them already. It raises :class:`RejectedError`, with sgkeeper's reasons, if a guardrail
    forbids them, and :class:`LaunchTimeoutError` after ``timeout`` seconds.

    Also set ``expires``. After SIGKILL or a failure of the machine, no exit runs. Then sgkeeper
    closes the ports at the expiry.

    ``group`` is the group's id, or ``{"name": ..., "vpc": ...}``. ``sources`` are CIDRs,
    addresses, ``sg-...``, ``pl-...`` or ``"self"``, from which TCP traffic to ``ports`` is
    allowed. Instead of ``ports`` and ``sources``, ``rules`` has rules in the event's own shape,
    for example ``[{"protocol": "udp", "ports": 53, "from": ["10.0.0.0/8"]}]``.

    ``name`` is the first part of the launch's name; a random suffix makes it unique.
    ``requester``, ``reason`` and ``ticket`` are shown in sgkeeper's history. ``client`` is the
    installation; its default is the bus ``sgkeeper`` of the default Region.

    If ``wait_end`` is true, the exit also waits until the ports are closed, for ``timeout``
    seconds at most. By default, it returns when the bus has accepted the end.
    """

    def __init__(
        self,
        group: Group,
        ports: Optional[Ports] = None,
        sources: Union[str, Sequence[str], None] = None,
        expires: Optional[Expiry] = None,
        *,
        rules: Optional[Sequence[Mapping[str, Any]]] = None,
        name: str = "python",
        requester: Optional[str] = None,
        reason: Optional[str] = None,
        ticket: Optional[str] = None,
        client: Optional[Client] = None,
        timeout: float = 120,
        wait_end: bool = False,
    ) -> None:
        self.client = client or _default(os.getpid())
        self.group = group
        self.timeout = timeout
        self.wait_end = wait_end
        self.name = incarnation(name)
        self.expires = expires
        self.outcomes: List[Outcome] = []
        self._rules = _rules(ports, sources, rules)
        self._more = {k: v for k, v in (("requester", requester), ("reason", reason), ("ticket", ticket)) if v}
        self._stop = threading.Event()
        self._thread: Optional[concurrent.futures.ThreadPoolExecutor] = None
        self._until = "it is ended by hand"
        self._open = False  # an event may have been accepted, and no end has been
        if expires is not None:
            _at(expires)  # refuses a wrong value at once

    def __repr__(self) -> str:
        return f"<sgkeeper.Launch {self.name} on {self.group}>"

    def open(self) -> List[Outcome]:
        """Publishes the launch and waits until its ports are open.

        If it fails after the event was published, it ends the launch before it raises. After its
        end, a launch cannot be opened again.
        """
        before = self._open
        try:
            return self._request(self.expires)
        except RejectedError:
            self._open = before  # sgkeeper opened nothing for this request
            raise
        except BaseException:
            self._end_quietly()
            raise

    def extend(self, expires: Expiry) -> List[Outcome]:
        """Gives the launch a later expiry, and waits until sgkeeper has recorded it.

        An expiry before the present one has no effect. If it fails, the launch stays open with
        its present expiry.
        """
        outcomes = self._request(expires)
        self.expires = expires
        return outcomes

    def end(self) -> None:
        """Ends the launch. sgkeeper closes the ports that no other launch needs.

        If the launch has ended already, or was refused, it does nothing.
        """
        if not self._open:
            return
        event = self.client.end(self.name, self.group)
        self._open = False
        if self.wait_end:
            self.client.wait(event, self.timeout)

    def __enter__(self) -> Launch:
        self.open()
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        if error is None:
            self.end()
        else:
            self._end_quietly()  # the caller's exception matters more

    async def __aenter__(self) -> Launch:
        opening = asyncio.ensure_future(self._in_thread(self.open))
        try:
            await asyncio.shield(opening)
        except asyncio.CancelledError:
            self._stop.set()  # the thread stops waiting
            opening.add_done_callback(lambda done: done.cancelled() or done.exception())  # or asyncio would log it
            await asyncio.shield(self._in_thread(self._end_quietly))
            raise
        return self

    async def __aexit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        await asyncio.shield(self._in_thread(self.__exit__, kind, error, trace))

    def _in_thread(self, call: Callable[..., _T], *args: Any) -> Awaitable[_T]:
        """Runs a blocking call in this launch's own thread, so calls come one after the other."""
        if self._thread is None:
            self._thread = concurrent.futures.ThreadPoolExecutor(1, "sgkeeper")
        return asyncio.get_running_loop().run_in_executor(self._thread, functools.partial(call, *args))

    def _request(self, expires: Optional[Expiry]) -> List[Outcome]:
        detail: Dict[str, Any] = {"launch": self.name, "group": self.group, "rules": self._rules, **self._more}
        if expires is not None:
            detail["expiresAt"] = _at(expires)
        before, self._open = self._open, True
        try:
            event = self.client.request(detail)
        except PublishError as error:
            self._open = before or error.accepted is not False
            raise
        self._until = detail.get("expiresAt", self._until)
        self.outcomes = self.client.wait(event, self.timeout, self._stop)
        return self.outcomes

    def _end_quietly(self) -> None:
        """Ends the launch while another exception is raised. It logs an error instead of raising it."""
        try:
            self.end()
        except Error as error:
            logger.error("launch %s: its ports stay open until %s: %s", self.name, self._until, error)


@functools.lru_cache(maxsize=1)
def _default(process: int) -> Client:
    """The client of launches that name none. A forked process gets its own."""
    return Client()


def _rules(
    ports: Optional[Ports],
    sources: Union[str, Sequence[str], None],
    rules: Optional[Sequence[Mapping[str, Any]]],
) -> List[Mapping[str, Any]]:
    if rules is not None:
        if ports is not None or sources is not None:
            raise InputError("rules: found ports or sources beside it: give either rules, or ports and sources")
        if isinstance(rules, (str, Mapping)) or not rules:
            raise InputError(f"rules: found {rules!r}: want a sequence of at least one rule")
        return [dict(rule) for rule in rules]
    if ports is None or ports == [] or ports == () or ports == "":
        raise InputError(f'ports: found {ports!r}: want a port, "8002-8004", or a sequence of them, or give rules')
    if not sources:
        raise InputError(f'sources: found {sources!r}: want a CIDR such as "10.0.0.0/8", or a sequence of sources')
    many: Any = ports if isinstance(ports, (int, str)) else list(ports)
    return [{"ports": many, "from": [sources] if isinstance(sources, str) else list(sources)}]


def _at(expires: Expiry) -> str:
    """The time of an expiry as the event has it, for example 2031-12-01T00:00:00Z."""
    if isinstance(expires, datetime.timedelta):
        if expires <= datetime.timedelta(0):
            raise InputError(f"expires: found {expires}: want a duration above 0")
        at = datetime.datetime.now(datetime.timezone.utc) + expires
    else:
        at = expires
        if at.tzinfo is None:
            raise InputError(
                f"expires: found {at} without a time zone: give it one, for example UTC, or use a timedelta"
            )
    return at.astimezone(datetime.timezone.utc).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
