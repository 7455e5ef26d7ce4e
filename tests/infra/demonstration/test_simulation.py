"""The simulation: it can be repeated, shows everything that it promises, and keeps its secrets."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from domain.acts import ActKind
from domain.regulations.edition import Way
from domain.roles import PLACE_DIGITS, Role, Scope
from domain.route import Deviation
from domain.survey import Opinion, Question
from domain.unsettled import Doubt
from infra.bootstrap import bootstrap
from infra.demonstration import NotEmptyError, Plan, Trouble, demonstrate
from infra.demonstration.arrivals import MIX
from infra.demonstration.troubles import SHARES
from infra.personnel import token_hash
from infra.settings import Settings
from infra.survey import SumsFilter
from infra.views.rebuild import verify
from tests.infra.demonstration.simulated import LARGE, Simulated, simulated

SMALL = Plan(days=2, packets=8, seed=3, start=date(2026, 11, 13))  # a Friday and a Monday
OTHER = Plan(days=27, packets=1, seed=4, start=date(2025, 9, 1))
pytestmark = pytest.mark.xdist_group("demonstration")  # the simulations are run once
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    with simulated(tmp_path_factory.mktemp("small"), SMALL) as done:
        yield done


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    """More than a month, in which nobody comes for a result."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SHARES, Trouble.UNCOLLECTED, 1.0)
        with simulated(tmp_path_factory.mktemp("other"), OTHER) as done:
            yield done


# --- the same again -----------------------------------------------------------------------------


def test_the_same_plan_gives_the_same_events(small: Simulated, tmp_path: Path) -> None:
    with simulated(tmp_path, SMALL) as again:
        assert again.digest == small.digest
        assert again.outcome == small.outcome
        year = SumsFilter(date(2026, 1, 1), date(2027, 1, 1))
        assert again.qolhat.surveys.sums(year) == small.qolhat.surveys.sums(year)


