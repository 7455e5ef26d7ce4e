"""Who may use which route: one line a route, by hand.

Whoever adds a route adds its line here. A case says who (a group of `who`), and builds a request
for a thing of an organisation: `it.there` is what is asked for, `it.here` what is the asker's own.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from itertools import count
from typing import Any
from uuid import uuid4

from api.web.dispatch.drawing import Drawing, Mark, write_drawing
from domain.cards import Card
from domain.numbers import grouped, packet_number
from domain.roles import Role
from domain.survey import ServedAs
from infra.requests import AcceptRequest
from tests.api.matrix.asking import (
    FILES,
    FORM,
    JSON,
    V1,
    Asked,
    Asking,
    Build,
    Case,
    Line,
    at_the_station,
    each_answer,
    each_of_the_pile,
)
from tests.api.matrix.who import (
    ACTS,
    ADMINISTERS,
    CARRIES,
    DOES,
    DOES_AT_A_DESK,
    FINDS_PACKETS,
    FINDS_PEOPLE,
    LOGGED_IN,
    LOGS_IN,
    LOGS_IN_BY_BADGE,
    OWN_ACCOUNT,
    PACKS,
    PUBLIC,
    READS_COMPLAINTS,
    READS_PACKETS,
    READS_TIMETABLES,
    READS_UNSETTLED,
    REGISTERS,
    SCANS,
    SCANS_AT_A_PLACE,
    SEES_ACCESS,
    SEES_FIGURES,
    SEES_PERSONAL,
    SEES_STAFF,
    SETTLES,
    TAKES_BAGS,
    TAKES_COMPLAINTS,
    Who,
)
from tests.api.matrix.world import NEW_PASSWORD, NOW, ORGANISATIONS, PIN, ROLES, SERVICE, SHEET
from tests.photographs import table
from tests.stories import AUTHORITY, CENTRE

ANYTHING = ".*"
LATER = NOW + timedelta(days=7)
BLANK = table([])  # a photograph of a table on which nothing lies
# What each does at their desk; who only manages cannot.
CARDS = {
    Role.INSPECTOR: Card.HANDED_BACK,
    Role.COLLECTING: Card.HANDED_BACK,
    Role.OFFICE: Card.INCOMING,
    Role.HEAD: Card.SIGNED,
    Role.EXECUTOR: Card.ENTITLED,
    Role.AKIM: Card.SIGNED,
}


def get(path: str, *cases: Case) -> Line:
    """A route that is read."""
    return Line("GET", path, cases)


def post(path: str, *cases: Case, sends: str = FORM) -> Line:
    """A route to which something is sent."""
    return Line("POST", path, cases, sends)


def nothing(it: Asking) -> Asked:
    """Ask for the route as it is."""
    return Asked()


def about(**path: str) -> Build:
    """Ask for what stands in the path: `number="paper.number"` of the organisation's things."""
    return lambda it: Asked(path={name: _found(it, which) for name, which in path.items()})


def _found(it: Asking, which: str) -> object:
    found: Any = it.there
    for name in which.split("."):
        found = getattr(found, name)
    return found


def _what_if(it: Asking) -> Asked:
    return Asked(query={"organisation": it.there.organisation, "edition": "s7c-2012"})


def of_organisation(it: Asking) -> Asked:
    """Ask for what concerns one organisation."""
    return Asked(query={"organisation": it.there.organisation})


def to(build: Build, **fields: Any) -> Build:
    """Send these fields to what is asked for; a function is asked what its field is."""

    def asked(it: Asking) -> Asked:
        built = build(it)
        said = {name: each(it) if callable(each) else each for name, each in fields.items()}
        return Asked(built.path, built.query, said)

    return asked


def card_of(it: Asking) -> Card:
    """Return a card that belongs to the asker's desk; to somebody's, for those who have none."""
    roles = ROLES[it.who if it.who in ROLES else Who.INSPECTOR]
    return CARDS.get(roles[0], Card.INCOMING)


def role_of(it: Asking) -> Role:
    """Return at which kind of place the asker works."""
    role = ROLES[it.who if it.who in ROLES else Who.INSPECTOR][0]
    return role if role in CARDS or role is Role.COURIER else Role.OFFICE


NUMBER = about(number="paper.number")
WORKED = about(number="worked")
COMPLAINT = about(number="paper.number", ref="paper.complaint")
PERSON = about(number="victim")
PLACE = about(code="window")
STATION = about(number="station")
UNSETTLED = about(scan="unsettled")
PAGE = about(number="paper.number", ref="paper.page")
LOOSE = about(ref="loose")


# --- the API -------------------------------------------------------------------------------------


def _api_act(kind: str) -> Build:
    """Do something to a packet, with what belongs to it."""
    details: dict[str, object] = {}
    if kind == "drafted":
        details["outcome"] = "granted"
    if kind == "paused":
        details["grounds"] = ["anybodys"]

    def asked(it: Asking) -> Asked:
        if kind == "resolution":
            details["executor"] = it.world.executor_in(it.me.organisation) or it.here.colleague
        return Asked({"number": it.there.worked}, body=it.command(kind=kind, **details))

    return asked


def _api_act_from_there(it: Asking) -> Asked:
    said = it.command(kind="lost", place=str(it.there.window))
    return Asked({"number": it.here.worked}, body=said)


def _api_scan(it: Asking) -> Asked:
    place = it.there.place(role_of(it))
    return Asked(body=it.command(code=grouped(it.here.stray), place=str(place)))


def _api_register(it: Asking) -> Asked:
    began = NOW.isoformat()
    place = str(it.there.window)
    return Asked(body=it.command(place=place, service=SERVICE, began_at=began))


def _api_complaint(it: Asking) -> Asked:
    said = it.command(answer_by=LATER.isoformat(), ask=it.here.colleague)
    return Asked({"number": it.there.worked}, body=said)


def _api_complaint_from_there(it: Asking) -> Asked:
    said = it.command(
        answer_by=LATER.isoformat(), ask=it.here.colleague, place=str(it.there.window)
    )
    return Asked({"number": it.here.worked}, body=said)


