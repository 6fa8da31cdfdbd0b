"""The errors of this package. All of them are an :class:`Error`."""

from __future__ import annotations

import builtins
from typing import Any, NamedTuple, Optional, Sequence, Tuple


class Reason(NamedTuple):
    """One reason of sgkeeper's: the field of the event, and the problem with its value.

    ``field`` is a JSON pointer within the event's detail, for example ``/rules/0/from/0``. It
    is empty if the problem concerns the whole event.
    """

    field: str
    problem: str

    def __str__(self) -> str:
        return f"{self.field}: {self.problem}" if self.field else self.problem


class Error(Exception):
    """The base of all errors of this package."""


class InputError(Error, ValueError):
    """An argument is wrong. Nothing was published. The text names the argument and the remedy."""


class PublishError(Error):
    """The bus or the queue did not accept an event.

    ``code`` is AWS's error code, for example ``ThrottlingException``. ``accepted`` is None if
    the reply was lost, so that AWS may have accepted the event. Otherwise it is False.
    """

    def __init__(self, message: str, code: str = "", accepted: Optional[bool] = False) -> None:
        super().__init__(message)
        self.code = code
        self.accepted = accepted


class WaiterError(Error):
    """The function that answers waits cannot be invoked, or is not sgkeeper's.

    For example, the alias does not exist, or the caller lacks ``lambda:InvokeFunction``. The
    event was already published, so the launch may be open.
    """

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class OutcomeError(Error):
    """The base of the errors that carry a launch and sgkeeper's reasons."""

    def __init__(self, message: str, launch: str = "", reasons: Sequence[Reason] = ()) -> None:
        super().__init__(message)
        self.launch = launch
        self.reasons: Tuple[Reason, ...] = tuple(reasons)

    def __str__(self) -> str:
        text = "; ".join(str(reason) for reason in self.reasons)
        return f"{self.args[0]}: {text}" if text else str(self.args[0])

    def __reduce__(self) -> Tuple[Any, ...]:
        return type(self), (self.args[0], self.launch, self.reasons)


class RejectedError(OutcomeError):
    """sgkeeper refused the event. ``reasons`` has all of its reasons.

    A refusal is final. If its cause is gone, use a new launch.
    """

    @property
    def ended(self) -> bool:
        """Whether sgkeeper refused the event because the launch has ended."""
        return any(reason.problem.startswith("launch-ended") for reason in self.reasons)


class LaunchTimeoutError(OutcomeError, builtins.TimeoutError):
    """The outcome was not known in time. ``reasons`` are the last that sgkeeper gave.

    sgkeeper keeps the event and may still serve it.
    """
