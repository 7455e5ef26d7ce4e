"""A bag changes hands: custody moves when the receiver accepts, and a code proves it later."""

from __future__ import annotations

import re

import pytest

from api.messages import text
from domain.dispatch.journey import BagState
from domain.numbers import BagCode, grouped
from domain.roles import Role
from infra.requests import AcceptRequest, Source
from tests.api.forms.reading import Read
from tests.api.web.dispatching import Way
from tests.api.web.office import Office
from tests.stories import OTHER_AUTHORITY, place

DOT = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


@pytest.fixture
def way(office: Office) -> Way:
    """A bag that is sealed and in a closed registry."""
    made = Way.of(office)
    made.pack(made.enter(Role.COLLECTING))
    made.later()
    return made


def test_offering_moves_nothing_accepting_does(way: Way) -> None:
    collector, courier = way.enter(Role.COLLECTING), way.enter(Role.COURIER)
    collector.get(way.bag)
    collector.submit(f"{way.bag}/offer")
    assert collector.says("dispatch.said.offered")
    assert way.journey.state is BagState.SEALED
    way.later()
    courier.get(way.bag)
    courier.submit(f"{way.bag}/accept", seal="п-17", badge=str(way.badge(Role.COLLECTING)))
    assert courier.says("dispatch.said.taken")
    journey = way.journey
    assert (journey.state, journey.holder) == (BagState.TAKEN, way.day.people[Role.COURIER])
    (hand_over,) = journey.hand_overs
    assert (hand_over.giver, hand_over.by_badge) == (way.day.people[Role.COLLECTING], True)
    assert hand_over.deviations == []


def test_on_the_givers_screen_the_receivers_badge_is_scanned(way: Way) -> None:
    collector = way.enter(Role.COLLECTING)
    collector.get(way.bag)
    collector.submit(f"{way.bag}/give", badge=str(way.badge(Role.COURIER)), seal="П-17")
    assert collector.says("dispatch.said.given")
    journey = way.journey
    assert (journey.state, journey.place) == (BagState.TAKEN, place(Role.COURIER))
    assert not collector.has_form(f"{way.bag}/give")  # it is not theirs any more


def test_a_badge_that_nobody_carries_moves_nothing_and_is_said_at_its_field(way: Way) -> None:
    collector = way.enter(Role.COLLECTING)
    collector.get(way.bag)
    answer = collector.submit(f"{way.bag}/give", badge=way.registry[-14:], seal="П-17")
    assert answer.status_code == 422
    assert 'id="give-badge-hint"' in answer.text
    assert 'value="П-17"' in answer.text
    assert way.journey.hand_overs == []


def test_another_seal_is_recorded_and_said(way: Way) -> None:
    courier = way.enter(Role.COURIER)
    courier.get(way.bag)
    courier.submit(f"{way.bag}/accept", seal="П-71")
    assert courier.says("dispatch.said.deviation")
    assert courier.shown is not None
    assert text("words", "bag-deviation.other-seal", "kk") in courier.shown.text


def test_a_broken_seal_is_recorded_with_what_was_seen(way: Way) -> None:
    way.carry()
    clerk = way.enter(Role.OFFICE)
    clerk.get(way.bag)
    clerk.submit(f"{way.bag}/broken", text="Пломба жыртылған")
    assert clerk.says("dispatch.said.broken")
    assert clerk.says("dispatch.wrong-seals")
    assert len(way.journey.wrong_seals) == 1
    ((ref, kept),) = way.office.qolhat.vault.held_of(f"bag:{way.bag[-14:]}").items()
    assert kept["text"] == "Пломба жыртылған", ref


def test_nobody_opens_what_the_courier_still_has(way: Way) -> None:
    courier, clerk = way.enter(Role.COURIER), way.enter(Role.OFFICE)
    courier.get(way.bag)
    courier.submit(f"{way.bag}/accept")
    clerk.get(way.bag)
    assert not clerk.has_form(f"{way.bag}/open")
    assert clerk.has_form(f"{way.bag}/accept")


def test_a_bag_brought_to_the_wrong_office_shows_where_it_goes_and_is_taken_over(way: Way) -> None:
    stranger = way.office.enter(Role.OFFICE, OTHER_AUTHORITY)
    shown = stranger.get(way.bag).text
    assert stranger.says("dispatch.not-ours")
    assert grouped(way.packets[0]) not in shown
    assert way.registry[-14:] not in shown
    way.later()
    stranger.submit(f"{way.bag}/accept")
    assert way.journey.state is BagState.MISDELIVERED
    assert stranger.says("dispatch.said.deviation")
    assert grouped(way.packets[0]) in stranger.get(way.bag).text  # now it is their business