def _api_answer(it: Asking) -> Asked:
    things, number = it.there, it.there.worked
    ref = it.world.complain(number, things.colleague, things.window, "сынақ")
    return Asked({"number": number, "ref": ref}, body=it.command())


def _own_scan(it: Asking) -> tuple[object, str]:
    """Return a scan of the asker's own a moment ago; one of somebody's, of another organisation."""
    if it.there is not it.here or it.who in (Who.NOBODY, Who.DISMISSED):
        return it.there.paper.number, it.there.paper.scan
    number = it.here.fresh
    return number, it.world.scan(it.me.person, str(number), it.me.place)


def _api_void(it: Asking) -> Asked:
    number, ref = _own_scan(it)
    said = it.command()
    del said["place"]
    return Asked({"number": number, "ref": ref}, body=said)


def _api_settle(it: Asking) -> Asked:
    said = it.command(decision="dismiss")
    del said["place"]
    return Asked({"scan": it.there.unsettled}, body=said)


def _api_settle_page(it: Asking) -> Asked:
    said = it.command(decision="apply", number=str(it.there.worked))
    del said["place"]
    return Asked({"ref": it.there.loose}, body=said)


API = (
    get(f"{V1}/openapi.json", Case(PUBLIC, nothing, about_a_place=False)),
    post(f"{V1}/packets", Case(REGISTERS, _api_register), sends=JSON),
    post(
        f"{V1}/packets/{{number}}/acts",
        *(Case(who, _api_act(kind)) for kind, who in DOES.items()),
        Case(ACTS, _api_act_from_there),
        sends=JSON,
    ),
    post(
        f"{V1}/acts",
        Case(
            ACTS,
            lambda it: Asked(body=it.command(kind="lost", numbers=[str(it.there.worked)])),
            judge=each_answer,
        ),
        sends=JSON,
    ),
    post(
        f"{V1}/packets/{{number}}/scans/{{ref}}/void",
        Case(SCANS, _api_void, hidden_by=("void-refused",)),
        sends=JSON,
    ),
    get(f"{V1}/packets/{{number}}", Case(READS_PACKETS, NUMBER)),
    get(f"{V1}/packets/{{number}}/history", Case(READS_PACKETS, NUMBER)),
    get(f"{V1}/packets/{{number}}/ledger", Case(READS_PACKETS, NUMBER)),
    get(f"{V1}/packets/{{number}}/proof", Case(READS_PACKETS, NUMBER)),
    get(
        f"{V1}/figures/couriers",
        Case(SEES_FIGURES, of_organisation),
        Case(SEES_FIGURES, nothing, about_a_place=False),
    ),
    get(
        f"{V1}/indicators",
        Case(SEES_FIGURES, of_organisation),
        Case(SEES_FIGURES, nothing, about_a_place=False),
    ),
    get(f"{V1}/audit", Case(SEES_FIGURES, nothing, about_a_place=False)),
    get(f"{V1}/what-if", Case(SEES_FIGURES, _what_if)),
    get(f"{V1}/changed-stays", Case(SEES_FIGURES, of_organisation)),
    post(
        f"{V1}/pictures",
        Case(SCANS, lambda it: Asked(body={"file": BLANK}), about_a_place=False),
        sends=FILES,
    ),
    post(f"{V1}/scans", Case(SCANS_AT_A_PLACE, _api_scan, judge=each_answer), sends=JSON),
    get(f"{V1}/places/{{place}}/holdings", Case(READS_PACKETS, about(place="window"))),
    get(
        f"{V1}/visits",
        Case(READS_PACKETS, of_organisation),
        Case(READS_PACKETS, nothing, about_a_place=False),
    ),
    get(
        f"{V1}/timings",
        Case(READS_PACKETS, of_organisation),
        Case(READS_PACKETS, nothing, about_a_place=False),
    ),
    get(
        f"{V1}/due",
        Case(READS_PACKETS, of_organisation),
        Case(READS_PACKETS, nothing, about_a_place=False),
    ),
    get(
        f"{V1}/unsettled",
        Case(READS_PACKETS, of_organisation),
        Case(READS_PACKETS, nothing, about_a_place=False),
    ),
    get(f"{V1}/unsettled/{{scan}}", Case(READS_PACKETS, UNSETTLED)),
    post(
        f"{V1}/unsettled/{{scan}}/settle",
        Case(SETTLES, _api_settle),
        sends=JSON,
    ),
    get(f"{V1}/packets/{{number}}/pages", Case(READS_PACKETS, NUMBER)),
    get(f"{V1}/packets/{{number}}/pages.pdf", Case(SEES_PERSONAL, NUMBER)),
    get(f"{V1}/packets/{{number}}/pages/{{ref}}", Case(SEES_PERSONAL, PAGE)),
    get(
        f"{V1}/unsettled-pages",
        Case(READS_PACKETS, of_organisation),
        Case(READS_PACKETS, nothing, about_a_place=False),
    ),
    get(f"{V1}/unsettled-pages/{{ref}}", Case(READS_PACKETS, LOOSE)),
    get(f"{V1}/unsettled-pages/{{ref}}/picture", Case(SETTLES, LOOSE)),
    post(
        f"{V1}/unsettled-pages/{{ref}}/settle",
        Case(SETTLES, _api_settle_page),
        sends=JSON,
    ),
    post(
        f"{V1}/packets/{{number}}/complaints",
        Case(TAKES_COMPLAINTS, _api_complaint),
        Case(TAKES_COMPLAINTS, _api_complaint_from_there),
        sends=JSON,
    ),
    post(
        f"{V1}/packets/{{number}}/complaints/{{ref}}/answer",
        Case(TAKES_COMPLAINTS, _api_answer),
        sends=JSON,
    ),
    get(
        f"{V1}/complaints",
        Case(READS_PACKETS, of_organisation),
        Case(READS_PACKETS, nothing, about_a_place=False),
    ),
    get(f"{V1}/packets/{{number}}/complaints", Case(READS_PACKETS, NUMBER)),
    get(f"{V1}/directory", Case(LOGGED_IN, nothing, about_a_place=False)),
    get(
        f"{V1}/directory/{{code}}",
        Case(LOGGED_IN, lambda it: Asked({"code": 33}), about_a_place=False),
    ),
    get(f"{V1}/regulations", Case(LOGGED_IN, nothing, about_a_place=False)),
    get(
        f"{V1}/regulations/{{edition}}",
        Case(LOGGED_IN, lambda it: Asked({"edition": "s7c-2012"}), about_a_place=False),
    ),
    get("/healthz", Case(PUBLIC, nothing, about_a_place=False)),
    get("/readyz", Case(PUBLIC, nothing, about_a_place=False)),
    get("/metrics", Case(PUBLIC, nothing, about_a_place=False)),
)


