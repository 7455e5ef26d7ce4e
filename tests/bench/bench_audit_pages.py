"""The manager's pages over a year of the country: of a million packets, against ten thousand.

Both are years as `tests.bench.year` makes them: all offices of the country, every week, the sums
derived as a rebuild does it. Asked is over HTTP, in this process, by somebody who manages the
country: pages as a browser gets them, and answers of the API; small and large in turns. What is
told is the whole answer: rights, questions, drawing. Aims: the audit's first page takes at most
twice as long, and every answer less than 200 ms.

`QOLHAT_BENCH_PACKETS` names other sizes, several with commas: `100000,1000000,3000000`; of several
docs/page-curves.svg is drawn anew.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from fastapi.testclient import TestClient
from rich.console import Console

from api.cli.serving import leave_alone_what_stays
from api.http.app import create_app
from domain.directory import OrganisationKind
from domain.roles import Role, Scope
from infra.bootstrap import Qolhat
from tests.bench.bench_scale_lookups import SERVER
from tests.bench.report import Row
from tests.bench.year import play, year
from tests.servers.postgres import own_postgres
from tests.stories import AUTHORITY

FEW, MANY = 10_000, 1_000_000
ROUNDS = 11
AIM = 0.5  # of the first page: at most twice as long
AT_MOST = 0.2  # seconds, each answer
_LOG_IN, _PASSWORD = "bench", "тек-өлшеу-үшін-1"
_LONG_AGO = timedelta(days=900)
_STAGE = "edition=s7c-2012&stage=incoming"
FIRST = "/figures"
PAGES = {
    FIRST: "the audit's first page, 12 weeks",
    "/figures?span=month&since=2026-01-01": "the same, a year by months",
    f"/figures?organisation={AUTHORITY}": "the same of an office",
    "/figures?service=003-7": "the stages of a service",
    f"/figures?{_STAGE}": "a stage, organisations compared",
    f"/figures?organisation={AUTHORITY}&{_STAGE}": "a stage of an office, people compared",
    "/figures/open": "open work, who will be late",
    "/reports?kind=week": "report of a week",
    "/reports?kind=quarter": "report of a quarter",
    f"/reports?kind=quarter&organisation={AUTHORITY}": "report of an office",
    "/figures/couriers": "couriers of the country",
    "/indicators": "indicators of the year",
    "/manager": "what presses",
}
ANSWERS = {
    "/api/v1/figures": "API: figures by stage",
    "/api/v1/figures?span=month&since=2026-01-01&by=period": "API: figures by month",
    f"/api/v1/figures?organisation={AUTHORITY}&by=person": "API: figures by person",
    "/api/v1/reports/2026-Q3": "API: report of a quarter",
    "/api/v1/figures/couriers": "API: couriers",
    "/api/v1/indicators?year=2026": "API: indicators",
}
_console = Console(stderr=True)
Curves = defaultdict[str, dict[int, float]]  # seconds, by what and packets


def run() -> list[Row]:
    """Fill, ask in turns; return the rows of the table."""
    sizes = [int(each) for each in os.environ.get("QOLHAT_BENCH_PACKETS", str(MANY)).split(",")]
    rows: list[Row] = []
    curves: Curves = defaultdict(dict)
    with own_postgres(durable=False, settings=SERVER) as server, _folder() as folder:
        played = play(server, folder)
        with year(played, folder, FEW) as few:
            small = Manager(few)
            for size in sizes:
                with year(played, folder, size) as many:
                    asked = PAGES | ANSWERS
                    large = Manager(many)
                    leave_alone_what_stays()  # as a server does that has started
                    for path, what in asked.items():
                        one, other = times(path, small, large)
                        curves[what] |= {FEW: one.seconds, size: other.seconds}
                        rows.append(compared(size, path, one, other))
    if len(sizes) > 1:
        from tests.bench.page_curves import draw  # noqa: PLC0415  only the bench's own have it

        draw(curves, AT_MOST)
    return rows


@contextmanager
def _folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="qolhat-bench-") as made:
        yield Path(made)


class Manager:
    """Somebody who manages the country: logged in at a browser, and with a device."""

    def __init__(self, qolhat: Qolhat) -> None:
        since, personnel = qolhat.now() - _LONG_AGO, qolhat.personnel
        department = next(
            each.code
            for each in qolhat.directory.organisations
            if each.kind is OrganisationKind.REGIONAL_DEPARTMENT
        )
        person = personnel.appoint(
            department, [Role.MANAGER], name="Өлшеуші", scope=Scope.COUNTRY, since=since
        )
        _, token = personnel.enrol(person, since=since)
        qolhat.accounts.set_login(person, _LOG_IN)
        qolhat.accounts.set_password(person, _PASSWORD)
        app = create_app(qolhat)
        self._browser = TestClient(app, headers={"accept": "text/html", "accept-language": "ru"})
        self._device = TestClient(app, headers={"authorization": f"Bearer {token}"})
        self._browser.get("/login")
        answer = self._browser.post("/login", data={"login": _LOG_IN, "password": _PASSWORD})
        assert answer.history, answer.text

    def asks(self, path: str) -> Answered:
        """Ask for a page, or for an answer of the API."""
        client, begun = self._device if path in ANSWERS else self._browser, perf_counter()
        answer = client.get(path)
        seconds = perf_counter() - begun
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:500]}"
        assert answer.url.path == path.partition("?")[0], answer.url
        return Answered(seconds, len(answer.content))


@dataclass(frozen=True, slots=True)
class Answered:
    """How long an answer took, and how many bytes it has."""

    seconds: float
    size: int


def times(path: str, small: Manager, large: Manager) -> tuple[Answered, Answered]:
    """Ask both in turns, once beforehand; return the medians."""
    taken: tuple[list[float], list[float]] = ([], [])
    sizes = [each.asks(path).size for each in (small, large)]
    for _ in range(ROUNDS):
        for manager, seconds in zip((small, large), taken, strict=True):
            seconds.append(manager.asks(path).seconds)
    few, many = (
        Answered(median(seconds), size) for seconds, size in zip(taken, sizes, strict=True)
    )
    quickest = " and ".join(f"{min(seconds) * 1000:.0f} ms" for seconds in taken)
    _console.print(f"  {(PAGES | ANSWERS)[path]}: the quickest {quickest}", style="dim")
    return few, many


def compared(packets: int, path: str, few: Answered, many: Answered) -> Row:
    """Compare the medians."""
    ratio, aim = few.seconds / many.seconds, AIM if path == FIRST else None
    reached = many.seconds <= AT_MOST and (aim is None or ratio >= aim)
    figure = f"{many.seconds * 1000:.0f} ms, {many.size / 1000:,.0f} kB"
    against = f"{packets:,} packets, against {FEW:,}"
    what = (PAGES | ANSWERS)[path]
    return Row(what, against, figure, f"{few.seconds * 1000:.0f} ms", ratio, aim, reached)
