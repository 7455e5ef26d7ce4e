"""Signed heads: what a day's end says of the log, and the short text of it that is printed.

A head names store, epoch, day, how many events there were, the root over them, when it was signed
and by which key. The text holds all of that: whoever has it needs nothing else to check the
signature; that the key is the store's says its fingerprint, which stands beside every code.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import struct
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from domain.errors import RefusedError
from infra.store.mapper import from_micros, to_micros

KIND = "QH1."
_SIGNED = b"qolhat head 1\0"
_layout = struct.Struct(">I16sqIQ32sq32s")
_SIGNATURE_BYTES = 64
HEAD_BYTES = _layout.size + _SIGNATURE_BYTES


class BadWitnessError(RefusedError):
    """A text that is no witness of ours, or was not read as it is printed."""

    code = "bad-witness"


@dataclass(frozen=True, slots=True)
class Head:
    """What was signed at a day's end (the local date): the `number`th head of the store.

    `signature` is empty before it is signed.
    """

    number: int
    store: UUID
    epoch: int
    day: date
    size: int
    root: bytes
    signed_at: datetime
    key: bytes
    signature: bytes = b""

    @property
    def signed(self) -> bytes:
        """The bytes that the signature is over, but for their heading."""
        return _layout.pack(
            self.number,
            self.store.bytes,
            self.epoch,
            self.day.toordinal(),
            self.size,
            self.root,
            to_micros(self.signed_at),
            self.key,
        )

    @property
    def packed(self) -> bytes:
        """The head with its signature, as short as can be."""
        return self.signed + self.signature

    @property
    def text(self) -> str:
        """What is printed as a QR code."""
        return KIND + base64.urlsafe_b64encode(self.packed).decode().rstrip("=")

    @property
    def fingerprint(self) -> str:
        """Four groups of the key's hash, to be compared by eye."""
        return fingerprint(self.key)

    def is_signed(self) -> bool:
        """Tell whether the signature is that of the key which the head names."""
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(
                self.signature, _SIGNED + self.signed
            )
        except (InvalidSignature, ValueError):
            return False
        return True


class Signer:
    """Signs heads with the store's key."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, head: Head) -> Head:
        """Return the head with the signature of the store's key, which it must name."""
        return replace(head, signature=self._key.sign(_SIGNED + head.signed))

    def mac(self, text: str) -> bytes:
        """Return a keyed hash by which the store knows again what it wrote itself."""
        return hmac.digest(self._seed, b"qolhat check\0" + text.encode(), "sha256")


def fingerprint(key: bytes) -> str:
    """Write a public key's hash in four groups of four hexadecimal digits."""
    digits = sha256(key).hexdigest()[:16]
    return "-".join(digits[at : at + 4] for at in range(0, 16, 4))


def read_head(packed: bytes) -> Head:
    """Read a packed head. Raises BadWitnessError; the signature is not looked at."""
    if len(packed) != HEAD_BYTES:
        raise BadWitnessError
    number, store, epoch, day, size, root, at, key = _layout.unpack(packed[: _layout.size])
    try:
        return Head(
            number,
            UUID(bytes=store),
            epoch,
            date.fromordinal(day),
            size,
            root,
            from_micros(at),
            key,
            packed[_layout.size :],
        )
    except (ValueError, OverflowError) as error:
        raise BadWitnessError from error


def read_witness(text: str) -> Head:
    """Read what is printed; blanks and line ends are ignored. Raises BadWitnessError."""
    return read_head(unwrapped(text, KIND))


def unwrapped(text: str, kind: str) -> bytes:
    """Return the bytes of a text of this kind. Raises BadWitnessError."""
    solid = "".join(text.split())
    body = solid.removeprefix(kind)
    if body == solid or not body.isascii():
        raise BadWitnessError
    try:
        return base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise BadWitnessError from error