# --- the API of dispatch -------------------------------------------------------------------------


def _api_registry(it: Asking) -> Asked:
    """Begin a registry at a place of there, for some other organisation."""
    to = AUTHORITY if it.there.organisation == CENTRE else CENTRE
    return Asked(body=it.command(to=to, place=str(it.there.window)))


def _of_a_registry(**more: object) -> Build:
    """Do something to a registry that was begun there, and whose only bag is sealed."""
    return lambda it: Asked({"number": it.there.sealed()[0]}, body=it.command(**more))


def _to_a_bag(**more: object) -> Build:
    """Do something to a bag that is open there."""
    return lambda it: Asked({"bag": it.there.begun()[1]}, body=it.command(**more))


def _with_a_bag(**more: object) -> Build:
    """Do something to a bag that was sealed there."""
    return lambda it: Asked({"bag": it.there.sealed()[1]}, body=it.command(**more))


def _at_a_place_of_there(**more: object) -> Build:
    """Do something to a bag of one's own, at a place of there."""
    return lambda it: Asked(
        {"bag": it.here.sealed()[1]}, body=it.command(place=str(it.there.window), **more)
    )


def _api_settle_discrepancy(it: Asking) -> Asked:
    said = it.command(settled_as="found")
    del said["place"]
    return Asked({"bag": it.there.differing(), "kind": "wrong-seal"}, body=said)


def _api_photographed(it: Asking) -> Asked:
    return Asked({"bag": it.there.sealed()[1]}, body={"file": BLANK})


STRAY = {"codes": [str(packet_number(CENTRE, 999_999))]}
API_OF_DISPATCH = (
    post(f"{V1}/registries", Case(PACKS, _api_registry), sends=JSON),
    post(f"{V1}/registries/{{number}}/bags", Case(PACKS, _of_a_registry()), sends=JSON),
    post(f"{V1}/registries/{{number}}/close", Case(PACKS, _of_a_registry()), sends=JSON),
    get(
        f"{V1}/registries",
        Case(READS_PACKETS, of_organisation),
        Case(READS_PACKETS, nothing, about_a_place=False),
    ),
    get(
        f"{V1}/registries/{{number}}",
        Case(READS_PACKETS, lambda it: Asked({"number": it.there.begun()[0]})),
        Case(READS_PACKETS, lambda it: Asked({"number": it.there.begun()[0]}, {"format": "csv"})),
    ),
    post(f"{V1}/bags/{{bag}}/packets", Case(PACKS, _to_a_bag(**STRAY)), sends=JSON),
    post(f"{V1}/bags/{{bag}}/taken-out", Case(PACKS, _to_a_bag(**STRAY)), sends=JSON),
    post(f"{V1}/bags/{{bag}}/seal", Case(PACKS, _to_a_bag(seal="S-1")), sends=JSON),
    post(
        f"{V1}/bags/{{bag}}/offer",
        Case(SCANS, _with_a_bag()),
        Case(SCANS, _at_a_place_of_there()),
        sends=JSON,
    ),
    post(
        f"{V1}/bags/{{bag}}/accept",
        Case(TAKES_BAGS, _with_a_bag()),
        Case(SCANS, _at_a_place_of_there()),
        sends=JSON,
    ),
    post(f"{V1}/bags/{{bag}}/broken-seal", Case(SCANS, _with_a_bag()), sends=JSON),
    post(f"{V1}/bags/{{bag}}/open", Case(SCANS, _with_a_bag()), sends=JSON),
    post(
        f"{V1}/bags/{{bag}}/verified",
        Case(SCANS, _with_a_bag(**STRAY)),
        Case(SCANS, _at_a_place_of_there(**STRAY)),
        sends=JSON,
    ),
    post(f"{V1}/bags/{{bag}}/reconcile", Case(SCANS, _with_a_bag()), sends=JSON),
    post(f"{V1}/bags/{{bag}}/pictures", Case(SCANS, _api_photographed), sends=FILES),
    get(
        f"{V1}/bags",
        Case(READS_PACKETS, of_organisation),
        Case(READS_PACKETS, nothing, about_a_place=False),
    ),
    get(
        f"{V1}/bags/{{bag}}",
        Case(READS_PACKETS, lambda it: Asked({"bag": it.there.sealed()[1]})),
    ),
    get(
        f"{V1}/discrepancies",
        Case(READS_PACKETS, of_organisation),
        Case(READS_PACKETS, nothing, about_a_place=False),
    ),
    post(
        f"{V1}/discrepancies/{{bag}}/{{kind}}/settle",
        Case(SETTLES, _api_settle_discrepancy),
        sends=JSON,
    ),
)


# --- log-in and account --------------------------------------------------------------------------


def _password(it: Asking) -> str:
    return it.world.password(Who.INSPECTOR if it.who is Who.NOBODY else it.who)


def _new_password(it: Asking) -> str:
    it.world.changed.add(it.who)
    return NEW_PASSWORD


def _log_in(it: Asking) -> Asked:
    return Asked(body={"login": it.me.login, "password": _password(it), "next": "/station"})


def _log_in_by_badge(it: Asking) -> Asked:
    return Asked(body={"badge": str(it.me.badge), "pin": PIN})


