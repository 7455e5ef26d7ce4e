"""What is given: the directory, the regulations, people and their devices."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest

from domain.numbers import badge_code, grouped
from domain.roles import Role
from tests.api.cli.conftest import Day
from tests.api.cli.console import Terminal, in_every_language
from tests.stories import AUTHORITY, CENTRE, OTHER_AUTHORITY, PEOPLE, place

# --- the directory ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed", ["Ақсу ауданының бөлімі", "аксу аудан болим", "AQSU audanynyn bolim"]
)
def test_an_organisation_is_found_however_its_name_is_typed(qolhat: Terminal, typed: str) -> None:
    found = qolhat("directory", *typed.split(), "--json").data
    assert found[0]["code"] == AUTHORITY
    assert "Ақсу ауданының жұмыспен қамту" in qolhat("directory", *typed.split()).text


def test_a_centre_names_its_authority_its_hours_and_its_places(qolhat: Terminal) -> None:
    told = qolhat("directory", CENTRE)
    for part in ("Ақсу аудандық филиалы", "32 Ақсу ауданының", "Mon–Fri 09:00–20:00",
                 "Asia/Almaty", grouped(place(Role.COURIER))):  # fmt: skip
        assert part in told.text
    authority = qolhat("directory", AUTHORITY).text  # its code stands in other organisations too
    assert grouped(place(Role.EXECUTOR, serial=2)) in authority
    assert "Дс–Жм 09:00–20:00" in qolhat.speak("kk")("directory", CENTRE).text


def test_organisations_are_asked_by_kind_region_and_number(qolhat: Terminal) -> None:
    akims = qolhat("directory", "--kind", "rural-akim", "--limit", 3, "--json").data
    assert [each["kind"] for each in akims] == ["rural-akim"] * 3
    there = qolhat("directory", "Ақсу", "--region", "Павлодар облысы", "--json").data
    assert {each["region"] for each in there} == {"Павлодар облысы"}
    assert qolhat("directory", "жоқ-мұндай-мекеме").text == "Organisations: nothing"


def test_the_defects_of_the_sources_are_listed_in_the_readers_language(qolhat: Terminal) -> None:
    told = in_every_language(qolhat, "directory", "--findings")
    assert all(said.code == 0 for said in told.values())
    assert len(qolhat("directory", "--findings", "--json").data) > 10


# --- regulations --------------------------------------------------------------------------------


def test_the_editions_are_listed_and_shown_whole(qolhat: Terminal) -> None:
    listed = qolhat("regulations", "list", "--json").data
    assert {"s7c-2012", "uc-2011", "ua-2011"} <= {each["id"] for each in listed}
    assert "s7c-2012" in qolhat("regulations", "list").text
    told = qolhat("regulations", "show", "ua-2011")
    for part in ("Certificate to unemployed citizens", "Resolution naming the executor",
                 "10 min", "002 §7", "not registered as unemployed", "• legal dates"):  # fmt: skip
        assert part in told.text
    assert qolhat("regulations", "show", "ua-2011", "--json").data["id"] == "ua-2011"


def test_an_edition_that_is_not_there_is_told_with_those_that_are(qolhat: Terminal) -> None:
    for said in in_every_language(qolhat, "regulations", "show", "s8c-2030").values():
        assert (said.code, "s8c-2030" in said.text, "s7c-2012" in said.text) == (2, True, True)


def test_the_installed_editions_are_in_order(qolhat: Terminal) -> None:
    for said in in_every_language(qolhat, "regulations", "check").values():
        assert (said.code, "(12)" in said.text) == (0, True)


def edition(folder: Path, change: Callable[[str], str] = str, name: str = "mine.toml") -> Path:
    """The file of a real edition under an id of its own, changed."""
    real = resources.files("domain.regulations") / "002-unemployed-authority.toml"
    text = real.read_text("utf-8").replace('id = "ua-2011"', 'id = "mine-2026"')
    file = folder / name
    file.write_text(change(text), "utf-8")
    return file


def replaced(old: str, new: str) -> Callable[[str], str]:
    """A change of an edition."""

    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


def test_a_good_file_or_folder_of_ones_own_is_in_order(qolhat: Terminal, tmp_path: Path) -> None:
    folder = tmp_path / "editions"
    folder.mkdir()
    file = edition(folder)
    for given in (file, folder):
        assert "mine-2026" in qolhat("regulations", "check", given).text
        assert qolhat("regulations", "check", given, "--json").data == ["mine-2026"]


def test_ones_own_editions_stand_beside_the_installed_ones(
    qolhat: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "editions"
    folder.mkdir()
    edition(folder)
    monkeypatch.setenv("QOLHAT_REGULATIONS_DIR", str(folder))
    known = {each["id"] for each in qolhat("regulations", "list", "--json").data}
    assert {"mine-2026", "s7c-2012"} <= known


DRAFTED = 'ends = [{ act = "drafted" }]'
FAULTS = {
    "an unknown field": (replaced('way = "', 'colour = 1\nway = "'), "-", "no field “colour”"),
    "a missing field": (replaced('way = "authority"', ""), "-", "field “way” is missing"),
    "a wrong type": (replaced("amount = 10", 'amount = "x"'), "total.norm.amount", "must be int"),
    "an unknown way": (replaced('"authority"', '"post"'), "way", "value “post” is not allowed"),
    "a norm of nothing": (replaced("amount = 10", "amount = 0"), "total.norm.amount", "at least 1"),
    "a period that ends first": (
        replaced("{ from = 2011-04-07 }", "{ from = 2011-04-07, until = 2010-01-01 }"),
        "legal",
        "it ends before it begins",
    ),
    "a stage nothing ends": (replaced(DRAFTED, "ends = []"), "stage[3].ends", "nothing ends"),
    "an act and a scan": (
        replaced(DRAFTED, 'ends = [{ act = "drafted", scan = "head" }]'),
        "stage[3].ends[0]",
        "an act or a scan",
    ),
    "a way to nowhere": (
        replaced('to = "draft"', 'to = "nowhere"'),
        "stage[4].ends[1].to",
        "there is no stage “nowhere”",
    ),
    "a loop to nowhere": (
        replaced(DRAFTED, 'ends = [{ act = "drafted", to = "check" }]'),
        "stage[0].ends",
        "a loop to nowhere",
    ),
    "a holder without places": (
        replaced('holder = "head"', 'holder = "auditor"'),
        "stage[1].holder",
        "“auditor” has no places",
    ),
    "a stage twice": (replaced('key = "check"', 'key = "draft"'), "stage", "the same key"),
    "a stage called end": (replaced('key = "check"', 'key = "end"'), "stage[2].key", "the end of"),
    "a side of its own": (
        replaced('side = "deciding"', 'side = "accepting"'),
        "stage[0].side",
        "through a centre",
    ),
    "papers not held": (replaced("held = true", "held = false"), "papers", "exactly where"),
    "no TOML": (lambda text: "x = \n" + text, "-", "line 1, column 5"),
    "no TOML at its end": (lambda text: text + "x", "-", "is cut off"),
    "nothing at all": (lambda _: "", "-", "is missing"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_edition_is_refused_by_file_field_and_reason_in_three_languages(
    qolhat: Terminal, tmp_path: Path, fault: str
) -> None:
    change, field, reason = FAULTS[fault]
    file = edition(tmp_path, change)
    for said in in_every_language(qolhat, "regulations", "check", file).values():
        assert (said.code, said.out) == (1, "")
        assert "mine.toml" in said.err
        assert f"«{field}»" in said.err or f"“{field}”" in said.err
    assert reason in qolhat("regulations", "check", file).text
    assert qolhat("regulations", "check", file, "--json").problem["code"] == "faulty-regulation"


def test_a_file_that_is_no_text_is_refused(qolhat: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes(b'id = "\xff\xfe"')
    for said in in_every_language(qolhat, "regulations", "check", file).values():
        assert (said.code, "UTF-8" in said.err) == (1, True)


def test_an_id_stands_in_one_file_only(qolhat: Terminal, tmp_path: Path) -> None:
    files = edition(tmp_path), edition(tmp_path, name="other.toml")
    for said in in_every_language(qolhat, "regulations", "check", *files).values():
        assert (said.code, "other.toml" in said.err, "mine-2026" in said.err) == (1, True, True)


def test_a_file_that_is_not_there_or_a_folder_without_editions_is_refused(
    qolhat: Terminal, tmp_path: Path
) -> None:
    for given in (tmp_path / "missing.toml", tmp_path):
        for said in in_every_language(qolhat, "regulations", "check", given).values():
            assert (said.code, said.out, str(given) in said.err) == (2, "", True)


# --- people and devices -------------------------------------------------------------------------


def member(qolhat: Terminal, person: int) -> dict[str, object]:
    """Somebody as the list of people tells."""
    found = qolhat("people", "list", "--json").data
    (told,) = [each for each in found if each["person"] == person]
    return dict(told)


def test_people_are_listed_with_their_roles_and_places(qolhat: Terminal, day: Day) -> None:
    told = qolhat("people", "list", "-o", CENTRE)
    assert grouped(place(Role.COURIER)) in told.text
    assert "courier" in told.text
    centre = {each["person"] for each in qolhat("people", "list", "-o", CENTRE, "--json").data}
    assert centre == {PEOPLE[role] for role in (Role.INSPECTOR, Role.COLLECTING, Role.COURIER)}
    assert centre < {each["person"] for each in qolhat("people", "list", "--json").data}


def test_somebody_is_appointed_works_with_a_device_and_is_dismissed(
    qolhat: Terminal, day: Day
) -> None:
    desk = place(Role.EXECUTOR, serial=2)
    told = qolhat("people", "appoint", AUTHORITY, "--role", "office", "--role", "executor",
                  "--name", "Жаңақызмет", "--place", grouped(desk), "--json")  # fmt: skip
    person = told.data["person"]
    assert member(qolhat, person) == {
        "person": person, "name": "Жаңақызмет", "organisation": AUTHORITY,
        "roles": ["executor", "office"], "places": [desk], "scope": "organisation", "badges": [],
    }  # fmt: skip
    enrolled = qolhat("people", "enrol", person, "--json").data
    scan = ("scan", day.carried, "--token", enrolled["token"], "--json")
    assert qolhat(*scan).data[0]["standing"]["place"] == desk
    qolhat("people", "revoke", enrolled["device"])
    assert qolhat(*scan).problem["code"] == "unknown-token"
    qolhat("people", "dismiss", person)
    qolhat.at(301)
    assert (member(qolhat, person)["roles"], member(qolhat, person)["places"]) == ([], [])


def test_a_manager_of_a_region_goes_to_another_one(qolhat: Terminal, day: Day) -> None:
    told = qolhat("people", "appoint", AUTHORITY, "--role", "manager", "--scope", "region",
                  "--name", "Аймақбасы", "--json")  # fmt: skip
    person = told.data["person"]
    assert member(qolhat, person)["scope"] == "region"
    qolhat("people", "appoint", CENTRE, "--role", "manager", "--person", person)
    moved = member(qolhat, person)
    assert (moved["organisation"], moved["scope"]) == (CENTRE, "organisation")
    assert moved["name"] == "Аймақбасы"
    unknown = ("people", "appoint", CENTRE, "--role", "manager", "--person", 4711)
    assert qolhat(*unknown, "--json").problem["code"] == "unknown-person"


def test_a_badge_is_given_lost_and_replaced(qolhat: Terminal, day: Day) -> None:
    courier = PEOPLE[Role.COURIER]
    first = qolhat("people", "badge", courier, "--json").data["badge"]
    assert first == badge_code(CENTRE, 1)
    assert member(qolhat, courier)["badges"] == [first]
    for said in in_every_language(
        qolhat, "people", "badge", PEOPLE[Role.INSPECTOR], "--serial", 1
    ).values():
        assert grouped(first) in said.err
    qolhat.at(301)
    assert qolhat("people", "withdraw-badge", courier).text == "Recorded."
    assert grouped(badge_code(CENTRE, 2)) in qolhat("people", "badge", courier).text
    assert member(qolhat, courier)["badges"] == [badge_code(CENTRE, 2)]


def test_a_window_is_opened_given_and_closed(qolhat: Terminal, day: Day) -> None:
    opened = qolhat("people", "open-place", CENTRE, "inspector", "--json").data
    code = place(Role.INSPECTOR, serial=4)
    assert opened == {"place": code, "number": 4, "sector": None}
    inspector = PEOPLE[Role.INSPECTOR]
    assert qolhat("people", "assign", inspector, code).code == 0
    qolhat.at(301)
    assert qolhat("people", "close-place", code).text == "Recorded."
    assert member(qolhat, inspector)["places"] == [place(Role.INSPECTOR)]
    for said in in_every_language(qolhat, "people", "assign", inspector, code).values():
        assert grouped(code) in said.err
    again = qolhat("people", "open-place", CENTRE, "inspector", "--number", 4)
    assert grouped(code) in again.text
    assert qolhat("people", "assign", inspector, code).code == 0


def test_an_executors_desk_is_opened_in_a_sector(qolhat: Terminal, day: Day) -> None:
    words = ("people", "open-place", AUTHORITY, "executor", "--sector")
    opened = qolhat(*words, "employment", "--json").data
    assert (opened["number"], opened["sector"]) == (6, "employment")
    taken = (*words, "home-care", "--number", opened["number"])
    assert qolhat(*taken, "--json").problem["code"] == "bad-place"


def test_an_absent_head_is_back_early(qolhat: Terminal, day: Day) -> None:
    head, deputy = PEOPLE[Role.HEAD], PEOPLE[Role.EXECUTOR]
    until = qolhat.at(9000)
    qolhat.at(300)
    qolhat("people", "stand-in", deputy, head, until)
    qolhat.at(301)
    assert member(qolhat, deputy)["roles"] == ["executor", "head"]
    assert qolhat("people", "end-stand-in", deputy, head).code == 0
    assert member(qolhat, deputy)["roles"] == ["executor"]


def test_a_device_is_turned_away_once_and_must_be_known(qolhat: Terminal, day: Day) -> None:
    assert qolhat("people", "revoke", 1).code == 0
    for device in (1, 4711):
        for said in in_every_language(qolhat, "people", "revoke", device).values():
            assert (said.code, str(device) in said.err) == (2, True)


def test_a_place_is_given_and_taken_from_a_day_on(qolhat: Terminal, day: Day) -> None:
    courier, second = PEOPLE[Role.COURIER], place(Role.COURIER, serial=2)
    since = qolhat.at(400)
    qolhat.at(300)
    assert qolhat("people", "assign", courier, grouped(second), "--since", since).code == 0
    assert member(qolhat, courier)["places"] == [place(Role.COURIER)]
    qolhat.at(401)
    assert member(qolhat, courier)["places"] == [place(Role.COURIER), second]
    assert qolhat("people", "withdraw", courier, second).text == "Recorded."
    qolhat.at(402)
    assert member(qolhat, courier)["places"] == [place(Role.COURIER)]


def test_a_stand_in_has_the_absent_ones_roles_until_the_term_ends(
    qolhat: Terminal, day: Day
) -> None:
    clerk, head = PEOPLE[Role.OFFICE], PEOPLE[Role.HEAD]
    until = qolhat.at(600)
    qolhat.at(300)
    assert qolhat("people", "stand-in", clerk, head, until).code == 0
    qolhat.at(301)
    assert member(qolhat, clerk)["roles"] == ["head", "office"]
    qolhat.at(601)
    assert member(qolhat, clerk)["roles"] == ["office"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("appoint", 9999, "--role", "office"), "unknown-organisation"),
        (("appoint", AUTHORITY, "--role", "office", "--place", "3"), "bad-code"),
        (("appoint", AUTHORITY, "--role", "cook"), "usage"),
        (("appoint", AUTHORITY), "usage"),
        (("assign", 4711, place(Role.HEAD)), "unknown-person"),
        (("assign", 4, place(Role.INSPECTOR, 9999)), "unknown-place"),
        (("withdraw", 4711, place(Role.HEAD)), "unknown-person"),
        (("enrol", 4711), "unknown-person"),
        (("dismiss", 4711), "unknown-person"),
        (("stand-in", 4, 4711, "2026-12-01T09:00+05:00"), "unknown-person"),
        (("stand-in", 4, 5, "2026-12-01"), "bad-time"),
        (("stand-in", 4, 5, ""), "bad-time"),
        (("dismiss", 4, "--since", "ертең"), "bad-time"),
    ],
)
def test_what_cannot_be_of_people_is_refused_and_nothing_is_recorded(
    qolhat: Terminal, day: Day, words: tuple[object, ...], code: str
) -> None:
    before = qolhat("people", "list", "--json").data
    in_every_language(qolhat, "people", *words)
    assert qolhat("people", *words, "--json").problem["code"] == code
    assert qolhat("people", "list", "--json").data == before


def test_an_unknown_organisation_and_another_authority_are_no_trouble_to_list(
    qolhat: Terminal, day: Day
) -> None:
    assert qolhat("people", "list", "-o", 9999).text == "People: nothing"
    (clerk,) = qolhat("people", "list", "-o", OTHER_AUTHORITY, "--json").data
    assert clerk["roles"] == ["office"]
