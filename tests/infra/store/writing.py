"""A process that stores events: `python -m tests.infra.store.writing DSN FIRST THREADS EACH`."""

from __future__ import annotations

import sys
import threading
from contextlib import closing

from infra.store.log import postgres_log
from tests.infra.store.test_group_commit import reserve


def write(dsn: str, block: int, times: int) -> None:
    """Let a writer with a store of its own reserve serials of a block, again and again."""
    with closing(postgres_log(dsn)) as log:
        for _ in range(times):
            log.commands.run(reserve(block))


def main() -> None:
    """Let several write at once, each into a block of its own."""
    dsn, first, count, each = sys.argv[1], *map(int, sys.argv[2:])
    threads = [
        threading.Thread(target=write, args=(dsn, first + number, each)) for number in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