LOG_IN = (
    get("/", Case(LOGGED_IN, nothing, "/(station|manager|admin/people)", about_a_place=False)),
    get("/login", Case(PUBLIC, nothing, about_a_place=False)),
    post("/login", Case(LOGS_IN, _log_in, "/station", about_a_place=False)),
    post("/login/badge", Case(LOGS_IN_BY_BADGE, _log_in_by_badge, "/", about_a_place=False)),
    post("/logout", Case(OWN_ACCOUNT, nothing, "/login", about_a_place=False)),
    post("/logout/everywhere", Case(OWN_ACCOUNT, nothing, "/login", about_a_place=False)),
    get(
        "/language/{code}",
        Case(
            PUBLIC,
            lambda it: Asked({"code": "ru"}, {"next": "/account"}),
            "/account",
            about_a_place=False,
        ),
    ),
    get("/account", Case(OWN_ACCOUNT, nothing, about_a_place=False)),
    post(
        "/account/pin",
        Case(
            LOGGED_IN,
            to(nothing, current=_password, pin=PIN),
            r"/account\?done=pin",
            about_a_place=False,
        ),
    ),
    post(
        "/account/password",
        Case(
            OWN_ACCOUNT,
            to(nothing, current=_password, new=_new_password),
            r"/account\?done=password",
            about_a_place=False,
        ),
    ),
)


# --- administration ------------------------------------------------------------------------------


def _person(deed: str, done: str, **fields: Any) -> Line:
    """A form that changes somebody and leads back to that person's page."""
    leads = rf"/admin/people/\d+\?done={done}"
    return post(f"/admin/people/{{number}}/{deed}", Case(ADMINISTERS, to(PERSON, **fields), leads))


def _own_role(it: Asking) -> str:
    return next(iter(it.there.staff)).value


ADMINISTRATION = (
    get("/admin", Case(SEES_STAFF, nothing, "/admin/people", about_a_place=False)),
    get(
        "/admin/people",
        Case(SEES_STAFF, of_organisation),
        Case(SEES_STAFF, nothing, about_a_place=False),
    ),
    get(
        "/admin/people/new",
        Case(ADMINISTERS, of_organisation),
        Case(ADMINISTERS, nothing, about_a_place=False),
    ),
    post(
        "/admin/people/new",
        Case(
            ADMINISTERS,
            to(
                nothing,
                organisation=lambda it: it.there.organisation,
                name="Жаңадан Келгенов",
                namesake="on",
                roles=_own_role,
                badge="on",
            ),
        ),
    ),
    get("/admin/people/{number}", Case(SEES_STAFF, PERSON)),
    _person("name", "renamed", name="Басқа Ат"),
    _person("appointment", "appointed", roles=_own_role),
    _person("places", "place", place=lambda it: str(it.there.window)),
    _person("places/withdraw", "place-withdrawn", place=lambda it: str(it.there.window)),
    _person("badge", "badge"),
    _person("badge/withdraw", "badge-withdrawn", badge="1"),
    _person("login", "login", login=lambda it: f"victim{it.there.victim}"),
    _person("logout", "logged-out"),
    _person("stand-ins", "stand-in", absent=lambda it: it.there.colleague, until="2026-12-01"),
    _person("stand-ins/end", "stand-in-ended", absent=lambda it: it.there.colleague),
    _person("dismiss", "dismissed"),
    get("/admin/people/{number}/dismiss", Case(ADMINISTERS, PERSON)),
    post("/admin/people/{number}/password", Case(ADMINISTERS, to(PERSON))),
    post("/admin/people/{number}/pin", Case(ADMINISTERS, to(PERSON))),
    get("/admin/people/{number}/badge.pdf", Case(ADMINISTERS, PERSON)),
    get(
        "/admin/places",
        Case(SEES_STAFF, of_organisation),
        Case(SEES_STAFF, nothing, about_a_place=False),
    ),
    post(
        "/admin/places/open",
        Case(
            ADMINISTERS,
            to(nothing, organisation=lambda it: it.there.organisation, role=_own_role),
            r"/admin/places\?organisation=\d+&done=opened",
        ),
    ),
    get("/admin/places/{code}/close", Case(ADMINISTERS, about(code="spare_place"))),
    post(
        "/admin/places/{code}/close",
        Case(
            ADMINISTERS,
            about(code="spare_place"),
            r"/admin/places\?organisation=\d+&done=closed",
        ),
    ),
    get("/admin/places/{code}/card.pdf", Case(SEES_STAFF, PLACE)),
    get("/admin/devices", Case(SEES_STAFF, nothing, about_a_place=False)),
    post("/admin/devices", Case(ADMINISTERS, to(nothing, person=lambda it: it.there.victim))),
    post(
        "/admin/devices/{device}/revoke",
        Case(ADMINISTERS, about(device="device"), r"/admin/devices\?done=revoked"),
    ),
    get(
        "/admin/devices/stations/{number}",
        Case(ADMINISTERS, STATION, hidden_by=("unknown-station",)),
    ),
    post(
        "/admin/devices/stations/{number}",
        Case(
            ADMINISTERS,
            to(STATION, name="Терезе", place=lambda it: str(it.there.window)),
            r"/admin/devices\?done=described",
            hidden_by=("unknown-station",),
        ),
    ),
    post(
        "/admin/devices/stations/{number}/turn-away",
        Case(
            ADMINISTERS,
            STATION,
            r"/admin/devices\?done=turned-away",
            hidden_by=("unknown-station",),
        ),
    ),
    get("/access", Case(SEES_ACCESS, nothing, about_a_place=False)),
)


# --- the station and the window ------------------------------------------------------------------


def _queued(it: Asking) -> Asked:
    place, told = it.there.place(role_of(it)), next(it.world.refs)
    scan = {
        "ref": f"m{told}",
        "code": str(it.here.stray),
        "place": str(place),
        "counter": told,
        "happened_at": NOW.isoformat(),
    }
    return Asked(body={"scans": [scan]})


def _card(number: Callable[[Asking], object], place: Callable[[Asking], object]) -> Build:
    return lambda it: Asked(
        body=it.command(
            card=card_of(it), numbers=[str(number(it))], place=str(place(it)), incoming_number="7"
        )
    )


def _undo(it: Asking) -> Asked:
    number, ref = _own_scan(it)
    return Asked(body=it.command(number=str(number), scan=ref))


