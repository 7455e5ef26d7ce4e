"""What an act says beside who did it, where and when; what it must not leave unsaid [003 s7 §11].

A resolution names the executor, a refusal its reasons, a pause the ground that the edition gives.
"""

from __future__ import annotations

from typing import Any

from domain.acts import ActKind
from domain.commands import ActOnPacket
from domain.errors import ReasonsMissingError, RefusedError


class ExecutorMissingError(RefusedError):
    """A resolution that names nobody."""

    code = "executor-missing"


class OutcomeMissingError(RefusedError):
    """A notice that says neither granted nor refused."""

    code = "outcome-missing"


class PauseGroundMissingError(RefusedError):
    """A clock that is to stand on no ground, or on several at once."""

    code = "pause-ground-missing"


def details_of(command: ActOnPacket) -> dict[str, Any]:
    """Check and pick the details that belong to this kind of act, as its event names them.

    Raises ReasonsMissingError, ExecutorMissingError, OutcomeMissingError, PauseGroundMissingError.
    """
    details: dict[str, Any] = {"claimed_at": command.claimed_at}
    match command.kind:
        case ActKind.INCOMING:
            details["incoming_number"] = command.incoming_number
        case ActKind.RESOLUTION:
            if command.executor is None:
                raise ExecutorMissingError
            details["executor"] = command.executor
        case ActKind.RIGHT:
            details["entitled"] = command.entitled
        case ActKind.DRAFTED:
            details |= _notice(command)
        case ActKind.ISSUED:
            details["handing"] = command.handing.value if command.handing else None
            details["began_at"] = command.began_at
        case ActKind.PAUSED:
            details |= _pause(command)
        case ActKind.SIGNED | ActKind.SENT_BACK | ActKind.HANDED_BACK:
            pass
        case _:
            details["text_ref"] = command.text_ref
    return details


def _notice(command: ActOnPacket) -> dict[str, Any]:
    if command.outcome is None:
        raise OutcomeMissingError
    if command.outcome == "refused" and not (command.grounds or command.text_ref):
        raise ReasonsMissingError
    return {
        "outcome": command.outcome.value,
        "grounds": command.grounds,
        "text_ref": command.text_ref,
    }


def _pause(command: ActOnPacket) -> dict[str, Any]:
    if len(command.grounds) != 1:
        raise PauseGroundMissingError
    return {"ground": command.grounds[0], "text_ref": command.text_ref}
