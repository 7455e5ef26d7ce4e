"""Why something was corrected: codes, because a text may name people and would lie in the vault.

Every correction is an event with its author; nothing is deleted but personal data, and that leaves
a mark. What came before these codes has none.
"""

from __future__ import annotations

from enum import StrEnum


class VoidReason(StrEnum):
    """Why the author took a scan back."""

    MISTAKE = "mistake"  # nothing was to be scanned
    OTHER_PACKET = "other-packet"
    OTHER_PLACE = "other-place"
    NOT_HANDED_OVER = "not-handed-over"  # it stays with who had it


class ErasureReason(StrEnum):
    """Why personal data were erased."""

    ASKED = "asked"  # by the person whom they were about
    TERM_OVER = "term-over"  # they need not be kept any longer
    ORDERED = "ordered"  # by a court, or by who watches over personal data
    TAKEN_IN_ERROR = "taken-in-error"
