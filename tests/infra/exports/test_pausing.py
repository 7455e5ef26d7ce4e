"""A stopped clock in the formats of other programs: two acts, and no misstep."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from domain.acts import ActKind
from domain.conformance import align, model_of, steps_of
from domain.numbers import PacketNumber
from domain.packet import Packet
from domain.roles import Role
from domain.timeline import timeline_of
from infra.bootstrap import Qolhat, bootstrap
from infra.exports.formats import Format
from infra.exports.tables import TableName
from infra.settings import Settings
from tests.infra.exports.conftest import export_of
from tests.office import Office, SettableClock
from tests.pausing import EDITION, OPERATOR, PAPER, written_to


@pytest.fixture(scope="module")
def paused(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Qolhat]:
    """A packet whose clock stood for an hour at the executor's."""
    folder: Path = tmp_path_factory.mktemp("pausing")
    rules = written_to(folder / "regulations")
    settings = Settings(data_dir=folder / "data", regulations_dir=rules, operator=OPERATOR)
    clock = SettableClock()
    with bootstrap(settings, now=clock) as qolhat:
        office = Office(qolhat, clock)
        number = office.until_the_executor(10)
        office.act(140, ActKind.PAUSED, Role.EXECUTOR, number, grounds=(PAPER,), text="Құжат")
        office.act(200, ActKind.RESUMED, Role.EXECUTOR, number)
        office.act(210, ActKind.RIGHT, Role.EXECUTOR, number)
        yield qolhat


def rows(qolhat: Qolhat, table: TableName) -> list[dict[str, Any]]:
    text = export_of(qolhat, Format.CSV, table=table).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_tables_name_the_ground_and_how_long_the_clock_stood(paused: Qolhat) -> None:
    events = {row["topic"]: row for row in rows(paused, TableName.EVENTS)}
    assert (events["pkt.pau"]["event"], events["pkt.pau"]["ground"]) == ("stop clock", PAPER)
    assert events["pkt.rsm"]["event"] == "let clock run again"
    stays = {row["stage"]: row for row in rows(paused, TableName.VISITS) if row["kind"] == "stage"}
    assert float(stays["right"]["stood_seconds"]) == 3600
    assert float(stays["right"]["counted_seconds"]) == 1200
    assert float(stays["resolution"]["stood_seconds"]) == 0
    assert stays["draft"]["stood_seconds"] == ""


def test_in_xes_and_ocel_they_are_acts_of_the_application(paused: Qolhat) -> None:
    log = ET.fromstring(export_of(paused, Format.XES))
    named = [each.get("value") for each in log.iter() if each.get("key") == "concept:name"]
    assert {"act:paused", "act:resumed"} <= set(named)
    (stood,) = [each.get("value") for each in log.iter() if each.get("key") == "stood_seconds"]
    assert float(stood or 0) == 3600
    told = json.loads(export_of(paused, Format.OCEL))
    (stop,) = [each for each in told["events"] if each["type"] == "stop clock"]
    assert {"application", "packet"} == {each["qualifier"] for each in stop["relationships"]}
    assert {"name": "ground", "value": PAPER} in stop["attributes"]


def test_nothing_happened_to_the_paper(paused: Qolhat) -> None:
    told = json.loads(export_of(paused, Format.EPCIS))
    topics = {each["qolhat:topic"] for each in told["epcisBody"]["eventList"]}
    assert "pkt.rgt" in topics
    assert not {"pkt.pau", "pkt.rsm"} & topics


def test_no_text_of_a_person_is_exported(paused: Qolhat) -> None:
    for each in (Format.OCEL, Format.XES, Format.EPCIS):
        assert "Құжат" not in export_of(paused, each).decode()


def test_a_pause_is_no_misstep(paused: Qolhat) -> None:
    (number,) = {int(row["number"]) for row in rows(paused, TableName.EVENTS)}
    edition = paused.regulations.edition(EDITION)
    events = list(paused.log.events_of(Packet.stream(PacketNumber(number))))
    timeline = timeline_of(events, paused.regulations)
    fit = align(model_of(edition), steps_of(timeline.visits, edition), whole=False)
    assert (fit.cost, timeline.notes) == (0, {})