def _undo_from_there(it: Asking) -> Asked:
    here = Asking(it.world, it.who, it.me, it.here, it.here)
    number, ref = _own_scan(here)
    place = it.there.place(role_of(it))
    return Asked(body=it.command(number=str(number), scan=ref, place=str(place)))


STATION_AND_WINDOW = (
    get("/station", Case(SCANS, nothing, about_a_place=False)),
    post("/station/scans", Case(SCANS_AT_A_PLACE, _queued, judge=at_the_station), sends=JSON),
    post(
        "/station/acts",
        Case(
            DOES_AT_A_DESK,
            _card(lambda it: it.there.worked, lambda it: it.me.place),
            judge=at_the_station,
        ),
        Case(
            DOES_AT_A_DESK,
            _card(lambda it: it.here.worked, lambda it: it.there.place(role_of(it))),
            judge=at_the_station,
        ),
        sends=JSON,
    ),
    post(
        "/station/void",
        Case(SCANS, _undo, judge=at_the_station),
        Case(SCANS, _undo_from_there, judge=at_the_station),
        sends=JSON,
    ),
    get("/station/cards.pdf", Case(SCANS, nothing, about_a_place=False)),
    get("/register", Case(REGISTERS, nothing, about_a_place=False)),
    post(
        "/register",
        Case(
            REGISTERS,
            to(nothing, service=SERVICE, surname="Жаңаева", given_name="Үлгі", began="12:00"),
            r"/packets/\d+/registered",
            about_a_place=False,
        ),
    ),
    get("/packets/{number}/registered", Case(REGISTERS, NUMBER)),
)


# --- packets, places, complaints -----------------------------------------------------------------


def _pile(number: Callable[[Asking], object], code: Callable[[Asking], object]) -> Build:
    return lambda it: Asked(
        {"code": code(it)},
        body={
            "card": card_of(it).value,
            "ref": str(uuid4()),
            "number": [str(number(it))],
            "asked": "on",
        },
    )


def _complaint(it: Asking) -> Asked:
    said = {
        "answer_by": "2026-12-01T10:00",
        "ask": it.here.colleague,
        "ref": f"m{next(it.world.refs)}",
    }
    return Asked({"number": it.there.worked}, body=said)


def _answer(it: Asking) -> Asked:
    asked = _api_answer(it)
    return Asked(asked.path, body={"text": "сынақ"})


def _settle(it: Asking) -> Asked:
    return Asked({"scan": it.there.unsettled}, body={"decision": "dismiss"})


def _settle_page(it: Asking) -> Asked:
    return Asked({"ref": it.there.loose}, body={"decision": "dismiss", "text": "бос бет"})


def _upload(it: Asking) -> Asked:
    return Asked({"number": it.there.worked}, body={"file": ("a.jpg", SHEET, "image/jpeg")})


PACKETS = (
    get(
        "/packets",
        Case(SEES_FIGURES, of_organisation),
        Case(SEES_FIGURES, nothing, about_a_place=False),
    ),
    get("/packets/{number}", Case(READS_PACKETS, NUMBER)),
    get("/packets/{number}/barcode.svg", Case(READS_PACKETS, NUMBER)),
    get(
        "/packets/{number}/forms/{key}.pdf",
        Case(
            SEES_PERSONAL,
            lambda it: Asked({"number": it.there.paper.number, "key": "notice"}),
            hidden_by=("not-found",),
        ),
        Case(READS_PACKETS, lambda it: Asked({"number": it.there.paper.number, "key": "label"})),
    ),
    post(
        "/packets/{number}/acts",
        Case(ACTS, to(WORKED, kind="lost"), r"/packets/\d+\?done=lost"),
    ),
    get(
        "/places",
        Case(READS_PACKETS, of_organisation),
        Case(READS_PACKETS, nothing, about_a_place=False),
    ),
    get("/places/{code}", Case(READS_PACKETS, PLACE)),
    get("/places/{code}/rows", Case(READS_PACKETS, PLACE)),
    get("/places/{code}/live", Case(READS_PACKETS, PLACE)),
    post(
        "/places/{code}/acts",
        Case(
            DOES_AT_A_DESK,
            _pile(lambda it: it.there.worked, lambda it: it.me.place),
            judge=each_of_the_pile,
        ),
        Case(
            DOES_AT_A_DESK,
            _pile(lambda it: it.here.worked, lambda it: it.there.place(role_of(it))),
            judge=each_of_the_pile,
        ),
    ),
    get("/complaints", Case(READS_COMPLAINTS, nothing, about_a_place=False)),
    get("/packets/{number}/ledger", Case(READS_PACKETS, NUMBER)),
    get("/packets/{number}/complaints/new", Case(TAKES_COMPLAINTS, NUMBER)),
    post(
        "/packets/{number}/complaints",
        Case(TAKES_COMPLAINTS, _complaint, r"/packets/\d+/complaints/m\d+\?done=taken"),
    ),
    get("/packets/{number}/complaints/{ref}", Case(READS_PACKETS, COMPLAINT)),
    post(
        "/packets/{number}/complaints/{ref}/answer",
        Case(TAKES_COMPLAINTS, _answer, r"/packets/\d+\?done=answered"),
    ),
    get("/packets/{number}/complaints/{ref}/slip.pdf", Case(TAKES_COMPLAINTS, COMPLAINT)),
    get(
        "/unsettled",
        Case(READS_UNSETTLED, of_organisation),
        Case(READS_UNSETTLED, nothing, about_a_place=False),
    ),
    get("/unsettled/{scan}", Case(READS_UNSETTLED, UNSETTLED)),
    post("/unsettled/{scan}", Case(SETTLES, _settle, r"/unsettled\?done=dismiss")),
    get("/packets/{number}/pages", Case(SEES_PERSONAL, NUMBER)),
    get("/packets/{number}/pages.pdf", Case(SEES_PERSONAL, NUMBER)),
    get("/packets/{number}/pages/{ref}.jpg", Case(SEES_PERSONAL, PAGE)),
    post(
        "/packets/{number}/pages",
        Case(SCANS, _upload, r"/packets/\d+\?done=pages"),
        sends=FILES,
    ),
    get("/unsettled-pages/{ref}", Case(READS_UNSETTLED, LOOSE)),
    get("/unsettled-pages/{ref}/picture.jpg", Case(SETTLES, LOOSE)),
    post("/unsettled-pages/{ref}", Case(SETTLES, _settle_page, r"/unsettled\?done=page-dismiss")),
)


