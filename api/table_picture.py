"""Packets laid out on a table and photographed: read, and compared with a bag and its registry.

Asked by the pages, the HTTP API and the command line. Nothing is recorded here: a person confirms.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

from api.dispatched import registry_facts
from domain.dispatch.journey import Journey
from domain.dispatch.table_picture import Comparison, Purpose, Sighting, compare
from domain.numbers import LENGTH, BagCode, CodeKind, PacketNumber, place_organisation
from domain.packet import Packet
from infra.bootstrap import Qolhat
from infra.reading import PageRead
from scanner.bad_pictures import BadPicture, bad_picture
from scanner.found import Corners, FoundCode

_READ = frozenset({"Code128"})


@dataclass(frozen=True, slots=True)
class TablePicture:
    """A picture of packets. `tags` are other bags' in it; `unsure` places show a damaged number."""

    page: PageRead
    places: dict[PacketNumber, Corners]
    tags: tuple[BagCode, ...]
    unsure: tuple[Corners, ...]
    comparison: Comparison


def read_table(
    qolhat: Qolhat, journey: Journey, purpose: Purpose, data: bytes, *, pictured: bool
) -> TablePicture:
    """Read the first page of a picture and compare it with a bag; records nothing.

    `pictured` asks for the page itself, as a JPEG. Raises BadPictureError, PicturesBusyError.
    """
    page = _first_page(qolhat, data, pictured=pictured)
    codes = _line_by_line(page.codes)
    places = dict(_of_kind(codes, CodeKind.PACKET))
    numbers = {PacketNumber(value): corners for value, corners in places.items()}
    tags = {BagCode(value) for value, _ in _of_kind(codes, CodeKind.BAG)}
    unsure = tuple(each.corners for each in codes if _is_damaged(each))
    comparison = compare_with(qolhat, journey, purpose, numbers)
    return TablePicture(page, numbers, tuple(sorted(tags - {journey.number})), unsure, comparison)


def _first_page(qolhat: Qolhat, data: bytes, *, pictured: bool) -> PageRead:
    """Read the first page; a photograph that is cut off may lack packets, and is refused."""
    pages = qolhat.reading.pages(data, symbologies=_READ, pictured=pictured)
    page = next(pages, None)
    if page is None:
        raise bad_picture(BadPicture.EMPTY)
    if page.page == page.pages:
        next(pages, None)  # only now it is known whether all of it was there
    return page


def compare_with(
    qolhat: Qolhat, journey: Journey, purpose: Purpose, numbers: Iterable[PacketNumber]
) -> Comparison:
    """Compare packets that were seen together with a bag as it is now."""
    registry = registry_facts(qolhat, journey.registry).bags
    return compare(purpose, journey, registry, numbers, lambda number: ways_of(qolhat, number))


def ways_of(qolhat: Qolhat, number: PacketNumber) -> frozenset[int] | None:
    """Return the organisations between which a packet goes; None: it is not registered."""
    for event in qolhat.log.events_of(Packet.stream(number)):
        if isinstance(event, Packet.Registered):
            return frozenset({event.decided_by, place_organisation(event.place)})
    return None


def told_table(picture: TablePicture) -> dict[str, Any]:
    """Tell a comparison to programs: numbers as texts, corners in pixels of the page."""
    found = picture.comparison
    return {
        "bag": str(found.bag),
        "purpose": found.purpose.value,
        "width": picture.page.width,
        "height": picture.page.height,
        "packets": [_packet_told(picture, each) for each in found.seen],
        "missing": [str(number) for number in found.missing],
        "at_once": [str(number) for number in found.at_once],
        "one_by_one": [str(number) for number in found.one_by_one],
        "tags": [str(tag) for tag in picture.tags],
        "unsure": [_points(corners) for corners in picture.unsure],
    }


def _packet_told(picture: TablePicture, each: Sighting) -> dict[str, Any]:
    return {
        "number": str(each.number),
        "what": each.what.value,
        "bag": None if each.bag is None else str(each.bag),
        "corners": _points(picture.places[each.number]),
    }


def _points(corners: Corners) -> list[list[float]]:
    return [[round(across, 1), round(down, 1)] for across, down in corners]


def _line_by_line(codes: Collection[FoundCode]) -> list[FoundCode]:
    """Return codes as one reads them: those that lie about as high make a line."""
    if not codes:
        return []
    tall = median(max(down) - min(down) for down in ([y for _, y in c.corners] for c in codes))
    lines: list[list[FoundCode]] = []
    for each in sorted(codes, key=lambda found: middle(found.corners)[1]):
        if lines and middle(each.corners)[1] - middle(lines[-1][0].corners)[1] < tall:
            lines[-1].append(each)
        else:
            lines.append([each])
    return [each for line in lines for each in sorted(line, key=lambda c: middle(c.corners)[0])]


def middle(corners: Corners) -> tuple[float, float]:
    """Return the middle of a code."""
    xs, ys = zip(*corners, strict=True)
    return sum(xs) / len(xs), sum(ys) / len(ys)


def _of_kind(codes: Iterable[FoundCode], kind: CodeKind) -> Iterator[tuple[int, Corners]]:
    for each in codes:
        if each.code is not None and each.code.kind is kind:
            yield each.code.value, each.corners


def _is_damaged(found: FoundCode) -> bool:
    """Tell whether it looks like a number of ours, and its check digits say that it is none."""
    return found.code is None and len(found.text) == LENGTH and found.text.isdigit()
