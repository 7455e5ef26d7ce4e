"""The phone's camera reads our codes without a network, by the reader that lies on the device."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256

import pytest
from playwright.sync_api import expect

from api.web.rendering import STATIC_FOLDER, static_path
from domain.numbers import grouped
from tests.browser.courier_harness import PACKETS, FakeServer, fake_courier
from tests.browser.filming import CAMERA, picture, show
from tests.browser.station_steps import CUT, heard, listen
from tests.browser.test_courier import open_page, tone, waiting
from tests.browser.watching import PHONE, Complaints, Pages

VENDORED = STATIC_FOLDER / "vendor" / "zxing-wasm"


@pytest.fixture
def server(new_page: Pages) -> Iterator[FakeServer]:
    with fake_courier() as started:
        yield started
        new_page.close()


def test_the_camera_reads_our_codes_without_a_network(
    new_page: Pages, server: FakeServer, complaints: Complaints
) -> None:
    """Each once for as long as it is seen; what is not ours is not taken."""
    complaints.allow(CUT)
    phone = new_page(**PHONE)
    phone.add_init_script("delete window.BarcodeDetector;")
    phone.add_init_script(CAMERA)
    listen(phone)
    open_page(phone, server)
    phone.context.set_offline(True)
    phone.locator("#camera").click()
    expect(phone.locator("#viewfinder")).to_be_visible()
    wrong = f"{PACKETS[0][:-1]}{(int(PACKETS[0][-1]) + 1) % 10}"
    show(phone, wrong)
    phone.wait_for_timeout(1_000)
    expect(phone.locator("#result .packet")).to_have_text("")
    for packet in PACKETS[:2]:
        show(phone, packet)
        expect(phone.locator("#result .packet")).to_have_text(grouped(int(packet)))
        tone(phone, "green")
    phone.wait_for_timeout(2_500)  # it stays in the picture
    waiting(phone, 2)
    assert heard(phone) == ["green", "green"]
    phone.locator("#camera").click()
    expect(phone.locator("#viewfinder")).to_be_hidden()
    phone.context.set_offline(False)
    waiting(phone, 0)
    assert [entry["code"] for entry in server.entries] == list(PACKETS[:2])


def test_the_browsers_own_reader_is_preferred(new_page: Pages, server: FakeServer) -> None:
    """Where it can read Code 128; where it cannot, the bundled one is taken."""
    phone = new_page(**PHONE)
    phone.add_init_script(
        """window.BarcodeDetector = class {
          static async getSupportedFormats() { return window.formats; }
          async detect() { return [{ rawValue: "own", cornerPoints: [] }]; }
        };"""
    )
    open_page(phone, server)
    reading = f"""async ([formats, address]) => {{
      window.formats = formats;
      const {{ bestReader }} = await import("{static_path("camera/readers.js")}");
      const picture = new Image();
      picture.src = address;
      await picture.decode();
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [picture.width, picture.height];
      canvas.getContext("2d").drawImage(picture, 0, 0);
      return (await (await bestReader())(canvas)).map((each) => each.text);
    }}"""
    address = picture(PACKETS[0])
    assert phone.evaluate(reading, [["code_128"], address]) == ["own"]
    assert phone.evaluate(reading, [["qr_code"], address]) == [PACKETS[0]]


def test_the_bundled_reader_is_what_its_readme_says() -> None:
    listed = re.findall(
        r"^\| `([^`]+)` \| .* \| `([0-9a-f]{64})` \|$",
        (VENDORED / "README.md").read_text("utf-8"),
        re.MULTILINE,
    )
    assert len(listed) == 3
    for name, digest in listed:
        assert sha256((VENDORED / name).read_bytes()).hexdigest() == digest, name
    code = {path.name for path in VENDORED.rglob("*") if path.suffix in (".js", ".wasm")}
    assert code == {name.rpartition("/")[2] for name, _ in listed}
