"""What speaks against recording what a branch sent."""

from __future__ import annotations

from domain.errors import QolhatError, RefusedError


class NoBranchError(QolhatError):
    """The settings name no branch: the store is no far branch's."""

    code = "no-branch"
    status = 409


class IsBranchError(QolhatError):
    """The store is a far branch's: what belongs to the country is not done here."""

    code = "is-branch"
    status = 409


class UnreadableEnvelopeError(RefusedError):
    """What came is no event of ours, or of a later edition of this program."""

    code = "unreadable-envelope"


class OtherwiseSettledError(RefusedError):
    """The country has decided otherwise about this scan."""

    code = "otherwise-settled"
    status = 409


class NoSuchEditionError(RefusedError):
    """The country knows no such edition of a regulation."""

    code = "edition-not-here"
