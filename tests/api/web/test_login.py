"""Logging in and out: who comes in, for how long, and what is sent with every answer."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from httpx import Response

from api.messages import page_text, text
from api.web.login import own_path
from domain.numbers import grouped
from domain.roles import Role, Scope
from infra.accounts.guesses import OF_A_PAIR
from infra.errors import StorageFullError
from tests.api.web.day import Day
from tests.api.web.office import PASSWORD, PIN, Browser, Office, login_of
from tests.stories import CENTRE, MORNING, place

WRONG = text("problems", "wrong-log-in.title", "kk")
JSON = {"accept": "application/json"}


def secure(office: Office, language: str = "kk") -> Browser:
    """Open a browser that comes by HTTPS."""
    browser = office.browser(language)
    browser.client.base_url = "https://qolhat.example"
    return browser


def by_badge(browser: Browser, badge: object, pin: str = PIN, **more: str) -> Response:
    browser.get("/login")
    return browser.submit("/login/badge", badge=badge, pin=pin, **more)


def code_of(answer: Response) -> str:
    return str(answer.json()["code"])


# --- who comes in --------------------------------------------------------------------------------


def test_by_name_and_password_everybody_begins_where_their_work_is(office: Office) -> None:
    assert office.enter(Role.HEAD).path == "/station"
    assert office.enter(Role.MANAGER).path == "/manager"
    assert office.enter(Role.AUDITOR).path == "/manager"
    assert office.enter(Role.ADMINISTRATOR, scope=Scope.COUNTRY).path == "/admin/people"


def test_a_name_is_written_in_capitals_or_not(office: Office) -> None:
    person = office.employ(Role.HEAD)
    browser = office.browser()
    browser.log_in(f" {login_of(person).upper()} ")
    assert browser.path == "/station"


def test_by_badge_and_pin_the_person_changes_quickly(office: Office) -> None:
    first, second = office.employ(Role.INSPECTOR), office.employ(Role.INSPECTOR)
    badge, another = (office.qolhat.personnel.issue_badge(each) for each in (first, second))
    browser = office.browser()
    by_badge(browser, grouped(badge))
    assert browser.path == "/station"
    browser.get(f"/login?badge={another}")
    assert browser.form("/login/badge").fields["badge"] == [str(another)]
    browser.submit("/login/badge", pin=PIN)
    browser.get("/account")
    assert f"<dd>{second}</dd>" in browser.get("/account").text
    assert office.qolhat.sessions.of(first) == []  # the session before has ended


def test_whatever_is_wrong_is_said_by_one_text(office: Office) -> None:
    person = office.employ(Role.INSPECTOR)
    badge = office.qolhat.personnel.issue_badge(person)
    browser = office.browser()
    said = {
        browser.log_in(login_of(person), "басқа-құпиясөз").text.split("<main")[1].count(WRONG),
        browser.log_in("nobody").text.count(WRONG),
        browser.log_in("").text.count(WRONG),
        by_badge(browser, badge, "111333").text.count(WRONG),
        by_badge(browser, "20267100000109", PIN).text.count(WRONG),
        by_badge(browser, place(Role.INSPECTOR), PIN).text.count(WRONG),
        by_badge(browser, "сынақ", PIN).text.count(WRONG),
    }
    assert said == {1}
    assert browser.shown is not None
    assert browser.shown.status_code == 401
    assert "qolhat" not in browser.client.cookies


def test_what_was_typed_stays_but_no_secret(office: Office) -> None:
    browser = office.browser()
    browser.get("/login?next=/search")
    answer = browser.submit("/login", login="біреу", password="қате-құпиясөз")
    assert browser.form("/login").fields["login"] == ["біреу"]
    assert browser.form("/login").fields["next"] == ["/search"]
    assert "қате-құпиясөз" not in answer.text


def test_who_guesses_too_often_must_wait(office: Office) -> None:
    person = office.employ(Role.INSPECTOR)
    browser = office.browser("en")
    for _ in range(OF_A_PAIR.wrong):
        assert browser.log_in(login_of(person), "басқа-құпиясөз").status_code == 401
    refused = browser.log_in(login_of(person))
    assert refused.status_code == 429
    seconds = int(refused.headers["retry-after"])
    assert text("problems", "too-many-guesses.title", "en") in refused.text
    assert str(seconds) in refused.text
    office.clock.at += timedelta(seconds=seconds)
    browser.log_in(login_of(person))
    assert browser.path == "/station"


def test_whoever_was_dismissed_is_turned_away(office: Office) -> None:
    person = office.employ(Role.INSPECTOR)
    badge = office.qolhat.personnel.issue_badge(person)
    working = office.log_in(person, "en")
    office.clock.at += timedelta(minutes=1)
    office.qolhat.personnel.dismiss(person)

    refused = working.get("/station")
    assert refused.status_code == 403
    assert refused.history == []
    assert text("problems", "turned-away.title", "en") in refused.text
    assert 'href="/"' in refused.text
    working.get("/")  # and somebody else can log in at this browser
    assert working.path == "/login"

    again = office.browser("en")
    answer = again.log_in(login_of(person))
    assert answer.status_code == 403
    assert text("problems", "turned-away.title", "en") in answer.text
    assert "qolhat" not in again.client.cookies
    assert by_badge(again, badge).status_code == 401  # it is nobody's now


def test_a_script_of_somebody_dismissed_is_told_so(office: Office) -> None:
    person = office.employ(Role.INSPECTOR)
    working = office.log_in(person)
    office.clock.at += timedelta(minutes=1)
    office.qolhat.personnel.dismiss(person)
    headers = JSON | {"x-csrf-token": working.csrf}
    sent = {"person": person, "scans": []}
    answer = working.client.post("/station/scans", json=sent, headers=headers)
    assert (answer.status_code, code_of(answer)) == (403, "turned-away")


def test_whoever_begins_tomorrow_does_not_come_in_today(office: Office) -> None:
    personnel, accounts = office.qolhat.personnel, office.qolhat.accounts
    person = personnel.appoint(CENTRE, [Role.INSPECTOR], since=MORNING + timedelta(days=1))
    accounts.set_login(person, "ertengi")
    accounts.set_password(person, PASSWORD)
    browser = office.browser()
    assert browser.log_in("ertengi").status_code == 403
    office.clock.at = MORNING + timedelta(days=1, minutes=1)
    browser.log_in("ertengi")
    assert browser.path == "/station"


def test_a_right_taken_away_is_gone_at_once(office: Office) -> None:
    person = office.employ(Role.INSPECTOR)
    browser = office.log_in(person, "en")
    office.clock.at += timedelta(minutes=1)
    office.qolhat.personnel.appoint(CENTRE, [Role.COLLECTING], person=person)
    answer = browser.get("/register")
    assert answer.status_code == 403
    assert text("problems", "no-right.title", "en") in answer.text


# --- what comes next -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.example",
        "/\\evil.example",
        "http://evil.example/",
        "https:evil.example",
        "javascript:alert(1)",
        "/\tevil",
        "/a\r\nset-cookie: x=1",
        "evil",
        "",
        "/" + "a" * 2000,
    ],
)
def test_after_the_log_in_only_pages_of_ours_follow(office: Office, elsewhere: str) -> None:
    assert own_path(elsewhere) == "/"
    person = office.employ(Role.INSPECTOR)
    fields = {"login": login_of(person), "password": PASSWORD, "next": elsewhere}
    client = office.browser().client
    answer = client.post("/login", data=fields, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    answer = client.get("/language/ru", params={"next": elsewhere}, follow_redirects=False)
    assert answer.headers["location"] == "/"


def test_the_page_asked_for_follows_the_log_in(office: Office) -> None:
    person = office.employ(Role.INSPECTOR)
    browser = office.browser()
    browser.get("/register?service=003-7")
    assert browser.path == "/login"
    browser.submit("/login", login=login_of(person), password=PASSWORD)
    assert browser.shown is not None
    assert str(browser.shown.url).endswith("/register?service=003-7")


def test_a_long_address_does_not_keep_anybody_out(office: Office) -> None:
    answer = office.browser().get("/search", q="а" * 1500)
    assert (answer.status_code, answer.url.path) == (200, "/login")


# --- sessions ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        ((2026, 11, 16, 4, 0), (2026, 11, 16, 14, 0)),  # closes at 18:00
        ((2026, 11, 16, 12, 59), (2026, 11, 16, 14, 0)),
        ((2026, 11, 16, 13, 0), (2026, 11, 16, 17, 0)),  # overtime
        ((2026, 11, 21, 5, 0), (2026, 11, 21, 9, 0)),  # a Saturday
        ((2026, 12, 16, 5, 0), (2026, 12, 16, 9, 0)),  # Independence Day
    ],
)
def test_a_session_ends_with_the_shift(
    office: Office, begins: tuple[int, ...], ends: tuple[int, ...]
) -> None:
    office.clock.at = _at(begins)
    person = office.employ(Role.HEAD)
    browser = office.log_in(person)
    (session,) = office.qolhat.sessions.of(person)
    assert session.ends_at == _at(ends)
    office.clock.at = session.ends_at - timedelta(seconds=1)
    assert browser.get("/account").url.path == "/account"
    office.clock.at = session.ends_at
    assert browser.get("/account").url.path == "/login"


def _at(parts: tuple[int, ...]) -> datetime:
    year, month, day, hour, minute = parts
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def test_years_without_a_calendar_are_overtime(office: Office) -> None:
    person = office.employ(Role.HEAD)
    office.clock.at = datetime(2090, 1, 5, 5, 0, tzinfo=UTC)
    office.log_in(person)
    (session,) = office.qolhat.sessions.of(person)
    assert session.ends_at - session.started_at == timedelta(hours=4)


def test_log_out_ends_this_session_and_log_out_everywhere_all(office: Office) -> None:
    person = office.employ(Role.HEAD)
    here, there = office.log_in(person), office.log_in(person)
    token = here.client.cookies["qolhat"]
    here.get("/account")
    here.submit("/logout")
    assert "qolhat" not in here.client.cookies
    here.client.cookies.set("qolhat", token)
    assert here.get("/account").url.path == "/login"  # the token is worth nothing now
    there.get("/account")
    again = office.log_in(person)
    there.submit("/logout/everywhere")
    for each in (there, again):
        assert each.get("/account").url.path == "/login"


def test_who_is_logged_out_sends_in_vain_and_is_asked_to_log_in(office: Office) -> None:
    browser = office.browser()
    assert browser.client.post("/logout").url.path == "/login"
    answer = browser.client.post("/station/scans", json={"scans": []}, headers=JSON)
    assert (answer.status_code, code_of(answer)) == (401, "log-in-needed")


def test_a_browser_keeps_its_number(office: Office) -> None:
    first, second = office.employ(Role.INSPECTOR), office.employ(Role.INSPECTOR)
    browser = office.log_in(first)
    browser.log_in(login_of(second))
    other = office.employ(Role.INSPECTOR)
    office.log_in(other)
    stations = {each.station for each in office.qolhat.sessions.open()}
    assert office.qolhat.sessions.of(second)[0].station in stations
    assert len(stations) == 2
    assert len(office.qolhat.stations.all()) == 2


# --- passwords -----------------------------------------------------------------------------------


def test_a_new_password_ends_the_other_sessions(office: Office) -> None:
    person = office.employ(Role.HEAD)
    browser, other = office.log_in(person), office.log_in(person)
    browser.get("/account")
    browser.submit("/account/password", current=PASSWORD, new="жаңа-сынақ-сөзі")
    assert browser.says("pages.account.changed.password")
    assert other.get("/account").url.path == "/login"
    assert other.log_in(login_of(person)).status_code == 401
    other.log_in(login_of(person), "жаңа-сынақ-сөзі")
    assert other.path == "/station"


@pytest.mark.parametrize(
    ("current", "new", "code", "status"),
    [
        ("басқа-құпиясөз", "жаңа-сынақ-сөзі", "wrong-log-in", 401),
        (PASSWORD, "қысқа", "weak-password", 422),
        (PASSWORD, PASSWORD, "same-password", 422),
    ],
)
def test_a_password_that_is_not_taken(
    office: Office, current: str, new: str, code: str, status: int
) -> None:
    browser = office.enter(Role.HEAD, language="en")
    browser.get("/account")
    answer = browser.submit("/account/password", current=current, new=new)
    assert answer.status_code == status
    assert text("problems", f"{code}.title", "en") in answer.text
    assert browser.has_form("/account/password")


def test_guessing_the_password_at_an_open_session_is_limited(office: Office) -> None:
    browser = office.enter(Role.HEAD)
    for _ in range(OF_A_PAIR.wrong):
        browser.post("/account/pin", current="басқа-құпиясөз", pin="730512")
    refused = browser.post("/account/pin", current=PASSWORD, pin="730512")
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0


def test_a_new_pin_serves_at_the_station(office: Office) -> None:
    person = office.employ(Role.INSPECTOR)
    badge = office.qolhat.personnel.issue_badge(person)
    browser = office.log_in(person)
    browser.get("/account")
    assert browser.submit("/account/pin", current=PASSWORD, pin="123456").status_code == 422
    browser.submit("/account/pin", current=PASSWORD, pin="730512")
    assert browser.says("pages.account.changed.pin")
    assert by_badge(browser, badge, PIN).status_code == 401
    by_badge(browser, badge, "730512")
    assert browser.path == "/station"


def test_a_one_time_password_opens_nothing_but_the_account(office: Office) -> None:
    person = office.employ(Role.INSPECTOR)
    drawn = office.qolhat.accounts.reset_password(person)
    browser = office.browser("en")
    browser.person = person
    browser.log_in(login_of(person), drawn)
    assert browser.path == "/account"
    assert browser.says("pages.account.must-change")
    assert not browser.has_form("/account/pin")
    for path in ("/", "/station", "/register", "/places", "/search", "/complaints"):
        browser.get(path)
        assert browser.path == "/account", path
    headers = JSON | {"x-csrf-token": browser.csrf}
    sent = {"person": person, "scans": []}
    answer = browser.client.post("/station/scans", json=sent, headers=headers)
    assert (answer.status_code, code_of(answer)) == (403, "password-change-needed")
    browser.post("/account/pin", current=drawn, pin="730512")
    assert office.qolhat.accounts.check_pin(person, PIN, "") == person  # it was not changed

    browser.get("/account")
    same = browser.submit("/account/password", current=drawn, new=drawn)
    assert text("problems", "same-password.title", "en") in same.text
    browser.submit("/account/password", current=drawn, new="жаңа-сынақ-сөзі")
    browser.get("/")
    assert browser.path == "/station"


# --- what another site may not -------------------------------------------------------------------


def test_without_the_session_s_field_nothing_is_done(office: Office) -> None:
    person = office.employ(Role.HEAD)
    browser, other = office.log_in(person), office.log_in(person)
    other.get("/account")
    for sent in ({}, {"csrf": ""}, {"csrf": "ә"}, {"csrf": other.csrf}):
        answer = browser.client.post("/logout/everywhere", data=sent)
        assert answer.status_code == 403
        assert text("problems", "foreign-request.title", "kk") in answer.text
    headers = JSON | {"x-csrf-token": other.csrf}
    answer = browser.client.post("/station/scans", json={"scans": []}, headers=headers)
    assert (answer.status_code, code_of(answer)) == (403, "foreign-request")
    assert len(office.qolhat.sessions.of(person)) == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://testserver.evil.example"},
        {"origin": "http://testserver:8080"},
        {"origin": "null"},
        {"origin": "http://["},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_what_another_site_sends_is_refused(office: Office, headers: dict[str, str]) -> None:
    person = office.employ(Role.HEAD)
    fields = {"login": login_of(person), "password": PASSWORD}
    stranger = office.browser().client
    assert stranger.post("/login", data=fields, headers=headers).status_code == 403
    assert stranger.post("/login/badge", data={}, headers=headers).status_code == 403
    browser = office.log_in(person)
    browser.get("/account")
    sent = {"csrf": browser.csrf}
    assert browser.client.post("/logout", data=sent, headers=headers).status_code == 403
    assert browser.get("/account").url.path == "/account"


def test_our_own_pages_send(office: Office) -> None:
    person = office.employ(Role.HEAD)
    fields = {"login": login_of(person), "password": PASSWORD}
    headers = {"origin": "http://testserver", "sec-fetch-site": "same-origin"}
    answer = office.browser().client.post("/login", data=fields, headers=headers)
    assert answer.url.path == "/station"


# --- cookies -------------------------------------------------------------------------------------


def test_over_https_cookies_are_of_this_host_only(office: Office) -> None:
    person = office.employ(Role.HEAD)
    browser = secure(office)
    browser.log_in(login_of(person))
    assert browser.path == "/station"
    assert browser.shown is not None
    set_now = browser.shown.history[0].headers.get_list("set-cookie")
    assert len(set_now) == 2
    for each in set_now:
        name, *attributes = each.lower().split("; ")
        assert name.startswith(("__host-qolhat=", "__host-station="))
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= set(attributes)
        assert not any(attribute.startswith("domain") for attribute in attributes)
    assert "max-age" not in set_now[0]  # the session ends with the browser at the latest
    assert browser.shown.headers["strict-transport-security"] == "max-age=31536000"
    browser.get("/account")
    browser.submit("/logout")
    assert "__Host-qolhat" not in browser.client.cookies


def test_over_http_there_is_no_hsts_and_scripts_read_no_cookie(office: Office) -> None:
    browser = office.enter(Role.HEAD)
    assert browser.shown is not None
    assert "strict-transport-security" not in browser.shown.headers
    for each in browser.shown.history[0].headers.get_list("set-cookie"):
        assert "httponly" in each.lower()
        assert "secure" not in each.lower()


def test_a_session_without_the_host_s_name_is_none_over_https(office: Office) -> None:
    browser = office.enter(Role.HEAD)
    other = secure(office)
    other.client.cookies.set("qolhat", browser.client.cookies["qolhat"])
    assert other.get("/account").url.path == "/login"


@pytest.mark.parametrize("over_https", [True, False])
def test_the_chosen_language_wins_over_the_browser_s(office: Office, over_https: bool) -> None:
    browser = secure(office, "en") if over_https else office.browser("en")
    assert '<html lang="en">' in browser.get("/login").text
    assert '<html lang="ru">' in browser.get("/language/ru?next=/login").text
    assert '<html lang="ru">' in browser.get("/login").text
    assert '<html lang="ru">' in browser.get("/language/de?next=/login").text
    problem = browser.client.get("/station", headers=JSON)
    assert problem.headers["content-language"] == "ru"
    assert problem.json()["title"] == text("problems", "log-in-needed.title", "ru")


def test_a_language_that_was_set_before_https_does_not_count(office: Office) -> None:
    browser = secure(office, "en")
    browser.client.cookies.set("language", "kk")
    assert '<html lang="en">' in browser.get("/login").text
    assert '<html lang="ru">' in browser.get("/language/ru?next=/login").text


def test_a_language_nobody_speaks_is_ignored(office: Office) -> None:
    browser = office.browser("en")
    browser.client.cookies.set("language", "de")
    assert '<html lang="en">' in browser.get("/login").text


def test_another_language_shows_the_same_page(office: Office) -> None:
    browser = office.enter(Role.INSPECTOR)
    page = browser.get("/register?service=003-7").text
    assert 'href="/language/ru?next=/register%3Fservice%3D003-7"' in page
    browser.get("/language/ru?next=/register%3Fservice%3D003-7")
    assert browser.shown is not None
    assert str(browser.shown.url).endswith("/register?service=003-7")


def test_another_language_of_an_answer_to_a_form_shows_the_form(office: Office) -> None:
    day = Day(office)
    number = day.register(0)
    browser = office.log_in(day.people[Role.INSPECTOR])
    browser.get("/account")
    browser.submit("/account/password", current="x", new="y")
    assert browser.get("/language/ru", next=browser.path).url.path == "/account"
    browser.post(f"/packets/{number}/acts", kind="nonsense")
    assert browser.get("/language/ru", next=browser.path).url.path == f"/packets/{number}"
    assert browser.get("/language/ru", next="/no/such/page").url.path == "/station"


# --- errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_errors_are_pages_for_people_and_problems_for_programs(
    office: Office, language: str
) -> None:
    browser = office.enter(Role.INSPECTOR, language=language)
    cases = [
        ("GET", "/no-such-page", 404, "not-found"),
        ("GET", "/static/old/style.css", 404, "not-found"),
        ("DELETE", "/station", 405, "method-not-allowed"),
        ("GET", "/packets/10267000000123", 404, "unknown-packet"),
        ("GET", "/packets/1", 422, "bad-code"),
        ("GET", f"/packets/{'1' * 99}", 422, "invalid-request"),
        ("GET", "/manager", 403, "no-right"),
    ]
    for method, path, status, code in cases:
        page = browser.client.request(method, path)
        assert page.status_code == status, path
        assert page.headers["content-type"].startswith("text/html")
        assert text("problems", f"{code}.title", language) in page.text
        assert f'<html lang="{language}">' in page.text
        problem = browser.client.request(method, path, headers=JSON)
        assert (problem.status_code, code_of(problem)) == (status, code)
        assert problem.headers["content-type"] == "application/problem+json"
        assert page.headers.get("allow") == problem.headers.get("allow")
    assert browser.client.delete("/station").headers["allow"] == "GET"


def test_what_cannot_be_read_at_all_is_said_on_a_page(office: Office) -> None:
    browser = office.enter(Role.INSPECTOR, language="en")
    multipart, form = "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"
    for content, kind, status, code in (
        (b"login=" + b"a" * 5_000_000, form, 413, "too-large"),
        (b"--y\r\nfoo", multipart, 400, "bad-request"),
        (b"&".join(b"x%d=" % each for each in range(1500)), form, 400, "bad-request"),
    ):
        for path in ("/login", "/register"):
            headers = {"content-type": kind}
            answer = browser.client.post(path, content=content, headers=headers)
            assert answer.status_code == status
            assert text("problems", f"{code}.title", "en") in answer.text


def test_our_own_fault_shows_nothing_of_the_inside(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "".join(reversed("яипұқ"))  # the log has lines of our source

    def fail(*_: object) -> None:
        raise ZeroDivisionError(secret)

    browser = office.enter(Role.INSPECTOR, language="en")
    monkeypatch.setattr("api.web.station._here", fail)
    page = browser.get("/station")
    problem = browser.client.get("/station", headers=JSON)
    assert page.status_code == problem.status_code == 500
    assert text("problems", "internal.title", "en") in page.text
    assert 'action="/logout"' in page.text
    assert code_of(problem) == "internal"
    for told in (page.text, problem.text, caplog.text):
        assert secret not in told
    for told in (page.text, problem.text):
        assert "Traceback" not in told
        assert "ZeroDivision" not in told
    assert "ZeroDivisionError" in caplog.text


def test_what_explains_an_error_may_fail_too(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("құпия")

    browser = office.enter(Role.INSPECTOR, language="en")
    monkeypatch.setattr("api.web.visitor.count_alerts", fail)
    page = browser.get("/station")  # not even the frame of a page for this person
    assert page.status_code == 500
    assert text("problems", "internal.title", "en") in page.text
    assert 'action="/logout"' not in page.text
    monkeypatch.setattr("api.web.errors.page", fail)
    problem = browser.get("/station")
    assert (problem.status_code, code_of(problem)) == (500, "internal")


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_a_full_disk_is_said_in_the_reader_s_language(
    office: Office, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise StorageFullError(detail="/қалта/файл")

    person = office.employ(Role.INSPECTOR)
    browser = office.log_in(person, language)
    monkeypatch.setattr(office.qolhat.sessions, "find", fail)
    page, title = browser.get("/station"), text("problems", "storage-full.title", language)
    assert page.status_code == 507
    assert title in page.text
    assert "/қалта/файл" not in page.text
    monkeypatch.undo()
    monkeypatch.setattr(office.qolhat.sessions, "begin", fail)
    refused = office.browser(language).log_in(login_of(person))
    assert refused.status_code == 507
    assert title in refused.text


# --- headers -------------------------------------------------------------------------------------


def test_every_answer_has_the_security_headers(office: Office) -> None:
    day = Day(office)
    number = day.register(0)
    browser = office.log_in(day.people[Role.INSPECTOR])
    style = browser.get("/account").text.split('rel="stylesheet" href="')[1].split('"')[0]
    for path, kind in (
        ("/account", "text/html"),
        ("/no-such-page", "text/html"),
        (f"/packets/{number}/forms/label.pdf", "application/pdf"),
        (f"/packets/{number}/barcode.svg", "image/svg+xml"),
        (style, "text/css"),
        ("/static/old/style.css", "text/html"),
        ("/healthz", "application/json"),
        ("/api/v1/due", "application/problem+json"),
    ):
        answer = browser.get(path)
        assert answer.headers["content-type"].startswith(kind), path
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        for name in ("cross-origin-opener-policy", "cross-origin-resource-policy"):
            assert answer.headers[name] == "same-origin"
        assert "permissions-policy" in answer.headers
        kept = "public, max-age=31536000, immutable" if path == style else "no-store"
        assert answer.headers.get_list("cache-control") == [kept], path


def test_pages_have_nothing_that_the_policy_forbids(office: Office) -> None:
    day = Day(office)
    number = day.register(0)
    browser = office.log_in(day.people[Role.INSPECTOR])
    for path in ("/login", "/account", "/station", "/register?service=002", f"/packets/{number}"):
        page = browser.get(path).text
        tags = re.findall(r"<[a-z][^>]*>", page)
        assert not any(re.search(r"\s(style|on[a-z]+)=", tag) for tag in tags)
        assert "<style" not in page
        scripts = [tag for tag in tags if tag.startswith("<script")]
        assert all('src="/static/' in tag or "application/json" in tag for tag in scripts)


def test_a_static_file_that_did_not_change_is_not_sent_again(office: Office) -> None:
    browser = office.browser()
    style = browser.get("/login").text.split('rel="stylesheet" href="')[1].split('"')[0]
    tag = browser.get(style).headers["etag"]
    again = browser.client.get(style, headers={"if-none-match": tag})
    assert again.status_code == 304
    assert again.headers["cache-control"].endswith("immutable")
    assert browser.get(style.rpartition("/")[0] + "/../visitor.py").status_code == 404


def test_the_log_in_leads_applicants_to_their_page(office: Office) -> None:
    page = office.browser("en").get("/login").text
    assert page_text("pages.login.applicant", "en") in page
    assert 'href="/receipt"' in page