# --- finding and figures -------------------------------------------------------------------------


def _query(**fields: Callable[[Asking], object]) -> Build:
    return lambda it: Asked(query={name: found(it) for name, found in fields.items()})


def _reported(form: str, *, mine: bool) -> Build:
    """Ask for a report about one organisation, or about everything that is the asker's business."""

    def asked(it: Asking) -> Asked:
        query = {} if mine else {"organisation": it.there.organisation}
        path = {"period": "2026-W40", "form": form}
        return Asked(path, query | {"form": form, "period": "2026-W40"})

    return asked


_SERIALS = count(1)


def _fresh_survey_code(it: Asking) -> str | None:
    """The code of a packet that nobody has answered about: each is good for one answer."""
    served = ServedAs(32, 32, "003-7")
    return it.world.qolhat.surveys.codes.code_of(packet_number(32, next(_SERIALS)), served)


LISTS = (
    get(
        "/search",
        Case(READS_PACKETS, nothing, about_a_place=False),
        Case(FINDS_PACKETS, _query(q=lambda it: it.there.paper.number), r"/packets/\d+"),
        Case(FINDS_PACKETS, _query(q=lambda it: it.there.paper.incoming)),
    ),
    post(
        "/search",
        Case(FINDS_PEOPLE, to(nothing, q=lambda it: it.there.paper.surname)),
        Case(FINDS_PEOPLE, to(nothing, q=lambda it: it.there.paper.iin)),
    ),
    get("/audit", Case(SEES_FIGURES, nothing, about_a_place=False)),
    get(
        "/manager",
        Case(SEES_FIGURES, of_organisation),
        Case(SEES_FIGURES, nothing, about_a_place=False),
    ),
    get(
        "/figures/couriers",
        Case(SEES_FIGURES, of_organisation),
        Case(SEES_FIGURES, nothing, about_a_place=False),
    ),
    get(
        "/indicators",
        Case(SEES_FIGURES, of_organisation),
        Case(SEES_FIGURES, nothing, about_a_place=False),
    ),
    get(
        "/figures/open",
        Case(SEES_FIGURES, of_organisation),
        Case(SEES_FIGURES, nothing, about_a_place=False),
    ),
    get(
        "/figures/changed",
        Case(SEES_FIGURES, of_organisation),
        Case(SEES_FIGURES, nothing, about_a_place=False),
    ),
    get(
        "/figures/what-if",
        Case(SEES_FIGURES, of_organisation),
        Case(SEES_FIGURES, nothing, about_a_place=False),
    ),
    get(
        "/figures",
        Case(SEES_FIGURES, of_organisation),
        Case(SEES_FIGURES, nothing, about_a_place=False),
    ),
    get(
        "/reports",
        Case(SEES_FIGURES, of_organisation),
        Case(SEES_FIGURES, nothing, about_a_place=False),
    ),
    get(
        "/reports/file",
        Case(SEES_FIGURES, _reported("xlsx", mine=False)),
        Case(SEES_FIGURES, _reported("xlsx", mine=True), about_a_place=False),
    ),
    get(
        f"{V1}/figures",
        Case(SEES_FIGURES, of_organisation),
        Case(SEES_FIGURES, nothing, about_a_place=False),
    ),
    get(
        f"{V1}/reports/{{period}}",
        Case(SEES_FIGURES, _reported("", mine=False)),
        Case(SEES_FIGURES, _reported("", mine=True), about_a_place=False),
    ),
    get(
        f"{V1}/reports/{{period}}/{{form}}",
        Case(SEES_FIGURES, _reported("xlsx", mine=False)),
        Case(SEES_FIGURES, _reported("xlsx", mine=True), about_a_place=False),
    ),
    get(
        "/visits",
        Case(SEES_FIGURES, of_organisation),
        Case(SEES_FIGURES, nothing, about_a_place=False),
    ),
    get(
        "/due",
        Case(SEES_FIGURES, of_organisation),
        Case(READS_PACKETS, nothing, about_a_place=False),
    ),
    get("/survey", Case(PUBLIC, nothing, about_a_place=False)),
    post(
        "/survey",
        Case(
            PUBLIC,
            to(nothing, code=_fresh_survey_code, process=lambda _: "content"),
            about_a_place=False,
        ),
    ),
    get("/receipt", Case(PUBLIC, nothing, about_a_place=False)),
    post(
        "/receipt",
        Case(
            PUBLIC,
            to(
                nothing,
                number=lambda it: it.here.paper.number,
                code=lambda it: it.world.qolhat.vault.receipt_code(it.here.paper.number),
            ),
            about_a_place=False,
        ),
    ),
)


# --- the courier's device ------------------------------------------------------------------------


def _log(_: Asking) -> Asked:
    return Asked(body={"log": "log-1", "entries": []})


COURIER = (
    get("/courier", Case(CARRIES, nothing, about_a_place=False)),
    get("/courier/sw.js", Case(PUBLIC, nothing, about_a_place=False)),
    get("/courier/manifest.webmanifest", Case(PUBLIC, nothing, about_a_place=False)),
    get("/courier/today", Case(CARRIES, nothing, about_a_place=False)),
    post("/courier/sync", Case(CARRIES, _log, about_a_place=False), sends=JSON),
    get("/courier-logs", Case(READS_UNSETTLED, nothing, about_a_place=False)),
)

# --- the courier's runs --------------------------------------------------------------------------


def _branch(it: Asking) -> int:
    return ORGANISATIONS[it.there.where][0]


def _of_an_end(it: Asking) -> Asked:
    return Asked(query={"branch": it.there.organisation})


def _of_a_branch(it: Asking) -> Asked:
    return Asked(query={"branch": _branch(it)})


def _at_a_branch(it: Asking) -> Asked:
    return Asked({"branch": _branch(it)})


def _api_timetable(it: Asking) -> Asked:
    times = ["10:00", f"1{len(it.who) % 5 + 1}:30"]  # everybody's other ones
    return Asked(body={"branch": _branch(it), "times": times, "starts": f"{LATER:%Y-%m-%d}"})


