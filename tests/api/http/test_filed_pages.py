"""Scanned pages by HTTP: listed, fetched, and those that wait settled."""

from __future__ import annotations

import pytest

from domain.filing import PageDoubt
from domain.numbers import PacketNumber
from domain.roles import Role
from infra.requests import FiledPage, ScannedPage, Source
from scanner.reader import read_codes
from tests.api.http.counter import V1, Counter, check_problem
from tests.scanned import filing, page, saved, sheet
from tests.stories import CENTRE, MORNING, place


def file(counter: Counter, name: str, *pages: ScannedPage, role: Role) -> tuple[FiledPage, ...]:
    """Somebody scans a stack at their desk."""
    counter.told += 1
    source = Source(f"f{counter.told}", counter.people[role], 1, 1, place(role), MORNING)
    answer = counter.qolhat.desk.file(filing(source, name, *pages))
    assert counter.qolhat.runner.wait_for(answer.position)
    return answer.pages


def of_packet(number: str) -> ScannedPage:
    """A page with this packet's code."""
    return page(number, picture=saved("JPEG", sheet(number)))


def blank() -> ScannedPage:
    """A page without a code."""
    return page(picture=saved("JPEG", sheet()))


def test_the_pages_of_a_packet_are_listed_and_fetched(counter: Counter) -> None:
    number = counter.register()
    assert counter.get(f"/packets/{number}/pages")["items"] == []
    told = file(counter, "a.pdf", of_packet(number), blank(), role=Role.INSPECTOR)
    items = counter.get(f"/packets/{number}/pages")["items"]
    assert [(item["seq"], item["ref"]) for item in items] == [(1, told[0].ref), (2, told[1].ref)]
    assert items[0]["place"]["code"] == str(place(Role.INSPECTOR))
    picture = counter.client.get(
        f"{V1}/packets/{number}/pages/{told[0].ref}", headers=authorized(counter, Role.INSPECTOR)
    )
    assert picture.headers["content-type"] == "image/jpeg"
    assert [each.text for each in read_codes(picture.content)] == [number]
    document = counter.client.get(
        f"{V1}/packets/{number}/pages.pdf", headers=authorized(counter, Role.INSPECTOR)
    )
    assert document.content.startswith(b"%PDF")
    looks = counter.qolhat.access.looks(subject=number)
    assert [look.what for look in looks[:2]] == ["pages", "pages"]
    history = counter.get(f"/packets/{number}/history")
    assert "pages-filed" in [entry["kind"]["code"] for entry in history["entries"]]


def authorized(counter: Counter, role: Role) -> dict[str, str]:
    """The header with somebody's token."""
    return {"Authorization": f"Bearer {counter.tokens[role]}"}


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/packets/{number}/pages.pdf", "no-pages"),
        ("/packets/{number}/pages/unknown", "unknown-page"),
        ("/unsettled-pages/unknown", "unknown-page"),
        ("/unsettled-pages/unknown/picture", "unknown-page"),
    ],
)
def test_what_is_not_there_is_a_problem(busy: Counter, path: str, code: str) -> None:
    number = busy.register()
    answer = busy.ask("GET", V1 + path.format(number=number), Role.INSPECTOR)
    assert (answer.status_code, check_problem(answer)["code"]) == (404, code)


def test_a_page_that_waits_is_listed_looked_at_and_settled(counter: Counter) -> None:
    number = counter.register()
    (told,) = file(counter, "x.jpg", blank(), role=Role.INSPECTOR)
    (row,) = counter.get("/unsettled-pages", organisation=CENTRE)["items"]
    assert (row["ref"], row["doubt"]["code"]) == (told.ref, PageDoubt.NO_CODE.value)
    assert counter.get("/unsettled-pages", Role.OFFICE)["items"] == []
    assert counter.ask("GET", f"{V1}/unsettled-pages/{told.ref}", Role.OFFICE).status_code == 403
    path = f"/unsettled-pages/{told.ref}"
    picture = counter.client.get(f"{V1}{path}/picture", headers=authorized(counter, Role.INSPECTOR))
    assert picture.content.startswith(b"\xff\xd8")
    stamp = counter.stamp(30, Role.INSPECTOR, decision="apply")
    stamp.pop("place", None)
    refused = counter.post(f"{path}/settle", stamp)
    assert (refused.status_code, refused.json()["code"]) == (422, "page-number-missing")
    settled = counter.post(f"{path}/settle", stamp | {"number": number})
    assert (settled.status_code, settled.json()["status"]) == (200, "accepted")
    again = counter.post(f"{path}/settle", stamp | {"number": number})
    assert again.json()["status"] == "duplicate"
    after = settled.json()["position"]
    assert counter.get("/unsettled-pages", after=after)["items"] == []
    shown = counter.get(path)
    assert (shown["fate"]["code"], shown["number"]) == ("applied", number)
    assert counter.ask("GET", f"{V1}{path}/picture", Role.INSPECTOR).status_code == 404
    assert len(counter.get(f"/packets/{number}/pages")["items"]) == 1


def test_a_page_is_discarded_with_a_reason(counter: Counter) -> None:
    (told,) = file(counter, "x.jpg", blank(), role=Role.OFFICE)
    path = f"/unsettled-pages/{told.ref}/settle"
    stamp = counter.stamp(30, Role.OFFICE, decision="dismiss")
    stamp.pop("place", None)
    refused = counter.post(path, stamp, Role.OFFICE)
    assert (refused.status_code, refused.json()["code"]) == (422, "discard-reason-missing")
    settled = counter.post(path, stamp | {"text": "бос бет"}, Role.OFFICE)
    assert settled.json()["status"] == "accepted"
    assert counter.qolhat.vault.picture(told.ref) is None


def test_the_picture_is_for_those_whom_the_packet_concerns(counter: Counter) -> None:
    number = counter.register()
    (told,) = file(counter, "a.jpg", of_packet(number), role=Role.INSPECTOR)
    path = f"{V1}/packets/{number}/pages"
    counter.scan(20, number, Role.COLLECTING)
    assert counter.ask("GET", path, Role.COLLECTING).status_code == 200
    assert counter.ask("GET", f"{path}/{told.ref}", Role.COLLECTING).status_code == 403
    assert counter.ask("GET", f"{path}.pdf", Role.COLLECTING).status_code == 403
    assert PacketNumber(int(number)) == told.packet
