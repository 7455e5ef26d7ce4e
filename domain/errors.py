"""Errors that a reader can act upon: a stable code, the facts for its message, an HTTP status.

The texts (Kazakh, Russian, English) stand in the catalogues of `api/locale`, keyed by the code.
"""

from __future__ import annotations

from typing import Any, ClassVar


class QolhatError(Exception):
    """The base of every error that is shown to a person.

    `facts` are the values named in the message; they never hold personal data.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500

    def __init__(self, **facts: object) -> None:
        super().__init__(self.code, facts)
        self.facts = facts

    def __reduce__(self) -> tuple[Any, ...]:
        """Let it be raised again in another process, whatever its constructor asks for."""
        return _again, (type(self), self.args), vars(self)

    def __str__(self) -> str:
        listed = ", ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{self.code}({listed})"


def _again(kind: type[QolhatError], arguments: tuple[object, ...]) -> QolhatError:
    error = kind.__new__(kind)
    error.args = arguments
    return error


class RefusedError(QolhatError):
    """A command that was understood and is refused; nothing was recorded."""

    code = "refused"
    status = 422


class UnknownPacketError(RefusedError):
    """No packet was ever registered or scanned under this number."""

    code = "unknown-packet"
    status = 404


class UnknownPlaceError(RefusedError):
    """There is no such place."""

    code = "unknown-place"


class UnknownPersonError(RefusedError):
    """There is no such person."""

    code = "unknown-person"


class UnknownServiceError(RefusedError):
    """No edition of a regulation covers this service, way, territory and day."""

    code = "unknown-service"


class UnknownEditionError(RefusedError):
    """No edition of a regulation has this id."""

    code = "unknown-edition"
    status = 404


class UnknownOrganisationError(RefusedError):
    """There is no such organisation."""

    code = "unknown-organisation"


class WrongRoleError(RefusedError):
    """The person's roles do not allow this act."""

    code = "wrong-role"
    status = 403


class NoRightError(RefusedError):
    """No role of the person has the right to this."""

    code = "no-right"
    status = 403


class NotYoursError(RefusedError):
    """The person has the right, but not in the organisations to which this belongs."""

    code = "not-yours"
    status = 403


class ReasonsMissingError(RefusedError):
    """A refusal of the service was drafted without reasons."""

    code = "reasons-missing"


class AlreadyRegisteredError(RefusedError):
    """The number belongs to a packet that is registered already."""

    code = "already-registered"
    status = 409
