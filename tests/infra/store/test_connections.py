"""SQLite connections end with their threads: a server's threads come and go for months."""

from __future__ import annotations

import gc
import threading
from pathlib import Path

from infra.store.log import sqlite_log
from infra.store.sqlite import SQLiteRowRecorder


def test_a_threads_connection_is_closed_with_the_thread(tmp_path: Path) -> None:
    log = sqlite_log(tmp_path / "events.db")
    assert isinstance(log.rows, SQLiteRowRecorder)
    log.rows.last_position()
    before = len(log.rows._all)
    for _ in range(20):
        reader = threading.Thread(target=log.rows.last_position)
        reader.start()
        reader.join()
    gc.collect()
    assert len(log.rows._all) == before
    log.close()
