"""A campaign of faults: `python -m tests.faults --rounds 200 --seed 1`; ends with 1 if any harmed.

Every kind of fault comes by turns, in an order that the seed gives; each on a country that works.
After some rounds a new country is founded: comparing all views with rebuilt ones takes the longer
the more was recorded.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from collections.abc import Iterator
from random import Random

from rich.console import Console
from rich.table import Table

from tests.faults.checks import Auditor
from tests.faults.country import Country
from tests.faults.scenarios import FAULTS, KILLS, Round, play
from tests.faults.servers import small_postgres
from tests.servers.kafka import OwnKafka, own_kafka
from tests.servers.postgres import OwnPostgres

_ROUNDS_OF_A_COUNTRY = 20
_WIDTH = 140  # of the table, in letters
_KILLED = 2  # of three rounds: the other faults have their figures in `make test`


def main() -> int:
    """Play, tell, and return the exit code."""
    asked = _asked()
    console = Console()
    console = Console(width=max(console.width, _WIDTH))
    console.print(f"seed {asked.seed}")
    done: list[Round] = []
    deadline = time.monotonic() + asked.minutes * 60
    with small_postgres() as postgres, own_kafka() as kafka:
        kinds = _kinds(asked.only, Random(asked.seed))
        while len(done) < asked.rounds and time.monotonic() < deadline:
            count = min(_ROUNDS_OF_A_COUNTRY, asked.rounds - len(done))
            some = [next(kinds) for _ in range(count)]
            for each in _rounds(postgres, kafka, some, asked.seed + len(done)):
                done.append(each)
                console.print(f"{len(done):4} {each.figures()}", highlight=False, soft_wrap=True)
                if time.monotonic() > deadline:
                    break
    console.print(_table(done), f"seed {asked.seed}, {len(done)} of {asked.rounds} rounds")
    return 0 if done and all(each.found.sound for each in done) else 1


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--minutes", type=float, default=600.0, help="end after so many")
    parser.add_argument("--only", choices=FAULTS, action="append", help="this kind of fault")
    return parser.parse_args()


def _kinds(only: list[str] | None, chance: Random) -> Iterator[str]:
    """Give kinds for ever: two of three are kills, every kind as often as its like."""
    others = [kind for kind in FAULTS if kind not in KILLS]
    while True:
        some = [*(only or [*KILLS * _KILLED, *chance.sample(others, k=len(KILLS))])]
        chance.shuffle(some)
        yield from some


def _rounds(postgres: OwnPostgres, kafka: OwnKafka, kinds: list[str], seed: int) -> Iterator[Round]:
    chance = Random(seed)
    with Country(postgres, kafka, seed) as country:
        auditor = Auditor(country)
        for kind in kinds:
            done = play(country, auditor, kind, chance)
            yield done
            if not done.found.sound:
                country.keep_logs()
                return  # what is lost would be counted again


def _table(done: list[Round]) -> Table:
    columns = (
        "fault", "rounds", "acknowledged", "sent again", "longest silence, s",
        "slowest recovery, s", "lost", "twice", "views differing", "wrong",
    )  # fmt: skip
    table = Table(*columns[:1], title="Faults")
    for column in columns[1:]:
        table.add_column(column, justify="right")
    for kind in [*FAULTS, "all"]:
        some = [each for each in done if kind in {each.kind, "all"}]
        if some:
            table.add_row(kind, *_figures(some), end_section=each_ends(kind))
    return table


def each_ends(kind: str) -> bool:
    """Tell whether a line stands under that kind: the kills, and all."""
    return kind in {KILLS[-1], list(FAULTS)[-1]}


def _figures(some: list[Round]) -> list[str]:
    founds = [each.found for each in some]
    return [
        f"{len(some)}",
        f"{sum(each.acknowledged for each in some):,}",
        f"{sum(each.retried for each in some):,}",
        f"{max(each.silence for each in some):.1f}",
        f"{max(each.recovered for each in some):.1f}",
        *(
            str(sum(len(getattr(each, what)) for each in founds))
            for what in ("lost", "twice", "differing", "wrong")
        ),
    ]


if __name__ == "__main__":
    sys.exit(main())
