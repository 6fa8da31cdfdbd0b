"""The client: it publishes events of launches, and waits for their outcomes."""

from __future__ import annotations

import json
import random
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ._errors import InputError, LaunchTimeoutError, PublishError, Reason, RejectedError, WaiterError

REQUESTED = "Launch Requested"
ENDED = "Launch Ended"

Detail = Mapping[str, Any]
"""The detail of an event, as docs/protocol.md and the JSON Schemas in events/ describe it."""

Group = Union[str, Mapping[str, str]]
"""A group's id, or a mapping with ``id``, or ``name`` and ``vpc``; ``account`` and ``region`` are optional."""

_HOLD = 5  # seconds for which the first call of a wait lets the function hold it
_PAUSE = 2.0  # seconds between later calls, in the middle
_MAX_NAME = 128  # characters of a launch's name

# Codes of Lambda's errors after which the same call may succeed.
_TRANSIENT = frozenset(
    {"TooManyRequestsException", "ServiceException", "EC2ThrottledException", "ResourceNotReadyException"}
)


class Event(NamedTuple):
    """A published event: its detail-type, its detail, and the id that AWS returned.

    An empty id stands for any event with that detail.
    """

    detail_type: str
    detail: Detail
    id: str = ""


@dataclass(frozen=True)
class Outcome:
    """sgkeeper's answer for one launch in one group.

    ``status`` is ``ensured``, ``observed`` (sgkeeper runs in observe mode and opened nothing),
    or ``released``. ``reasons`` are remarks, for example that the group is frozen. ``ticket``
    is the last ticket that sgkeeper served for the group.
    """

    launch: str
    group: str
    status: str
    reasons: Tuple[Reason, ...] = ()
    ticket: Optional[int] = None
    account: str = ""
    region: str = ""

    @classmethod
    def _of(cls, raw: Mapping[str, Any], key: str) -> Outcome:
        return cls(
            launch=str(raw.get("launch", "")),
            group=str(raw.get("group", "")),
            status=str(raw.get("status", "")),
            reasons=tuple(
                Reason(_within(key, str(reason.get("field", ""))), str(reason.get("problem", "")))
                for reason in raw.get("reasons") or ()
            ),
            ticket=raw.get("ticket"),
            account=str(raw.get("account", "")),
            region=str(raw.get("region", "")),
        )


