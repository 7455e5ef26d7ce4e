"""What is answered about evidence: signed days, checks, proofs."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from api.http.schemas.words import Out, Word


class HeadOut(Out):
    """A day's signed head: what the log was at its end."""

    number: int
    store: str
    epoch: int = Field(description="Microseconds since 1970: which life of the store.")
    day: date
    events: int = Field(description="How many events the root is over.")
    root: str = Field(description="RFC 6962, SHA-256, hexadecimal.")
    signed_at: datetime
    key: str = Field(description="The public Ed25519 key, hexadecimal.")
    fingerprint: str
    witness: str = Field(description="What the QR code on registries says.")


class AmissOut(Out):
    """Something that is amiss."""

    kind: Word
    position: int | None
    day: date | None
    number: str | None
    version: int | None


class CheckOut(Out):
    """What a night's check found."""

    at: datetime
    day: date
    good: bool
    events: int
    amiss: int
    rows: int = Field(description="Rows of all views that were compared.")
    differing: list[str] = Field(description="Tables of views that differ.")
    compared: bool
    findings: list[AmissOut]


class AuditOut(Out):
    """Signed days and checks, the latest first."""

    heads: list[HeadOut]
    checks: list[CheckOut]


class ProvedEventOut(Out):
    """An event under the head: its place in the tree, and its leaf."""

    index: int
    position: int
    version: int
    topic: str
    leaf: str


class ProofOut(Out):
    """Proof that a packet's events are in the log under a head; it needs no store to be checked."""

    packet: str
    head: HeadOut
    events: list[ProvedEventOut]
    later: int = Field(description="Events that no closed day holds yet.")
    proof: str = Field(description="Of all events: `qolhat audit --proof`.")
    codes: list[str] = Field(description="The same in parts that fit into a QR code each.")
