"""A year is exported with the memory of a day: what is needed does not grow with the log."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

import infra.exports.csv_file
import infra.exports.parquet_file
import infra.exports.source
import infra.store.log
from infra.bootstrap import Qolhat, bootstrap
from infra.exports import Exporter, Format
from infra.settings import Settings
from tests.infra.demonstration.simulated import hasty
from tests.infra.exports.conftest import EVERYTHING, export_of, heading
from tests.office import Office, SettableClock

MEGABYTE = 1 << 20
SMALL = {
    (infra.store.log, "PAGE"): 30,
    (infra.exports.source, "_KEPT"): 60,
    (infra.exports.source, "_AT_ONCE"): 10,
    (infra.exports.csv_file, "_ROWS"): 20,
    (infra.exports.parquet_file, "ROWS_OF_A_GROUP"): 90,
}


def peak_of(qolhat: Qolhat, form: Format) -> int:
    """How much memory (bytes) one export needs at most, beyond what was there before."""
    exporter = Exporter(qolhat, EVERYTHING, heading)
    tracemalloc.start(1)
    try:
        for _ in exporter.pieces(form):
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_four_times_the_log_needs_no_more_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With pages as small as this log is: pages are what is in memory of a large one."""
    for (module, name), size in SMALL.items():
        monkeypatch.setattr(module, name, size)
    clock = SettableClock()
    with hasty(), bootstrap(Settings(data_dir=tmp_path), now=clock) as qolhat:
        office = Office(qolhat, clock)
        for minute in range(30):
            office.until_the_courier(10 + minute)
        for form in Format:
            export_of(qolhat, form)  # what is made once and kept
        before = {form: peak_of(qolhat, form) for form in Format}
        for minute in range(90):
            office.until_the_courier(40 + minute)
        after = {form: peak_of(qolhat, form) for form in Format}
    grown = {form: (before[form], after[form]) for form in Format
             if after[form] > 1.5 * before[form] + MEGABYTE // 8}  # fmt: skip
    assert grown == {}
    assert max(after.values()) < 8 * MEGABYTE
