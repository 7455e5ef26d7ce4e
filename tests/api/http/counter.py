"""A centre and its authority that work by HTTP only: people with tokens, minutes, answers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from fastapi.testclient import TestClient
from httpx import Response

from domain.numbers import PlaceCode
from domain.roles import Role
from infra.bootstrap import Qolhat
from tests.stories import AUTHORITY, CENTRE, MORNING, place

V1 = "/api/v1"
IIN = "850312401235"
APPLICANT = {
    "surname": "Үлгібаева",
    "given_name": "Сынақгүл",
    "patronymic": "Мысалқызы",
    "iin": IIN,
    "address": "Елтай ауылы, Жобалау көшесі, 7",
    "phone": "+7 700 000 00 07",
    "family": ["Үлгібаев Сынақ"],
}
PERSONAL = ("Үлгібаев", "Сынақгүл", "Мысалқызы", IIN, "Жобалау", "000 00 07")
HIRED = MORNING - timedelta(days=900)
AT_CENTRE = (Role.INSPECTOR, Role.COLLECTING, Role.COURIER)
ROLES = (*AT_CENTRE, Role.OFFICE, Role.HEAD, Role.EXECUTOR)


class SettableClock:
    """The server's clock."""

    def __init__(self) -> None:
        self.at = MORNING

    def __call__(self) -> datetime:
        return self.at