def test_a_form_that_is_sent_twice_counts_once(way: Way) -> None:
    courier = way.enter(Role.COURIER)
    courier.get(way.bag)
    sent = {"ref": "once", "seal": "П-17"}
    courier.post(f"{way.bag}/accept", **sent)
    courier.post(f"{way.bag}/accept", **sent)
    assert len(way.journey.hand_overs) == 1


def test_the_page_tells_verified_inferred_and_missing_apart(way: Way) -> None:
    way.carry()
    clerk = way.enter(Role.OFFICE)
    clerk.get(way.bag)
    way.later()
    clerk.submit(f"{way.bag}/open")
    way.later()
    clerk.submit(f"{way.bag}/check", code=str(way.packets[0]))
    shown = clerk.get(way.bag).text
    assert (shown.count('"mark verified"'), shown.count('"mark inferred"')) == (2, 3)
    clerk.get(f"{way.bag}/unpack")
    clerk.submit(f"{way.bag}/reconcile")
    way.later()
    clerk.submit(f"{way.bag}/reconcile")
    shown = clerk.get(way.bag).text
    assert (shown.count('"mark verified"'), shown.count('"mark missing"')) == (2, 3)
    assert '"mark inferred"' not in shown


# --- the proof -----------------------------------------------------------------------------------


def proof_on(shown: str) -> str:
    found = re.search(r'href="/proof\?code=([0-9a-f-]{14})"', shown)
    assert found, "no code of proof"
    return found[1]


def test_a_hand_over_is_verified_by_its_code(way: Way) -> None:
    badge = way.badge(Role.COURIER)
    courier = way.enter(Role.COURIER)
    courier.get(way.bag)
    code = proof_on(courier.submit(f"{way.bag}/accept", seal="П-17").text)
    collector = way.enter(Role.COLLECTING, "en")
    for given in (code, code.replace("-", ""), f" {code.upper()} "):
        collector.get("/proof")
        shown = collector.submit("/proof", code=given).text
        assert collector.says("dispatch.proof.found")
        assert grouped(badge) in shown
        assert "П-17" in shown
    printed = Read(collector.client.get(f"/proof/{code}.pdf").content).solid
    assert code in printed
    assert "Үлгібаева" in printed


def test_a_code_under_which_nothing_is_recorded_proves_nothing(way: Way) -> None:
    collector = way.enter(Role.COLLECTING)
    for given in ("0000-0000-0000", "нақты емес"):
        answer = collector.get("/proof", code=given)
        assert answer.status_code == 404
        assert collector.says("dispatch.proof.unknown")
    assert collector.client.get("/proof/0000-0000-0000.pdf").status_code == 404


def test_what_others_carried_is_not_proven_to_strangers(way: Way) -> None:
    courier = way.enter(Role.COURIER)
    courier.get(way.bag)
    code = proof_on(courier.submit(f"{way.bag}/accept").text)
    stranger = way.office.enter(Role.OFFICE, OTHER_AUTHORITY)
    for path in (f"/proof?code={code}", f"/proof/{code}.pdf", f"/proof/{code}/signature.png"):
        assert stranger.get(path).status_code == 403


def test_a_drawn_signature_is_shown_and_the_look_is_noted(way: Way) -> None:
    people, qolhat = way.day.people, way.office.qolhat
    source = Source("drawn", people[Role.COURIER], 1, 1, place(Role.COURIER), qolhat.now())
    bag = BagCode(int(way.bag[-14:]))
    request = AcceptRequest(source, bag, people[Role.COURIER], proof="0a1b2c3d4e5f", signature=DOT)
    qolhat.desk.dispatch.accept(request)
    collector = way.enter(Role.COLLECTING)
    shown = collector.get("/proof", code="0a1b-2c3d-4e5f").text
    assert "/proof/0a1b-2c3d-4e5f/signature.png" in shown
    assert qolhat.access.looks(person=collector.person) == []
    drawn = collector.client.get("/proof/0a1b-2c3d-4e5f/signature.png")
    assert drawn.headers["content-type"] == "image/png"
    assert drawn.content.startswith(b"\x89PNG")
    (look,) = qolhat.access.looks(person=collector.person)
    assert (look.what, look.subject) == ("signature", f"bag:{bag}")
    assert collector.client.get("/proof/0a1b-2c3d-4e5f.pdf").content.startswith(b"%PDF")
    auditor = way.office.enter(Role.AUDITOR)
    journal = auditor.get("/access").text
    assert text("words", "look.signature", "kk") in journal
    assert grouped(bag) in journal
