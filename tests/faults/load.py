"""People who work while things break: they send each thing until it is acknowledged, as devices do.

Scanners scan packets, a window accepts new ones, an office acts, a packer and those who receive his
bags move bags. Every thing has an id of its own that stays the same however often it is sent.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from itertools import pairwise
from random import Random
from typing import Any
from uuid import uuid4

from domain.roles import Role
from infra.bootstrap import Qolhat
from tests.stories import AUTHORITY, CENTRE, place

V1 = "/api/v1"
SCANNING = (Role.COLLECTING, Role.COURIER, Role.OFFICE, Role.HEAD, Role.EXECUTOR)
_AT_CENTRE = (Role.INSPECTOR, Role.COLLECTING, Role.COURIER)
_ANSWER_WITHIN = 10.0  # seconds; then the device sends again
_PAUSE = (0.02, 0.12)  # seconds between two things of one device
_AGAIN = 0.1  # seconds until a thing is sent again
_GIVE_UP = 180.0  # seconds without an acknowledgement: somebody would have to do something
_IN_A_BAG = 3
# What the API may say while something is broken; anything else is a fault of ours.
_BROKEN = frozenset({409, 503, 507})
_ACKNOWLEDGED = frozenset({200, 201})


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """One thing that the API has said it keeps."""

    ref: str
    kind: str
    at: float  # by the monotonic clock


@dataclass(slots=True)
class Diary:
    """What all devices together have seen; safe to write from any thread."""

    acknowledged: list[Acknowledged] = field(default_factory=list)
    retried: int = 0
    refused: Counter[str] = field(default_factory=Counter)  # by status and code, then sent again
    wrong: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, ref: str, kind: str) -> None:
        """Note an acknowledgement."""
        with self._lock:
            self.acknowledged.append(Acknowledged(ref, kind, time.monotonic()))

    def sent_again(self, why: str) -> None:
        """Note that something had to be sent again."""
        with self._lock:
            self.retried += 1
            self.refused[why] += 1

    def complain(self, what: str) -> None:
        """Note something that must not happen."""
        with self._lock:
            self.wrong.append(what)

    def silence(self, since: float, until: float) -> float:
        """Return the longest time without an acknowledgement between two moments, in seconds."""
        moments = [since, *(a.at for a in self.acknowledged if since < a.at < until), until]
        moments.sort()
        return max(later - earlier for earlier, later in pairwise(moments))


class GivenUpError(Exception):
    """Something could not be sent for so long that a person would have looked for help."""


class Client:
    """One device: it knows its token, and sends until it is answered."""

    def __init__(self, port: int, role: Role, token: str, diary: Diary) -> None:
        self.role = role
        self.place = str(place(role))
        self._port = port
        self._token = token
        self._diary = diary
        self._counter = 0
        self._connection: HTTPConnection | None = None

    def stamp(self, **more: Any) -> dict[str, Any]:
        """Make what every command says of itself: an id, a counter, the time, the place."""
        self._counter += 1
        own = {"ref": uuid4().hex, "counter": self._counter, "place": self.place}
        return own | {"happened_at": datetime.now(UTC).isoformat()} | more

    def send(self, path: str, body: Any, *, also: frozenset[int] = frozenset()) -> Any:
        """Send until it is acknowledged; `also` are refusals that answer the question.

        Raises GivenUpError.
        """
        deadline = time.monotonic() + _GIVE_UP
        while time.monotonic() < deadline:
            try:
                status, answer = self._ask(path, body)
            except (OSError, HTTPException) as error:
                self._hang_up()
                self._diary.sent_again(type(error).__name__)
            else:
                if status in _ACKNOWLEDGED or status in also:
                    return answer
                self._weigh(path, status, answer)
            time.sleep(_AGAIN)
        raise GivenUpError(f"{path}: {self._diary.refused}")

    def _ask(self, path: str, body: Any) -> tuple[int, Any]:
        if self._connection is None:
            self._connection = HTTPConnection("127.0.0.1", self._port, timeout=_ANSWER_WITHIN)
        headers = {
            "authorization": f"Bearer {self._token}",
            "content-type": "application/json",
            "accept-language": "en",
        }
        self._connection.request("POST", V1 + path, json.dumps(body), headers)
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read())

    def _weigh(self, path: str, status: int, answer: Any) -> None:
        code = answer.get("code", "") if isinstance(answer, dict) else ""
        self._diary.sent_again(f"{status} {code}")
        if status not in _BROKEN:
            self._diary.complain(f"{path}: {status} {json.dumps(answer)[:300]}")

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


@dataclass(frozen=True, slots=True)
class Crew:
    """The tokens of the people at work, and packets that they know from before."""

    tokens: dict[Role, str]
    badges: dict[Role, str]


def hire(qolhat: Qolhat) -> Crew:
    """Appoint people, give them places and devices."""
    hired = datetime.now(UTC) - timedelta(days=60)
    tokens, badges = {}, {}
    for role in (Role.INSPECTOR, *SCANNING):
        organisation = CENTRE if role in _AT_CENTRE else AUTHORITY
        person = qolhat.personnel.appoint(organisation, [role], since=hired)
        qolhat.personnel.assign(person, place(role), since=hired)
        tokens[role] = qolhat.personnel.enrol(person, since=hired)[1]
        badges[role] = str(qolhat.personnel.issue_badge(person, since=hired))
    return Crew(tokens, badges)


class Load:
    """People at work, from `start` to `finish`; may be started again."""

    def __init__(self, port: int, crew: Crew, seed: int) -> None:
        self.diary = Diary()
        self.packets: list[str] = []
        self._port, self._crew = port, crew
        self.skew = 0.0  # seconds by which every other device's clock is ahead
        self._chance = Random(seed)
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    # --- beginning and end ----------------------------------------------------------------------

    @contextmanager
    def working(self) -> Iterator[Diary]:
        """Let everybody work; at the end each thing that was begun is acknowledged."""
        self.start()
        try:
            yield self.diary
        finally:
            self.finish()

    def start(self) -> None:
        """Let everybody work."""
        self._stopping.clear()
        if not self.packets:
            self._accept(self._client(Role.INSPECTOR))
        jobs: list[tuple[Role, Callable[[Client, Random], None]]] = [
            *((role, self._scan) for role in SCANNING),
            (Role.INSPECTOR, lambda client, _: self._accept(client)),
            (Role.OFFICE, self._act),
            (Role.COLLECTING, self._carry),
        ]
        for role, job in jobs:
            arguments = (role, job, Random(self._chance.random()))
            thread = threading.Thread(target=self._work, args=arguments, daemon=True)
            self._threads.append(thread)
            thread.start()

    def finish(self) -> None:
        """Let everybody send what they have begun, and stop."""
        self._stopping.set()
        threads, self._threads = self._threads, []
        for thread in threads:
            thread.join(_GIVE_UP + _ANSWER_WITHIN)
            if thread.is_alive():
                self.diary.complain("somebody does not stop")

    def await_more(self, count: int, patience: float = _GIVE_UP) -> None:
        """Wait until so many more things were acknowledged."""
        aim, deadline = len(self.diary.acknowledged) + count, time.monotonic() + patience
        while len(self.diary.acknowledged) < aim:
            if self.diary.wrong:
                return
            if time.monotonic() > deadline:
                self.diary.complain(f"nobody is answered: {self.diary.refused}")
                return
            time.sleep(0.01)

    def _client(self, role: Role) -> Client:
        return Client(self._port, role, self._crew.tokens[role], self.diary)

    def _work(self, role: Role, job: Callable[[Client, Random], None], chance: Random) -> None:
        client = self._client(role)
        try:
            while not self._stopping.is_set():
                job(client, chance)
                self._stopping.wait(chance.uniform(*_PAUSE))
        except Exception as error:  # noqa: BLE001  the check tells it
            self.diary.complain(f"{role.value}: {error!r}")

    # --- what people do -------------------------------------------------------------------------

    def _scan(self, client: Client, chance: Random) -> None:
        """Scan some packets; now and then something that is none."""
        known = self.packets[-40:]
        codes = chance.sample(known, k=min(len(known), chance.randint(1, 3)))
        if chance.random() < 0.03:
            codes.append("no packet at all")
        skew = chance.choice((0.0, self.skew))
        happened_at = (datetime.now(UTC) + timedelta(seconds=skew)).isoformat()
        body = [client.stamp(code=code, happened_at=happened_at) for code in codes]
        while body:
            answers = client.send("/scans", body)["answers"]
            body = [
                sent
                for sent, answer in zip(body, answers, strict=True)
                if not self._is_kept(sent["ref"], answer)
            ]

    def _is_kept(self, ref: str, answer: Any) -> bool:
        """Note that a scan is acknowledged; False if it must be sent again, alone."""
        if answer["status"] != "refused":
            self.diary.keep(ref, "scan")
            return True
        status, code = answer["problem"]["status"], answer["problem"]["code"]
        self.diary.sent_again(f"{status} {code}")
        if status not in _BROKEN:
            self.diary.complain(f"a scan is refused: {answer}")
        return status not in _BROKEN

    def _accept(self, client: Client) -> None:
        """Accept the papers of somebody."""
        applicant = {"surname": "Үлгібаева", "given_name": "Сынақ"}
        body = client.stamp(service="003-7", applicant=applicant, papers=[{"name": "Өтініш"}])
        answer = client.send("/packets", body)
        self.diary.keep(body["ref"], "registration")
        self.packets.append(answer["number"])

    def _act(self, client: Client, chance: Random) -> None:
        """Give an incoming number, or print a label anew."""
        number = chance.choice(self.packets[-40:])
        body = client.stamp(kind=chance.choice(("incoming", "relabelled")))
        if body["kind"] == "incoming":
            body["incoming_number"] = f"12-4/{body['counter']}"
        client.send(f"/packets/{number}/acts", body)
        self.diary.keep(body["ref"], "act")

    def _carry(self, client: Client, chance: Random) -> None:
        """Pack a bag, seal it, let the courier bring it, and unpack most of it."""
        begun = client.stamp(to=AUTHORITY)
        bag = client.send("/registries", begun)["bag"]
        self.diary.keep(begun["ref"], "bag")
        inside = chance.sample(self.packets[-40:], k=min(len(self.packets[-40:]), _IN_A_BAG))
        for code in inside:
            self._step(client, bag, "packets", codes=[code])
        self._step(client, bag, "seal", seal=f"S-{uuid4().hex[:8]}")
        courier, office = self._client(Role.COURIER), self._client(Role.OFFICE)
        for taker in (courier, office):
            self._step(taker, bag, "accept")
        self._step(office, bag, "open")
        self._step(office, bag, "verified", codes=inside[:1])
        self._step(office, bag, "reconcile")

    def _step(self, client: Client, bag: str, step: str, **more: Any) -> None:
        body = client.stamp(**more)
        answer = client.send(f"/bags/{bag}/{step}", body)
        refused = [each for each in answer.get("answers", ()) if each["status"] == "refused"]
        if not refused:  # the packet is in another bag
            self.diary.keep(body["ref"], f"bag {step}")
