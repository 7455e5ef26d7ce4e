"""Who is about to be late is told in time, once, by every way, and nothing waits for it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from domain.acts import ActKind
from domain.numbers import PacketNumber
from domain.roles import Role
from infra.bootstrap import Qolhat, bootstrap
from infra.settings import Settings
from infra.views.runner import ViewRunner
from infra.warnings.channels import Channel, NotToldError, Webhook
from infra.warnings.message import Message
from infra.warnings.watch import Watch, Watched
from tests.infra.warnings.receivers import Hook, hook
from tests.office import APPLICANT, Office
from tests.stories import AUTHORITY, CENTRE, place


@pytest.fixture
def told() -> Iterator[Hook]:
    """Who is told."""
    with hook() as opened:
        yield opened


class Other:
    """Another way to tell, beside the webhook."""

    name = "other"

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def send(self, message: Message) -> None:
        self.messages.append(message)


def watched(qolhat: Qolhat) -> Watched:
    """What a watch looks at."""
    return Watched(
        qolhat.log, qolhat.views, qolhat.runner, qolhat.directory, qolhat.clocks, qolhat.now
    )


def watch(qolhat: Qolhat, hook: Hook, *others: Channel) -> Watch:
    """A watch that tells the hook."""
    return Watch(watched(qolhat), qolhat.told, [Webhook(hook.url, patience=5), *others])


def at_the_office(office: Office, minute: float = 10) -> PacketNumber:
    """A packet that the office has 30 minutes to register: received at +80, pressing from +95."""
    number = office.until_the_courier(minute)
    office.scan(minute + 80, number, Role.OFFICE)
    return number


def look(watch: Watch, office: Office, minute: float) -> None:
    """Look at a minute of the day."""
    office.clock.at = office.at(minute)
    watch.round()


def test_a_term_is_told_once(office: Office, qolhat: Qolhat, told: Hook) -> None:
    number, watching = at_the_office(office), watch(qolhat, told)
    look(watching, office, 104)
    assert not told.bodies
    for minute in (106, 107, 125, 500):
        look(watching, office, minute)
    (body,) = told.bodies
    (group,) = body["organisations"]
    assert group["code"] == AUTHORITY
    (term,) = group["terms"]
    assert term == {
        "number": str(number),
        "grouped": term["grouped"],
        "warning": "soon",
        "clock": "stage",
        "due_at": office.at(120).isoformat(),
        "left_minutes": 14,
        "service": "003-7",
        "stage": "incoming",
        "place": str(place(Role.OFFICE)),
        "role": "office",
        "desk": 1,
    }
    assert told.headers[0]["idempotency-key"] == body["id"]
    assert (watching.ways[0].sent, watching.ways[0].failed) == (1, 0)


def test_no_name_is_told(office: Office, qolhat: Qolhat, told: Hook) -> None:
    at_the_office(office)
    look(watch(qolhat, told), office, 110)
    text = json.dumps(told.bodies, ensure_ascii=False)
    assert told.bodies
    assert not any(value in text for value in APPLICANT.values())


def test_a_restart_repeats_nothing(office: Office, settings: Settings, told: Hook) -> None:
    number = at_the_office(office)
    look(watch(office.qolhat, told), office, 110)
    with bootstrap(settings, now=office.clock) as again:
        again.runner.catch_up()
        look(watch(again, told), office, 111)
        later = at_the_office(office, 40)
        look(watch(again, told), office, 140)
    assert told.numbers == [str(number), str(later)]


def test_a_round_is_one_message_grouped_by_organisation(
    office: Office, qolhat: Qolhat, told: Hook
) -> None:
    first, second = at_the_office(office, 10), at_the_office(office, 12)
    third, _ = office.register(30)
    office.scan(31, third, Role.COLLECTING)  # in the registry of the day: due at closing, 20:00
    look(watch(qolhat, told), office, 10 * 60 + 30)
    (body,) = told.bodies
    found = {
        group["code"]: [term["number"] for term in group["terms"]]
        for group in body["organisations"]
    }
    assert found == {AUTHORITY: [str(first), str(second)], CENTRE: [str(third)]}
    warnings = {term["warning"] for group in body["organisations"] for term in group["terms"]}
    assert warnings == {"overdue", "soon"}


def test_what_was_done_in_time_is_not_told_and_the_next_stage_is(
    office: Office, qolhat: Qolhat, told: Hook
) -> None:
    number, watching = at_the_office(office), watch(qolhat, told)
    office.act(104, ActKind.INCOMING, Role.OFFICE, number, incoming_number="7")
    look(watching, office, 110)
    assert not told.bodies
    office.scan(111, number, Role.HEAD)  # an hour for the resolution
    look(watching, office, 142)
    (body,) = told.bodies
    assert body["organisations"][0]["terms"][0]["stage"] == "resolution"


def test_what_pressed_days_ago_is_no_news(office: Office, qolhat: Qolhat, told: Hook) -> None:
    at_the_office(office)
    look(watch(qolhat, told), office, 105 + 3 * 24 * 60 + 1)
    assert not told.bodies
    look(watch(qolhat, told), office, 104 + 3 * 24 * 60)
    assert len(told.bodies) == 1


def test_who_does_not_answer_is_told_later_and_ever_more_seldom(
    office: Office, qolhat: Qolhat, told: Hook
) -> None:
    at_the_office(office)
    told.answers[:] = [503, 302, 500, 500]
    watching, tried = watch(qolhat, told), []
    for minute in range(110, 130):
        left = len(told.answers)
        look(watching, office, minute)
        if len(told.answers) < left:
            tried.append(minute)
    assert tried == [110, 111, 113, 117]
    assert watching.ways[0].failed == 4
    assert len(told.bodies) == 1  # at 125: eight minutes after the last failure
    assert watching.ways[0].in_a_row == 0


def test_one_way_that_fails_does_not_keep_another(
    office: Office, qolhat: Qolhat, told: Hook
) -> None:
    number, other = at_the_office(office), Other()
    told.answers[:] = [500]
    watching = watch(qolhat, told, other)
    for minute in (110, 112, 113):
        look(watching, office, minute)
    assert [message.packets for message in other.messages] == [{number}]
    assert told.numbers == [str(number)]


def test_a_message_that_some_refused_is_not_repeated(office: Office, qolhat: Qolhat) -> None:
    class Half(Other):
        def send(self, message: Message) -> None:
            super().send(message)
            raise NotToldError("1 of 2 refused", partly=True)

    at_the_office(office)
    half = Half()
    watching = Watch(watched(qolhat), qolhat.told, [half])
    for minute in (110, 120, 130):
        look(watching, office, minute)
    assert len(half.messages) == 1
    assert (watching.ways[0].sent, watching.ways[0].failed) == (1, 1)


def test_views_that_are_being_made_anew_are_not_believed(
    office: Office, qolhat: Qolhat, told: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_the_office(office)
    qolhat.runner.catch_up()
    monkeypatch.setattr(ViewRunner, "wait_for", lambda *_: False)
    look(watch(qolhat, told), office, 110)
    assert not told.bodies


def test_what_was_told_long_ago_is_forgotten(office: Office, qolhat: Qolhat, told: Hook) -> None:
    at_the_office(office)
    watching = watch(qolhat, told)
    look(watching, office, 110)
    with qolhat.views.reading():
        rows = watching._begun(office.at(110))
    assert not qolhat.told.untold("webhook", rows)
    qolhat.told.forget(office.at(111))
    assert qolhat.told.untold("webhook", rows) == rows


def test_nobody_waits_for_one_who_does_not_answer(
    office: Office, qolhat: Qolhat, told: Hook
) -> None:
    at_the_office(office)
    office.clock.at = office.at(110)
    told.free.clear()
    watching = watch(qolhat, told)
    watching.start()
    begun = time.monotonic()
    office.register(111)
    assert time.monotonic() - begun < 3
    told.free.set()
    watching.stop()
    assert time.monotonic() - begun < 8
    assert len(told.numbers) <= 1


def test_a_round_that_fails_does_not_end_the_watch(
    office: Office,
    qolhat: Qolhat,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Broken(Other):
        def send(self, message: Message) -> None:
            super().send(message)
            if len(self.messages) == 1:
                raise ZeroDivisionError
            watching.stop()

    monkeypatch.setattr("infra.warnings.watch.ROUND_SECONDS", 0.01)
    at_the_office(office)
    office.clock.at = office.at(110)
    broken = Broken()
    watching = Watch(watched(qolhat), qolhat.told, [broken])
    watching.follow()
    assert "a round of warnings failed" in caplog.text
    assert len(broken.messages) == 2