@dataclass(frozen=True)
class Client:
    """A connection to one sgkeeper installation. It is safe for concurrent use.

    It publishes on the bus, or to the queue if ``queue_url`` is set. It waits by invoking the
    function alias ``function``. So it needs ``events:PutEvents`` on the bus (or
    ``sqs:SendMessage`` on the queue) and ``lambda:InvokeFunction`` on that alias, and no
    permission on EC2 or on sgkeeper's table::

        client = sgkeeper.Client(source="ci", region="eu-west-1")
        event = client.request({"launch": "job-1", "group": "sg-0123456789abcdef0",
                                "rules": [{"ports": 8000, "from": ["10.0.0.0/8"]}]})
        client.wait(event, timeout=60)
        client.wait(client.end("job-1"), timeout=60)

    ``bus`` is a name or an ARN. ``source`` is the source of the events; guardrails may identify
    publishers by it. It has no effect with a queue. ``function`` is the name or ARN of the
    alias. ``account`` is the account of the events, if it is not the installation's own; if
    ``bus`` is an ARN, the client asks STS for it. ``session`` is a boto3 session, for example
    with another profile.
    """

    bus: str = "sgkeeper"
    source: str = "sgkeeper-python"
    function: str = "sgkeeper-ensure:wait"
    queue_url: Optional[str] = None
    region: Optional[str] = None
    account: Optional[str] = None
    session: Optional[Any] = field(default=None, compare=False)
    _made: Dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    _making: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    def request(self, detail: Detail) -> Event:
        """Publishes ``Launch Requested`` with this detail.

        It returns when AWS has accepted the event, and raises :class:`PublishError` if not.
        """
        return self._publish(REQUESTED, detail)

    def end(self, launch: str, group: Optional[Group] = None) -> Event:
        """Publishes ``Launch Ended``. Without ``group``, it ends the launch in all groups.

        Repeating an end does no harm. sgkeeper refuses the launch's name for 45 days.
        """
        return self._publish(ENDED, {"launch": launch} if group is None else {"launch": launch, "group": group})

    def wait(self, event: Event, timeout: float = 120, stop: Optional[threading.Event] = None) -> List[Outcome]:
        """Waits until sgkeeper has served the event, and returns one outcome for each group.

        A request is served when its rules are open. An end is served when it is on record and
        sgkeeper has removed the rules that no other launch needs. ``timeout`` is in seconds.
        If ``stop`` is set, the wait ends as if the time were over.

        Raises :class:`RejectedError`, :class:`LaunchTimeoutError` or :class:`WaiterError`.
        """
        deadline = time.monotonic() + timeout
        stop = stop or threading.Event()
        seconds = max(0, min(_HOLD, int(timeout)))
        reasons: Sequence[Reason] = ()
        launch = str(event.detail.get("launch", ""))
        while True:
            outcomes, reasons = self._ask(event, seconds)
            rejected = [reason for o in outcomes if o.status == "rejected" for reason in o.reasons]
            if rejected or any(o.status == "rejected" for o in outcomes):
                raise RejectedError(f"sgkeeper refused the launch {launch!r}", launch, rejected)
            if outcomes and all(o.status != "queued" for o in outcomes):
                return outcomes
            pause = _PAUSE * random.uniform(0.75, 1.25)  # nosec: not for security
            if time.monotonic() + pause > deadline or stop.wait(pause):
                raise LaunchTimeoutError(
                    f"sgkeeper did not serve the launch {launch!r} within {timeout:g} s", launch, reasons
                )
            seconds = 0

    def _publish(self, detail_type: str, detail: Detail) -> Event:
        try:
            if self.queue_url is not None:
                body = json.dumps({"detailType": detail_type, **detail})
                reply = self._aws("sqs").send_message(QueueUrl=self.queue_url, MessageBody=body)
                return Event(detail_type, detail, str(reply["MessageId"]))
            entry = {
                "EventBusName": self.bus,
                "Source": self.source,
                "DetailType": detail_type,
                "Detail": json.dumps(detail),
            }
            reply = self._aws("events").put_events(Entries=[entry])
        except ClientError as error:
            code = _code(error)
            raise PublishError(f"AWS did not accept the event {detail_type!r}: {error}", code) from error
        except BotoCoreError as error:
            raise PublishError(
                f"no answer to the event {detail_type!r} from {self._way()}: {error}", accepted=None
            ) from error
        # PutEvents succeeds even if an event failed.
        if reply["FailedEntryCount"]:
            failed = reply["Entries"][0]
            raise PublishError(
                f"the bus {self.bus!r} did not accept the event {detail_type!r}: "
                f"{failed.get('ErrorCode')}: {failed.get('ErrorMessage')}",
                str(failed.get("ErrorCode", "")),
            )
        return Event(detail_type, detail, str(reply["Entries"][0]["EventId"]))

    def _ask(self, event: Event, seconds: int) -> Tuple[List[Outcome], Sequence[Reason]]:
        """One call of the function: its outcomes, and the reasons why they are queued."""
        key = "request" if event.detail_type == REQUESTED else "end"
        question: Dict[str, Any] = {"sgkeeper": "wait", key: event.detail, "seconds": seconds}
        if event.id:
            question["event"] = event.id
        if self.queue_url is None:
            question["source"] = self.source
            account = self._account()
            if account:
                question["account"] = account
        try:
            reply = self._aws("lambda").invoke(
                FunctionName=self.function,
                InvocationType="RequestResponse",
                Payload=json.dumps(question).encode(),
            )
            text = reply["Payload"].read().decode()
        except ClientError as error:
            code = _code(error)
            if code in _TRANSIENT:
                return [], [Reason("", f"{code}: {error}")]
            raise WaiterError(f"{self._remedy(code)}: {error}", code) from error
        except BotoCoreError as error:
            return [], [Reason("", str(error))]
        if reply.get("FunctionError"):
            return [], [Reason("", f"the function {self.function} failed: {text[:500]}")]
        try:
            outcomes = [Outcome._of(raw, key) for raw in json.loads(text)["outcomes"]]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise WaiterError(
                f"the function {self.function!r} is not the alias \"wait\" of sgkeeper's ensure function: "
                f"it answered {text[:200]!r}"
            ) from error
        return outcomes, [reason for o in outcomes for reason in o.reasons]

    def _remedy(self, code: str) -> str:
        if code == "ResourceNotFoundException":
            return (
                f"the function alias {self.function!r} does not exist in this Region and account; "
                "deploy sgkeeper with the alias, or set function"
            )
        if code in ("AccessDeniedException", "AccessDenied"):
            return f"the caller needs lambda:InvokeFunction on {self.function!r}"
        return f"the function alias {self.function!r} cannot be invoked"

    def _way(self) -> str:
        return f"the bus {self.bus!r}" if self.queue_url is None else f"the queue {self.queue_url!r}"

    def _account(self) -> str:
        if self.account is not None or not self.bus.startswith("arn:"):
            return self.account or ""
        with self._making:
            known = self._made.get("account")
        if known is None:
            try:
                known = self._aws("sts").get_caller_identity()["Account"]
            except (ClientError, BotoCoreError) as error:
                raise WaiterError(f"STS does not name the caller's account; set account: {error}") from error
            with self._making:
                self._made["account"] = known
        return str(known)

    def _aws(self, service: str) -> Any:
        """The boto3 client of a service. Threads may share a client, but not make one at the same time."""
        with self._making:
            if service not in self._made:
                session = self.session or self._made.setdefault("session", boto3.session.Session())
                config = Config(
                    connect_timeout=5,
                    read_timeout=30,
                    retries={"mode": "standard", "total_max_attempts": 4},
                    user_agent_extra="sgkeeper-python",
                )
                self._made[service] = session.client(service, region_name=self.region, config=config)
            return self._made[service]


def incarnation(name: str) -> str:
    """Returns a unique launch name: ``name`` with a random suffix, for example ``job-7f3a09c2``.

    Use it because sgkeeper refuses a name for 45 days after its end. It cuts a name that is too
    long. It raises :class:`InputError` if ``name`` has a character that no launch may have.
    """
    if not name or not name[0].isascii() or not name[0].isalnum():
        raise InputError(f"name: found {name!r}: want it to start with a letter or a digit")
    bad = sorted({c for c in name if not (c.isascii() and (c.isalnum() or c in "._:/=+@-"))})
    if bad:
        raise InputError(f"name: found {name!r}: {''.join(bad)!r} is not allowed; use letters, digits and ._:/=+@-")
    tail = "-" + secrets.token_hex(4)
    return name[: _MAX_NAME - len(tail)].rstrip("-") + tail


def _within(key: str, field_: str) -> str:
    """The JSON pointer within the detail, which a wait has under that key."""
    return field_[len(key) + 1 :] if field_.startswith(f"/{key}/") else field_


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
