"""What the desk refuses, beside what the domain refuses."""

from __future__ import annotations

from domain.errors import RefusedError


class NoAuthorityError(RefusedError):
    """The centre works with no authority by the directory; the request must name one."""

    code = "authority-missing"


class PlaceMissingError(RefusedError):
    """A scan whose place is unknown can be applied only with a place."""

    code = "place-missing"


class TimeMissingError(RefusedError):
    """A scan whose time cannot be believed can be applied only with a time."""

    code = "time-missing"


class ImpossibleTimeError(RefusedError):
    """The time given for a scan is in the future, or before there were scanners."""

    code = "impossible-time"


class NumberMissingError(RefusedError):
    """A scan without a readable number can be applied only with the packet's number."""

    code = "number-missing"


class HoldsNoPlaceError(RefusedError):
    """Somebody who has no place can take nothing over."""

    code = "holds-no-place"


class NotAnExecutorError(RefusedError):
    """The person whom a resolution names is no executor of the organisation that decides."""

    code = "not-an-executor"


class BadIncomingNumberError(RefusedError):
    """An incoming number that is too long, or looks like a name."""

    code = "bad-incoming-number"


class UnknownGroundError(RefusedError):
    """A ground of refusal that the edition does not hold."""

    code = "unknown-ground"


class NoPausesError(RefusedError):
    """The clock of a packet is to be stopped, or let run again, whose edition has no pauses."""

    code = "no-pauses"


class UnknownPauseGroundError(RefusedError):
    """A ground for stopping a clock that the edition does not give."""

    code = "unknown-pause-ground"


class ReusedRefError(RefusedError):
    """The id of this registration was given to another one before."""

    code = "reused-ref"
    status = 409


class ReasonMissingError(RefusedError):
    """A page can be discarded only with the reason why it is nothing."""

    code = "discard-reason-missing"


class PageNumberMissingError(RefusedError):
    """A page belongs to a packet only if it is said to which."""

    code = "page-number-missing"
