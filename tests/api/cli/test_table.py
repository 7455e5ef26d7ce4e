"""`qolhat table`: a picture of packets beside a bag, told and drawn; nothing is recorded."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import infra.bootstrap
from domain.numbers import BagCode, PacketNumber, bag_code, packet_number
from domain.roles import Role
from infra.bootstrap import bootstrap
from infra.settings import Settings
from tests.api.cli.conftest import Day
from tests.api.cli.console import Terminal, in_every_language, written
from tests.office import Office
from tests.photographs import table
from tests.reading_once import OneReading, one_reading
from tests.stories import AUTHORITY, CENTRE

UNKNOWN = packet_number(CENTRE, 888_888)


@dataclass(frozen=True, slots=True)
class Packed:
    """An open bag with two packets, and a third that may go in."""

    bag: BagCode
    inside: list[PacketNumber]
    beside: PacketNumber


@pytest.fixture(scope="module")
def reading() -> Iterator[OneReading]:
    with one_reading() as made:
        yield made


@pytest.fixture
def packed(
    day: Day, qolhat: Terminal, reading: OneReading, monkeypatch: pytest.MonkeyPatch
) -> Packed:
    monkeypatch.setattr(infra.bootstrap, "picture_reading", lambda settings: reading)
    with bootstrap(Settings(data_dir=day.folder), now=qolhat.clock) as store:
        office = Office(store, qolhat.clock)
        numbers = [office.register(310 + nth, ref=f"for-the-table-{nth}")[0] for nth in range(3)]
        dispatch = store.desk.dispatch
        made = dispatch.begin(office.source(320, Role.COLLECTING), AUTHORITY)
        assert made.bag is not None
        for nth, number in enumerate(numbers[:2]):
            assert dispatch.put(made.bag, number, office.source(321 + nth, Role.COLLECTING)).count
    qolhat.at(330)
    return Packed(made.bag, numbers[:2], numbers[2])


def test_a_table_is_compared_with_the_bag(qolhat: Terminal, packed: Packed, tmp_path: Path) -> None:
    file = tmp_path / "table.jpg"
    other = bag_code(CENTRE, 999)
    file.write_bytes(table([packed.inside[0], packed.beside, UNKNOWN, other]))
    told = qolhat("table", packed.bag, file, "--json").data
    assert told["purpose"] == "pack"
    assert [(each["number"], each["what"]) for each in told["packets"]] == [
        (str(packed.inside[0]), "there"),
        (str(packed.beside), "fitting"),
        (str(UNKNOWN), "unknown"),
    ]
    assert told["missing"] == [str(packed.inside[1])]
    assert told["at_once"] == [str(packed.beside)]
    assert told["tags"] == [str(other)]
    said = in_every_language(qolhat, "table", packed.bag, file)["en"]
    assert written(packed.inside[1]) in said.out
    assert "Nothing was recorded" in said.out


def test_the_picture_is_drawn_with_what_is_missing_below(
    qolhat: Terminal, packed: Packed, tmp_path: Path
) -> None:
    photograph = table([*packed.inside, packed.beside])
    file, drawn = tmp_path / "table.jpg", tmp_path / "drawn.jpg"
    file.write_bytes(photograph)
    assert qolhat("table", packed.bag, file, "--annotated", drawn).code == 0
    with Image.open(io.BytesIO(photograph)) as before, Image.open(drawn) as after:
        assert after.width == before.width
        assert after.height > before.height
        red, green, blue = np.moveaxis(np.asarray(after.convert("RGB")), 2, 0)
    assert ((green > 80) & (red < 40) & (blue < 70)).any(), "what is there has no mark"


def test_no_bag_and_no_picture_is_said(qolhat: Terminal, packed: Packed, tmp_path: Path) -> None:
    file = tmp_path / "none.jpg"
    assert qolhat("table", packed.bag, file).code != 0
    file.write_bytes(b"no picture")
    assert qolhat("table", packed.bag, file, "--json").problem["code"] == "not-a-picture"
    unknown = bag_code(CENTRE, 999)
    assert qolhat("table", unknown, file, "--json").problem["code"] == "unknown-bag"
    nowhere = tmp_path / "no" / "drawn.jpg"
    file.write_bytes(table(packed.inside))
    assert qolhat("table", packed.bag, file, "--annotated", nowhere).code != 0
