"""Processes that hash side by side: each begins with what hashing needs."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

PROGRAM = """
import sys
from pathlib import Path
from infra.evidence.labour import hashed_by
from infra.evidence.leaves import Source
print("begun", flush=True)
if __name__ == "__main__":
    print(list(hashed_by(Source(Path(sys.argv[1])), [], 3, None, 0)), flush=True)
"""


def test_the_others_do_not_begin_the_program_anew(tmp_path: Path) -> None:
    program, store = tmp_path / "program.py", tmp_path / "store.db"
    program.write_text(PROGRAM, "utf-8")
    with closing(sqlite3.connect(store)) as made:
        made.execute("PRAGMA user_version = 1")
    told = subprocess.run(
        [sys.executable, str(program), str(store)], capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == ["begun", "[]"]
