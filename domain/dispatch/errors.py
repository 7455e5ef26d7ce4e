"""What is refused while packing; on the way nothing is: there the paper is the truth."""

from __future__ import annotations

from domain.errors import RefusedError


class UnknownBagError(RefusedError):
    """No bag with this number was begun."""

    code = "unknown-bag"
    status = 404


class UnknownRegistryError(RefusedError):
    """No registry with this number was begun."""

    code = "unknown-registry"
    status = 404


class RegistryClosedError(RefusedError):
    """A closed registry is frozen: what goes now goes with another one."""

    code = "registry-closed"
    status = 409


class BagSealedError(RefusedError):
    """Nothing is put into a sealed bag or taken out of it."""

    code = "bag-sealed"
    status = 409


class BagEmptyError(RefusedError):
    """A bag without packets is not sealed."""

    code = "bag-empty"
    status = 409


class BagsUnsealedError(RefusedError):
    """A registry is closed when all its bags are sealed, and there is one at least."""

    code = "bags-unsealed"
    status = 409


class SealMissingError(RefusedError):
    """A bag is sealed with a seal that has a number."""

    code = "seal-missing"


class InAnotherBagError(RefusedError):
    """The packet lies in another bag that has not left yet."""

    code = "in-another-bag"
    status = 409


class NotInBagError(RefusedError):
    """What is to be taken out of the bag is not in it."""

    code = "not-in-bag"
    status = 409


class OtherDestinationError(RefusedError):
    """The packet does not go where this registry goes."""

    code = "other-destination"
    status = 409


class NoSuchDestinationError(RefusedError):
    """Packets are not carried between these two organisations."""

    code = "no-such-destination"


class ReasonNeededError(RefusedError):
    """What settles a discrepancy this way needs its reasons in writing."""

    code = "reason-needed"


class PictureOutdatedError(RefusedError):
    """The bag has gone on since the picture was taken: what was offered is no longer so."""

    code = "picture-outdated"
    status = 409


class UnknownDiscrepancyError(RefusedError):
    """There is no such open discrepancy of the bag."""

    code = "unknown-discrepancy"
    status = 404