def test_the_same_plan_gives_the_same_events_in_another_process(
    small: Simulated, tmp_path: Path
) -> None:
    plan = [SMALL.days, SMALL.packets, SMALL.seed, SMALL.start.isoformat()]
    command = [sys.executable, "-m", "tests.infra.demonstration.simulated", str(tmp_path)]
    done = subprocess.run(
        [*command, *map(str, plan)],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": "4711"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == small.digest
    with bootstrap(Settings(data_dir=tmp_path)) as qolhat:
        assert qolhat.views.position() == small.outcome.events
        assert len(qolhat.personnel.names(range(1, 10))) == 9


def test_another_seed_gives_other_events(small: Simulated, other: Simulated) -> None:
    ours, theirs = (set(done.states()) for done in (small, other))
    assert len(ours & theirs) < 10


def test_a_filled_store_is_left_alone(small: Simulated) -> None:
    settings = small.qolhat.settings
    with pytest.raises(NotEmptyError):
        demonstrate(settings, SMALL)
    assert small.qolhat.log.rows.last_position() == small.outcome.events


# --- what happens -----------------------------------------------------------------------------


def test_every_service_and_way_occurs(large: Simulated) -> None:
    regulations = large.qolhat.regulations
    rows = dict(large.sql("SELECT edition, count(*) FROM holdings GROUP BY edition"))
    rows.pop(None, None)
    counted = {(e.service.key, e.way): rows[e.id] for e in map(regulations.edition, rows)}
    assert set(counted) == set(MIX) == {(e.service.key, e.way) for e in regulations}
    assert min(counted.values()) >= 9
    assert sum(counted.values()) == LARGE.days * LARGE.packets - rows.get(None, 0)
    assert {way for _, way in counted} == set(Way)


@pytest.mark.parametrize("trouble", list(Trouble))
def test_every_trouble_occurs(large: Simulated, trouble: Trouble) -> None:
    assert large.outcome.troubles[trouble] > 0


def test_troubles_show_in_the_views(large: Simulated) -> None:
    outcome = large.outcome
    doubts = dict(large.sql("SELECT doubt, count(*) FROM unsettled GROUP BY doubt"))
    assert set(doubts) >= {
        Doubt.BAD_CODE,
        Doubt.OTHER_KIND,
        Doubt.NOT_REGISTERED,
        Doubt.NOT_THEIR_PLACE,
        Doubt.IN_THE_FUTURE,
    }
    fates = {fate for (fate,) in large.sql("SELECT DISTINCT fate FROM unsettled")}
    assert fates >= {"waiting", "applied", "dismissed", "absorbed"}
    noted = {
        deviation
        for (text,) in large.sql("SELECT deviations FROM visits WHERE deviations <> ''")
        for deviation in text.split()
    }
    assert noted >= {Deviation.SKIPPED, Deviation.WRONG_ORGANISATION, Deviation.FOUND}
    assert noted >= {Deviation.NOT_ACCEPTED, Deviation.CLOCK_AHEAD}
    assert min(outcome.duplicates, outcome.voided, outcome.settled, outcome.unsettled) > 0
    assert 0 < outcome.found < outcome.lost


def test_most_of_it_goes_as_it_should(large: Simulated) -> None:
    deviating = large.sql("SELECT count(*) FROM holdings WHERE deviations > 0")[0][0]
    assert deviating < 0.15 * LARGE.days * LARGE.packets
    judged, late = large.sql(
        "SELECT count(late), sum(CASE WHEN late THEN 1 ELSE 0 END) FROM visits"
    )[0]
    assert 0.005 < late / judged < 0.1
    shares = large.sql("SELECT stage, avg(late) FROM visits WHERE late IS NOT NULL GROUP BY stage")
    assert all(share < 0.25 for _, share in shares)


def test_every_act_is_done(large: Simulated) -> None:
    missing = {kind.value for kind in ActKind} - set(large.outcome.acts)
    # a month has not passed, registrations are counted apart, no shipped edition stops a clock
    kinds = {ActKind.HANDED_BACK, ActKind.REGISTERED, ActKind.PAUSED, ActKind.RESUMED}
    assert missing == {kind.value for kind in kinds}


def test_packets_are_left_on_their_way(large: Simulated) -> None:
    statuses = dict(large.sql("SELECT status, count(*) FROM holdings GROUP BY status"))
    assert min(statuses[status] for status in ("issued", "on-the-way", "rendered", "lost")) > 0
    assert large.sql("SELECT count(*) FROM due")[0][0] > 0
    quick = "SELECT avg(status = 'issued') FROM holdings WHERE edition IN ('s4a-2012', 's6a-2012')"
    assert large.sql(quick)[0][0] > 0.9


def test_a_stand_in_writes_resolutions(large: Simulated) -> None:
    register = large.qolhat.staff.register
    (substitute,) = (member for member in register.people if member.stands_in)
    absent, _ = substitute.stands_in[0]
    assert Role.HEAD in register.member(absent).roles
    held = large.sql(f"SELECT count(*) FROM visits WHERE person = {substitute.person}")[0][0]
    assert held > 0
    assert large.sql(f"SELECT count(*) FROM visits WHERE person = {absent}")[0][0] == 0


def test_somebody_looks_after_the_region_and_somebody_after_the_country(small: Simulated) -> None:
    people = list(small.qolhat.staff.register.people)
    assert [each.person for each in people] == list(range(1, len(people) + 1))
    reaching = {(each.person, *each.roles, each.scope) for each in people
                if each.scope is not Scope.ORGANISATION}  # fmt: skip
    last = len(people)
    assert reaching == {
        (1, Role.ADMINISTRATOR, Scope.REGION),
        (3, Role.MANAGER, Scope.REGION),
        (last - 1, Role.MANAGER, Scope.COUNTRY),
        (last, Role.ADMINISTRATOR, Scope.COUNTRY),
    }


def test_one_packet_a_day_is_enough(other: Simulated) -> None:
    assert other.outcome.registered == OTHER.days


def test_results_that_nobody_collects_go_to_the_authority(other: Simulated) -> None:
    assert other.outcome.acts[ActKind.HANDED_BACK.value] > 0
    assert other.sql("SELECT count(*) FROM holdings WHERE status = 'handed-back'")[0][0] > 0


def test_nobody_registers_on_days_off(small: Simulated, large: Simulated) -> None:
    for done, days in ((small, {"2026-11-13", "2026-11-16"}), (large, None)):
        found = done.sql("SELECT DISTINCT date(accepted_at / 1000000, 'unixepoch') FROM holdings")
        accepted = {day for (day,) in found if day is not None}
        assert accepted == (days or {"2026-12-15", "2026-12-17", "2026-12-18"})


def complaints(done: Simulated) -> list[str]:
    """What became of every complaint, in the order of their taking."""
    fates = """
        SELECT CASE WHEN answered_at IS NULL THEN 'open'
                    WHEN answered_at > answer_by THEN 'late' ELSE 'in time' END
        FROM complaints ORDER BY taken_at"""
    return [fate for (fate,) in done.sql(fates)]


def test_somebody_complains_every_third_day_and_is_answered_late_or_in_time(
    large: Simulated, other: Simulated
) -> None:
    assert complaints(large) == ["open"]  # in the last of these days
    fates = complaints(other)
    assert fates[:3] == ["late", "in time", "late"]
    assert fates[-1] == "open"
    for done in (large, other):
        told, outcome = complaints(done), done.outcome
        assert outcome.complaints == len(told)
        assert outcome.complaints_answered == len(told) - told.count("open")


def test_ten_days_have_a_complaint_answered_late_one_in_time_and_an_open_one(
    tmp_path: Path,
) -> None:
    with simulated(tmp_path, Plan(days=10, packets=3, seed=1, start=date(2026, 11, 9))) as ten:
        assert complaints(ten) == ["late", "in time", "open"]
        asked = ten.sql("SELECT DISTINCT ask FROM complaints")
        register = ten.qolhat.staff.register
        assert all(Role.EXECUTOR in register.member(person).roles for (person,) in asked)


def test_every_third_applicant_answers_the_survey_and_waiting_vexes(large: Simulated) -> None:
    year = SumsFilter(date(2026, 1, 1), date(2027, 1, 1))
    found = large.qolhat.surveys.sums(year)["2026-12"]
    asked = {question: sum(opinions.values()) for question, opinions in found.items()}
    issued = large.outcome.acts[ActKind.ISSUED.value]
    assert 0.2 * issued < large.outcome.surveys < 0.45 * issued
    assert asked[Question.PROCESS] == large.outcome.surveys > asked[Question.APPEALS] > 0
    content = found[Question.PROCESS][Opinion.CONTENT] / asked[Question.PROCESS]
    assert 0.6 < content < 0.95
    assert set(found[Question.PROCESS]) == set(Opinion)


# --- what must hold ---------------------------------------------------------------------------


def test_views_equal_their_rebuilt_selves(large: Simulated) -> None:
    compared = verify(large.qolhat.log, large.qolhat.views)
    assert compared.position == large.outcome.events
    assert compared.differences == ()
    assert large.qolhat.views.set_aside() == []


def test_stays_follow_each_other(large: Simulated) -> None:
    stays = defaultdict(list)
    for number, entered, left in large.sql(
        "SELECT number, entered_at, left_at FROM visits ORDER BY number, seq"
    ):
        stays[number].append((entered, left))
    for row in stays.values():
        assert all(left is None or entered <= left for entered, left in row)
        for (_, left), (entered, _) in pairwise(row):
            assert left is not None
            assert left <= entered


def test_commands_are_recorded_in_order_of_time_soon_after_they_happened(
    large: Simulated,
) -> None:
    before, prompt, packets = 0, 0, 0
    for page in large.qolhat.log.pages(0):
        for _, _, _, topic, state in page:
            written = msgspec.json.decode(state)
            assert written["r"] >= before
            before = written["r"]
            if topic.startswith("pkt."):
                packets += 1
                prompt += written["r"] - written["h"] <= 5_000_000
    assert prompt > 0.8 * packets


def test_no_event_holds_personal_data(large: Simulated) -> None:
    states = "\n".join(large.states())
    personal = [record.content for record in large.records if "iin" in record.content]
    needles = {text for content in personal for text in _own_words(content)}
    needles |= {str(r.content["text"]) for r in large.records if "text" in r.content}
    needles |= {str(r.content["name"]).split()[0] for r in large.records if "name" in r.content}
    assert len(needles) > LARGE.packets
    assert [needle for needle in needles if needle in states] == []


def _own_words(content: object) -> Iterator[str]:
    assert isinstance(content, dict)
    for key in ("surname", "iin", "phone", "address", "patronymic"):
        if key in content:
            yield str(content[key])
    yield from content.get("family", [])


# --- who can log in, and what is told ---------------------------------------------------------


def test_log_ins_work(large: Simulated) -> None:
    register = large.qolhat.staff.register
    roles = {log_in.role for log_in in large.outcome.log_ins}
    assert roles == set(Role)
    for log_in in large.outcome.log_ins:
        device = register.by_token(token_hash(log_in.token))
        assert device is not None
        assert device.person == log_in.person
        member = register.member(log_in.person)
        assert member.organisation == log_in.organisation
        assert log_in.role in member.roles
        assert register.by_badge(log_in.badge) is member
        assert (log_in.place in member.places) == (log_in.role in PLACE_DIGITS)
    holders = {log_in.organisation for log_in in large.outcome.log_ins}
    assert len(holders) == 4  # a branch, its authority, an akim of the district, the department


def test_everybody_logs_in_by_name_and_by_badge(large: Simulated) -> None:
    accounts, here = large.qolhat.accounts, "127.0.0.1"
    assert len(accounts.accounts()) == large.outcome.people
    first, *_, last = large.outcome.log_ins
    assert first.login == f"inspector{first.person}"
    for log_in in (first, last):
        assert accounts.check_password(log_in.login, log_in.password, here) == log_in.person
        assert accounts.check_pin(log_in.person, log_in.pin, here) == log_in.person
        assert log_in.password not in repr(log_in)


def test_progress_is_told(large: Simulated) -> None:
    reached = [far for far, _ in large.told]
    assert reached == sorted(reached)
    assert len({whole for _, whole in large.told}) == 1
    assert large.told[-1][0] == large.told[-1][1] == 4 * 24 * 60