class Counter:
    """People at their places; `minute` is counted from the morning."""

    def __init__(self, client: TestClient, qolhat: Qolhat, clock: SettableClock) -> None:
        self.client = client
        self.qolhat = qolhat
        self.clock = clock
        self.told = 0
        self.position = 0
        self.people: dict[Role, int] = {}
        self.tokens: dict[Role, str] = {}
        for role in ROLES:
            self.appoint(role, CENTRE if role in AT_CENTRE else AUTHORITY, place(role))

    def appoint(self, role: Role, organisation: int, where: PlaceCode | None = None) -> int:
        """Appoint somebody with a device."""
        person = self.qolhat.personnel.appoint(
            organisation, [role], name="Қызметкер Мысалы", since=HIRED
        )
        if where is not None:
            self.qolhat.personnel.assign(person, where, since=HIRED)
        _, token = self.qolhat.personnel.enrol(person, since=HIRED)
        self.people[role], self.tokens[role] = person, token
        return person

    def at(self, minute: float) -> str:
        """The instant of a minute, as a device writes it."""
        return (MORNING + timedelta(minutes=minute)).isoformat()

    # --- asking -------------------------------------------------------------------------------

    def ask(
        self, method: str, path: str, role: Role | None = Role.INSPECTOR, **how: Any
    ) -> Response:
        """Send a request, and see that the answer is fit to be shown."""
        headers = dict(how.pop("headers", {}))
        if role is not None:
            headers["Authorization"] = f"Bearer {self.tokens[role]}"
        answer: Response = self.client.request(method, path, headers=headers, **how)
        assert not any(part in answer.text for part in PERSONAL), answer.text
        if answer.status_code >= 400:
            check_problem(answer)
        return answer

    def get(self, path: str, role: Role = Role.INSPECTOR, **params: Any) -> Any:
        """Ask a question after all that was written."""
        params.setdefault("after", self.position)
        answer = self.ask("GET", f"{V1}{path}", role, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any, role: Role = Role.INSPECTOR, **how: Any) -> Response:
        """Send a command."""
        answer = self.ask("POST", f"{V1}{path}", role, json=body, **how)
        if answer.is_success:
            self.position = max(self.position, answer.json()["position"])
        return answer

    # --- what people do -----------------------------------------------------------------------

    def stamp(self, minute: float, role: Role, **more: Any) -> dict[str, Any]:
        """Make the beginning of a command; recorded a second after it happened."""
        self.told += 1
        recorded = more.pop("recorded", minute)
        self.clock.at = MORNING + timedelta(minutes=recorded, seconds=1)
        return {
            "ref": f"r{self.told}",
            "counter": self.told,
            "happened_at": self.at(minute),
            "place": str(place(role)),
        } | more

    def registration(self, minute: float = 10, **more: Any) -> dict[str, Any]:
        """Make the body of a registration."""
        return self.stamp(
            minute,
            Role.INSPECTOR,
            **{
                "service": "003-7",
                "began_at": self.at(minute - 5),
                "applicant": APPLICANT,
                "papers": [{"name": "Өтініш"}, {"key": "identity", "count": 2}],
            }
            | more,
        )

    def register(self, minute: float = 10, **more: Any) -> str:
        """The inspector accepts papers; return the number."""
        answer = self.post("/packets", self.registration(minute, **more))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["number"])

    def scanned(self, minute: float, code: str, role: Role, **more: Any) -> dict[str, Any]:
        """Make the body of a scan."""
        return self.stamp(minute, role, code=code, **more)

    def scan(self, minute: float, code: str, role: Role, **more: Any) -> Any:
        """Somebody scans; return the one answer."""
        answer = self.post("/scans", self.scanned(minute, code, role, **more), role)
        assert answer.status_code == 200, answer.text
        (only,) = answer.json()["answers"]
        return only

    def act(self, minute: float, number: str, kind: str, role: Role, **more: Any) -> Response:
        """Somebody acts."""
        if kind == "resolution":
            more.setdefault("executor", self.people[Role.EXECUTOR])
        if kind == "drafted":
            more.setdefault("outcome", "granted")
        body = self.stamp(minute, role, kind=kind, **more)
        return self.post(f"/packets/{number}/acts", body, role)

    def acted(self, minute: float, number: str, kind: str, role: Role, **more: Any) -> Any:
        """Somebody acts, and it is recorded."""
        answer = self.act(minute, number, kind, role, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def complain(self, minute: float, number: str, ref: str, **more: Any) -> Response:
        """The applicant hands a written complaint in at the authority's office."""
        role = more.pop("role", Role.OFFICE)
        slip = {"ref": ref, "answer_by": self.at(minute + 7 * 24 * 60)}
        body = self.stamp(minute, role, **slip, ask=self.people[Role.EXECUTOR]) | more
        return self.post(f"/packets/{number}/complaints", body, role)

    def complained(self, minute: float, number: str, ref: str, **more: Any) -> Any:
        """A written complaint is taken."""
        answer = self.complain(minute, number, ref, **more)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def answer(self, minute: float, number: str, complaint: str, **more: Any) -> Response:
        """The head answers a complaint."""
        role = more.pop("role", Role.HEAD)
        body = self.stamp(minute, role) | more
        return self.post(f"/packets/{number}/complaints/{complaint}/answer", body, role)

    def answered(self, minute: float, number: str, complaint: str, **more: Any) -> Any:
        """A complaint is answered."""
        answer = self.answer(minute, number, complaint, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def up_to_the_head(self, number: str, minute: float = 10) -> None:
        """From the window to the head with the drafted notice."""
        self.scan(minute + 10, number, Role.COLLECTING)
        self.scan(minute + 50, number, Role.COURIER)
        self.scan(minute + 80, number, Role.OFFICE)
        self.acted(minute + 90, number, "incoming", Role.OFFICE, incoming_number="12-4/76")
        self.scan(minute + 100, number, Role.HEAD)
        self.acted(minute + 110, number, "resolution", Role.HEAD)
        self.scan(minute + 120, number, Role.EXECUTOR)
        self.acted(minute + 140, number, "right", Role.EXECUTOR, entitled=True)
        self.acted(minute + 190, number, "drafted", Role.EXECUTOR)
        self.scan(minute + 200, number, Role.HEAD)

    def home_again(self, number: str, minute: float = 220) -> None:
        """From the signing to the applicant."""
        self.acted(minute, number, "signed", Role.HEAD)
        self.scan(minute + 10, number, Role.EXECUTOR)
        self.scan(minute + 15, number, Role.OFFICE)
        self.acted(minute + 20, number, "sent-back", Role.OFFICE)
        self.scan(minute + 80, number, Role.COURIER)
        self.scan(minute + 110, number, Role.COLLECTING)
        self.scan(minute + 120, number, Role.INSPECTOR)
        began = self.at(minute + 130)
        self.acted(
            minute + 135, number, "issued", Role.INSPECTOR, began_at=began, handing="in-person"
        )


def check_problem(answer: Response) -> dict[str, Any]:
    """See that an answer is a problem as RFC 9457 has it; return it."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem: dict[str, Any] = answer.json()
    assert problem["type"] == f"/problems/{problem['code']}"
    assert problem["status"] == answer.status_code
    assert problem["instance"] == answer.request.url.path
    for shown in (problem["title"], problem["detail"]):
        assert shown
        assert "{" not in shown, shown
        assert not shown.startswith(problem["code"]), shown
    assert "Traceback" not in answer.text
    return problem
