"""Chance that can be repeated: every actor draws from a stream of its own, named after the seed."""

from __future__ import annotations

from random import Random


def dice(*names: object) -> Random:
    """Return the stream of this name. A text as seed does not depend on PYTHONHASHSEED."""
    return Random(":".join(str(name) for name in names))  # noqa: S311  nothing secret is drawn