def _exported(form: str, *, mine: bool) -> Build:
    """Export what concerns one organisation, or everything that is the asker's business."""

    def asked(it: Asking) -> Asked:
        query = {} if mine else {"organisation": it.there.organisation}
        return Asked({"format": form}, query)

    return asked


RUNS = (
    get(
        f"{V1}/runs",
        Case(READS_PACKETS, _of_an_end),
        Case(READS_PACKETS, nothing, about_a_place=False),
    ),
    get(
        f"{V1}/runs/punctuality",
        Case(SEES_FIGURES, _of_an_end),
        Case(SEES_FIGURES, nothing, about_a_place=False),
    ),
    get(f"{V1}/runs/what-if", Case(SEES_FIGURES, _of_a_branch)),
    get(
        f"{V1}/timetables",
        Case(READS_TIMETABLES, _of_a_branch),
        Case(LOGGED_IN, nothing, about_a_place=False),
    ),
    post(f"{V1}/timetables", Case(ADMINISTERS, _api_timetable), sends=JSON),
    get(
        f"{V1}/exports/{{format}}",
        Case(SEES_FIGURES, _exported("csv", mine=False)),
        Case(SEES_FIGURES, _exported("csv", mine=True), about_a_place=False),
    ),
    get(
        "/runs",
        Case(READS_PACKETS, of_organisation),
        Case(READS_PACKETS, nothing, about_a_place=False),
    ),
    get(
        "/runs/figures",
        Case(SEES_FIGURES, of_organisation),
        Case(SEES_FIGURES, nothing, about_a_place=False),
    ),
    get(
        "/runs/what-if",
        Case(SEES_FIGURES, _of_a_branch),
        Case(SEES_FIGURES, nothing, about_a_place=False),
    ),
    get("/runs/timetable", Case(ADMINISTERS, nothing, about_a_place=False)),
    get("/runs/timetable/{branch}", Case(ADMINISTERS, _at_a_branch)),
    post(
        "/runs/timetable/{branch}",
        Case(
            ADMINISTERS,
            to(_at_a_branch, times="11:00, 16:30", starts=f"{LATER:%Y-%m-%d}"),
            r"/runs/timetable/\d+\?done=(changed|same)",
        ),
    ),
)

# --- the pages of dispatch -----------------------------------------------------------------------

# A picture of one dot: a signature.
DOT = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5E"
    "rkJggg=="
)


def _ref(it: Asking) -> str:
    return f"d{next(it.world.refs)}"


def _destination(it: Asking) -> Asked:
    """Begin a registry for where one's own organisation sends papers."""
    directory, mine = it.world.qolhat.directory, it.me.organisation
    to = directory.authority_of(mine) or next(iter(directory.clients_of(mine)), 0)
    return Asked(body={"to": f"{it.me.place}-{to}", "ref": _ref(it)})


def _registry(**fields: object) -> Build:
    """Do something to a registry that was begun there, and its open bag."""

    def asked(it: Asking) -> Asked:
        registry, bag = it.there.begun()
        return Asked({"code": registry}, body={"bag": str(bag), "ref": _ref(it)} | fields)

    return asked


def _registry_to_close(it: Asking) -> Asked:
    return Asked({"code": it.there.sealed()[0]}, body={"ref": _ref(it)})


def _closed_registry(it: Asking) -> Asked:
    registry, _ = it.there.sealed()
    source = it.world.source(it.there.colleague, it.there.window)
    it.world.qolhat.desk.dispatch.close(registry, source)
    return Asked({"code": registry})


def _scans_of(it: Asking, **scan: object) -> dict[str, object]:
    number = packet_number(CENTRE, 900_000 + next(it.world.refs))
    return {"person": it.me.person, "scans": [{"ref": _ref(it), "code": str(number)} | scan]}


def _packed(it: Asking) -> Asked:
    registry, bag = it.there.begun()
    return Asked({"code": registry}, body=_scans_of(it, bag=str(bag)))


def _bag(**fields: object) -> Build:
    """Do something to a bag that was sealed there."""
    return lambda it: Asked({"code": it.there.sealed()[1]}, body={"ref": _ref(it)} | fields)


def _photographed(it: Asking) -> Asked:
    """Send a picture of nothing of a bag that was sealed there."""
    return Asked({"code": it.there.sealed()[1]}, body={"picture": ("t.jpg", BLANK, "image/jpeg")})


def _confirmed(it: Asking) -> Asked:
    """Confirm from a picture what came out of a bag that was opened there."""
    dispatch, bag = it.world.qolhat.desk.dispatch, it.there.sealed()[1]
    source = it.world.source(it.there.colleague, it.there.window)
    journey = dispatch.open(bag, source).journey
    assert journey is not None
    numbers = list(journey.contents)
    corners = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0))
    marks = [Mark(number, corners) for number in numbers]
    drawing = Drawing(9, base64.b64encode(BLANK).decode(), marks, [], [])
    told = {"ref": _ref(it), "purpose": "unpack", "drawing": write_drawing(drawing)}
    return Asked({"code": bag}, body=told | {"packet": [str(number) for number in numbers]})


def _given(it: Asking) -> Asked:
    person = it.here.colleague
    badge = it.world.qolhat.personnel.issue_badge(person, since=NOW - timedelta(days=1))
    return Asked({"code": it.there.sealed()[1]}, body={"ref": _ref(it), "badge": str(badge)})


def _differs(it: Asking) -> Asked:
    path = {"code": it.there.differing(), "kind": "wrong-seal", "packet": 0}
    return Asked(path, body={"settled_as": "explained", "text": "Үлгі", "ref": _ref(it)})


def _proven(it: Asking) -> str:
    """Hand a bag over there, by its code of proof."""
    source = it.world.source(it.there.colleague, it.there.window)
    code = sha256(source.ref.encode()).hexdigest()[:12]
    request = AcceptRequest(
        source, it.there.sealed()[1], it.there.colleague, proof=code, signature=DOT
    )
    it.world.qolhat.desk.dispatch.accept(request)
    return code


