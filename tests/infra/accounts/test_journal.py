"""Who looked at personal data, whose, and when: asked by the applicant, the head, the auditor."""

from __future__ import annotations

from datetime import timedelta

import pytest

from infra.accounts import AccessJournal, Look
from tests.office import SettableClock
from tests.stories import MORNING

INSPECTOR, CLERK, STATION = 4, 7, 1_000_001
HOUR = timedelta(hours=1)


@pytest.fixture
def looked(journal: AccessJournal, clock: SettableClock) -> AccessJournal:
    """A morning: the inspector searches, the clerk opens two packets, the inspector one."""
    journal.note(INSPECTOR, ["10267000000123", "10267000000220"], "search", STATION)
    clock.at = MORNING + HOUR
    journal.note(CLERK, ["10267000000123"], "packet", STATION + 1)
    clock.at = MORNING + 2 * HOUR
    journal.note(INSPECTOR, ["person:7"], "people", STATION)
    return journal


def test_everybody_who_saw_a_packets_data_is_listed_newest_first(looked: AccessJournal) -> None:
    assert looked.looks(subject="10267000000123") == [
        Look(MORNING + HOUR, CLERK, "10267000000123", "packet", STATION + 1),
        Look(MORNING, INSPECTOR, "10267000000123", "search", STATION),
    ]
    assert looked.looks(subject="10267000000124") == []


def test_what_somebody_looked_at_is_listed(looked: AccessJournal) -> None:
    mine = [(look.subject, look.what) for look in looked.looks(person=INSPECTOR)]
    assert mine[0] == ("person:7", "people")
    assert sorted(mine[1:]) == [("10267000000123", "search"), ("10267000000220", "search")]


def test_a_manager_sees_the_looks_of_the_own_people_only(looked: AccessJournal) -> None:
    assert {look.person for look in looked.looks(people={CLERK, 99})} == {CLERK}
    assert looked.looks(people=[]) == []
    assert looked.looks(people=[CLERK], person=INSPECTOR) == []
    assert len(looked.looks(people=range(2000))) == 4


def test_a_time_is_asked_for_from_then_on_and_before_then(looked: AccessJournal) -> None:
    within = looked.looks(since=MORNING + HOUR, until=MORNING + 2 * HOUR)
    assert [look.person for look in within] == [CLERK]
    assert len(looked.looks(since=MORNING)) == 4
    assert looked.looks(until=MORNING) == []


def test_the_newest_come_first_if_there_are_too_many(looked: AccessJournal) -> None:
    assert [look.what for look in looked.looks(limit=2)] == ["people", "packet"]
    assert [look.what for look in looked.looks(limit=2, offset=1)] == ["packet", "search"]


def test_as_many_are_counted_as_are_listed(looked: AccessJournal) -> None:
    assert looked.count() == 4
    assert looked.count(subject="10267000000123", person=CLERK) == 1
    assert looked.count(people=[INSPECTOR], since=MORNING + HOUR) == 1
    assert looked.count(people=[]) == 0


def test_one_look_at_one_subject_is_one_line(journal: AccessJournal) -> None:
    journal.note(INSPECTOR, ["1", "1", "2"], "search", STATION)
    journal.note(INSPECTOR, [], "search", STATION)
    assert sorted(look.subject for look in journal.looks()) == ["1", "2"]
