"""What evidence refuses to do."""

from __future__ import annotations

from infra.errors import StorageError


class EvidenceAlteredError(StorageError):
    """What is kept does not lead to the last signed head: nothing is signed on top of it."""

    code = "evidence-altered"
    status = 500


class NothingSealedError(StorageError):
    """No day was closed yet that holds what was asked for."""

    code = "nothing-sealed"
    status = 404