def _proof(it: Asking) -> Asked:
    return Asked({"code": _proven(it)})


DISPATCH = (
    get("/dispatch", Case(READS_PACKETS, nothing, about_a_place=False)),
    post("/dispatch", Case(PACKS, _destination, r"/registries/\d+", about_a_place=False)),
    get(
        "/dispatch/find",
        Case(
            FINDS_PACKETS,
            _query(code=lambda it: it.there.sealed()[1]),
            r"/bags/\d+",
        ),
    ),
    get("/registries/{code}", Case(READS_PACKETS, _closed_registry)),
    get("/registries/{code}.pdf", Case(READS_PACKETS, _closed_registry)),
    get("/registries/{code}/tags.pdf", Case(READS_PACKETS, _closed_registry)),
    get("/registries/{code}.json", Case(READS_PACKETS, _closed_registry)),
    get("/registries/{code}.csv", Case(READS_PACKETS, _closed_registry)),
    post("/registries/{code}/scans", Case(PACKS, _packed, judge=at_the_station), sends=JSON),
    post("/registries/{code}/put", Case(PACKS, _registry(code="10267999999990"))),
    post("/registries/{code}/bags", Case(PACKS, _registry(), r"/registries/\d+\?said=added.*")),
    post(
        "/registries/{code}/seal",
        Case(PACKS, _registry(seal="S-1"), r"/registries/\d+\?said=sealed"),
    ),
    post(
        "/registries/{code}/close",
        Case(PACKS, _registry_to_close, r"/registries/\d+\?said=closed"),
    ),
    # Of a bag that came by mistake everybody sees where it goes, and takes it over.
    get("/bags/{code}", Case(FINDS_PACKETS, _bag())),
    post("/bags/{code}/offer", Case(SCANS, _bag(), r"/bags/\d+\?said=offered")),
    post("/bags/{code}/accept", Case(TAKES_BAGS, _bag(), r"/bags/\d+\?said=(taken|deviation)")),
    post("/bags/{code}/give", Case(SCANS, _given, r"/bags/\d+\?said=(given|deviation)")),
    post("/bags/{code}/broken", Case(SCANS, _bag(), r"/bags/\d+\?said=broken")),
    post("/bags/{code}/open", Case(SCANS, _bag(), r"/bags/\d+/unpack")),
    get("/bags/{code}/unpack", Case(SCANS, _bag())),
    post(
        "/bags/{code}/scans",
        Case(
            SCANS,
            lambda it: Asked({"code": it.there.sealed()[1]}, body=_scans_of(it)),
            judge=at_the_station,
        ),
        sends=JSON,
    ),
    get("/bags/{code}/picture", Case(SCANS, _bag())),
    post("/bags/{code}/picture", Case(SCANS, _photographed), sends=FILES),
    post("/bags/{code}/picture/confirm", Case(SCANS, _confirmed)),
    post("/bags/{code}/check", Case(SCANS, _bag(code="10267999999990"))),
    post(
        "/bags/{code}/reconcile",
        Case(SCANS, _bag(missing="1"), r"/bags/\d+\?said=reconciled"),
        Case(SCANS, _bag()),
    ),
    get(
        "/discrepancies",
        Case(READS_UNSETTLED, of_organisation),
        Case(READS_UNSETTLED, nothing, about_a_place=False),
    ),
    get("/discrepancies/{code}/{kind}/{packet}", Case(READS_UNSETTLED, _differs)),
    post(
        "/discrepancies/{code}/{kind}/{packet}",
        Case(SETTLES, _differs, r"/discrepancies\?done=explained"),
    ),
    get(
        "/proof",
        Case(READS_PACKETS, nothing, about_a_place=False),
        Case(READS_PACKETS, _query(code=_proven)),
    ),
    get("/proof/{code}.pdf", Case(READS_PACKETS, _proof)),
    get("/proof/{code}/signature.png", Case(READS_PACKETS, _proof)),
)

# --- what is printed -----------------------------------------------------------------------------

PRINTS = (
    get(f"{V1}/packets/{{number}}/label", Case(READS_PACKETS, NUMBER)),
    get(
        f"{V1}/labels",
        Case(READS_PACKETS, lambda it: Asked(query={"number": it.there.paper.number})),
    ),
    get(
        f"{V1}/bags/{{bag}}/tag",
        Case(READS_PACKETS, lambda it: Asked({"bag": it.there.sealed()[1]})),
    ),
    get(f"{V1}/places/{{place}}/card", Case(READS_PACKETS, about(place="window"))),
    get(f"{V1}/action-cards", Case(LOGGED_IN, nothing, about_a_place=False)),
    get(
        f"{V1}/action-cards/{{card}}",
        Case(LOGGED_IN, lambda it: Asked({"card": Card.SIGNED.value}), about_a_place=False),
    ),
    get(f"{V1}/test-strip", Case(LOGGED_IN, nothing, about_a_place=False)),
    get("/prints", Case(LOGGED_IN, nothing, about_a_place=False)),
    get("/prints/cards", Case(LOGGED_IN, nothing, about_a_place=False)),
    get("/prints/separator.pdf", Case(LOGGED_IN, nothing, about_a_place=False)),
    get("/prints/strip", Case(LOGGED_IN, nothing, about_a_place=False)),
    get(
        "/prints/labels",
        Case(READS_PACKETS, lambda it: Asked(query={"numbers": it.there.paper.number})),
    ),
    get("/packets/{number}/label", Case(READS_PACKETS, NUMBER)),
    get("/packets/{number}/proof.pdf", Case(READS_PACKETS, NUMBER)),
    get("/registries/{code}/tags", Case(READS_PACKETS, _closed_registry)),
    get("/admin/people/{number}/badge", Case(ADMINISTERS, PERSON)),
    get("/admin/places/{code}/card", Case(SEES_STAFF, PLACE)),
)


LINES = (
    *API,
    *API_OF_DISPATCH,
    *LOG_IN,
    *ADMINISTRATION,
    *STATION_AND_WINDOW,
    *PACKETS,
    *LISTS,
    *COURIER,
    *DISPATCH,
    *RUNS,
    *PRINTS,
)
