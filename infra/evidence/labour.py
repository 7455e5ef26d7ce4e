"""Shares the hashing of chunks among processes, in order, with few of them in memory."""

from __future__ import annotations

import multiprocessing
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from itertools import islice
from types import ModuleType

from infra.evidence.book import Chunk
from infra.evidence.hashing import Hashed, Kept, hash_chunks, hash_in_process, open_source
from infra.evidence.leaves import CHUNK, Source

_AT_ONCE = 4  # chunks: their events fit into the processor's cache
_AWAY = 4  # batches handed to another process at once: fewer, and it waits for more
_AHEAD = 2  # of these for each process
Job = tuple[Chunk, Kept | None]  # None: not to be hashed
Done = tuple[Chunk, Hashed | None]
_Result = Future[list[list[Hashed]]] | list[list[Hashed]]
Progress = Callable[[int, int], None]


def hashed_by(
    source: Source, jobs: Iterable[Job], processes: int, progress: Progress | None, of: int
) -> Iterator[Done]:
    """Hash in this process or in several; return in order. Raises StorageError."""
    done = _in_several(source, jobs, processes) if processes > 1 else _here(source, jobs)
    for count, each in enumerate(done, 1):
        if progress is not None and (count % _AT_ONCE == 0 or count == of):
            progress(count * CHUNK, of * CHUNK)
        yield each


def _here(source: Source, jobs: Iterable[Job]) -> Iterator[Done]:
    with source.opened() as reader:
        for batch in _batches(jobs):
            yield from _paired(batch, hash_chunks(reader, _wanted(batch)))


def _in_several(source: Source, jobs: Iterable[Job], processes: int) -> Iterator[Done]:
    """Share batches with other processes; while they begin, or are busy, this one hashes, too."""
    others = processes - 1
    waiting: deque[tuple[list[list[Job]], _Result]] = deque()
    with source.opened() as reader, _pool(source, others) as pool:
        batches = _batches(jobs)
        while batch := next(batches, None):
            away = sum(  # what others have not returned
                isinstance(each, Future) and not each.done() for _, each in waiting
            )
            if away < others * _AHEAD:
                given = [batch, *islice(batches, _AWAY - 1)]
                waiting.append(
                    (given, pool.submit(hash_in_process, [_wanted(each) for each in given]))
                )
            else:
                waiting.append(([batch], [hash_chunks(reader, _wanted(batch))]))
            while waiting and _is_done(waiting[0][1]):
                yield from _finished(*waiting.popleft())
        while waiting:
            yield from _finished(*waiting.popleft())


@contextmanager
def _pool(source: Source, processes: int) -> Iterator[ProcessPoolExecutor]:
    """Begin processes that hash.

    A process that is spawned imports what the program began with, the whole command line, for a
    second or more; hashing needs none of it, so they are begun as if the program were empty.
    """
    context, program = multiprocessing.get_context("spawn"), sys.modules["__main__"]
    with ProcessPoolExecutor(processes, context, open_source, (source,)) as pool:
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            for _ in range(processes):  # each begins one
                pool.submit(hash_in_process, ())
        finally:
            sys.modules["__main__"] = program
        yield pool


def _wanted(batch: list[Job]) -> list[Kept]:
    return [job for _, job in batch if job is not None]


def _is_done(result: _Result) -> bool:
    return not isinstance(result, Future) or result.done()


def _finished(batches: list[list[Job]], result: _Result) -> Iterator[Done]:
    hashed = result.result() if isinstance(result, Future) else result
    for batch, each in zip(batches, hashed, strict=True):
        yield from _paired(batch, each)


def _paired(batch: list[Job], hashed: list[Hashed]) -> Iterator[Done]:
    known = iter(hashed)
    for chunk, job in batch:
        yield chunk, None if job is None else next(known)


def _batches(jobs: Iterable[Job]) -> Iterator[list[Job]]:
    """Part jobs, so that those of a batch that are to be hashed are neighbours."""
    all_jobs = iter(jobs)
    while batch := list(islice(all_jobs, _AT_ONCE)):
        wanted = [place for place, (_, job) in enumerate(batch) if job is not None]
        end = wanted[-1] + 1 if wanted else len(batch)
        yield batch[:end]
        if end < len(batch):
            yield batch[end:]
