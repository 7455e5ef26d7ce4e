"""Pictures are read in processes of their own: whatever a picture does, the next one is read."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

import infra.reading
from infra.bootstrap import bootstrap
from infra.reading import PicturesBusyError, Reading
from infra.settings import Settings
from scanner.bad_pictures import BadPicture, BadPictureError, PictureLimits
from scanner.pictures import open_picture
from tests.scanner.samples import (
    NUMBER,
    bomb,
    claiming,
    endless_document,
    label,
    many_pages,
    pdf,
    saved,
    swelling_document,
    tiff,
)

ROOT = Path(__file__).parents[2]
PICTURE = saved(label())


@pytest.fixture(scope="module")
def reading() -> Iterator[Reading]:
    """One worker for all that do not harm it."""
    made = Reading(PictureLimits(pages=50, seconds=300), workers=1)
    yield made
    made.close()


def texts(reading: Reading, picture: bytes) -> list[list[str]]:
    return [[code.text for code in page.codes] for page in reading.read(picture)]


def refused(reading: Reading, picture: bytes) -> BadPictureError:
    with pytest.raises(BadPictureError) as caught:
        reading.read(picture)
    return caught.value


def workers(reading: Reading) -> list[int]:
    """The processes that wait for the next picture."""
    return [worker.process_id for worker in reading.idle]


def is_running(process: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text().split(")")[1][:3]
    except OSError:
        return False


def wait_until(happened: object) -> None:
    assert callable(happened)
    for _ in range(600):
        if happened():
            return
        time.sleep(0.05)
    raise AssertionError(happened)


def test_a_picture_is_read(reading: Reading) -> None:
    (page,) = reading.read(PICTURE)
    (found,) = page.codes
    assert (page.page, page.pages, page.image) == (1, 1, None)
    assert (page.height, page.width) == open_picture(PICTURE).shape
    assert (found.text, found.symbology, found.kind) == (str(NUMBER), "Code128", "packet")
    assert found.code is not None
    assert found.code.value == NUMBER
    left, right, below, beneath = found.corners
    assert left[0] < right[0] <= page.width
    assert left[1] < beneath[1] <= page.height
    assert below[0] > beneath[0]


def test_only_the_symbologies_that_are_asked_for(reading: Reading) -> None:
    assert reading.read(PICTURE, symbologies=["QRCode"])[0].codes == ()


def test_a_page_is_pictured_upright_if_it_is_asked_for(reading: Reading) -> None:
    (page,) = reading.read(PICTURE, pictured=True)
    assert page.image is not None
    assert texts(reading, page.image) == [[str(NUMBER)]]
    assert open_picture(page.image).shape == (page.height, page.width)


def test_one_worker_reads_picture_after_picture(reading: Reading) -> None:
    reading.start()
    before = workers(reading)
    assert texts(reading, pdf(label(), label())) == [[str(NUMBER)], [str(NUMBER)]]
    assert refused(reading, b"hello").reason is BadPicture.NOT_A_PICTURE
    assert refused(reading, PICTURE[:300]).reason is BadPicture.TRUNCATED
    assert workers(reading) == before


def test_why_a_picture_is_not_read_is_told(reading: Reading) -> None:
    assert refused(reading, b"").reason is BadPicture.EMPTY
    pixels = refused(reading, claiming(50_000, 50_000))
    assert (pixels.reason, pixels.facts["megapixels"]) == (BadPicture.TOO_MANY_PIXELS, 100)
    assert refused(reading, bomb(50_000, 50_000)).reason is BadPicture.TOO_MANY_PIXELS
    pages = refused(reading, many_pages(500))
    assert (pages.reason, pages.facts["limit"]) == (BadPicture.TOO_MANY_PAGES, 50)
    assert refused(reading, pdf(label(), password="x")).reason is BadPicture.LOCKED


def test_a_picture_too_large_never_leaves_the_server() -> None:
    small = Reading(PictureLimits(bytes=2**20))
    error = refused(small, bytes(2**20 + 1))
    assert (error.reason, error.facts["megabytes"]) == (BadPicture.TOO_LARGE, 1)
    assert small.idle == []


def test_what_was_read_before_it_went_wrong_is_kept(reading: Reading) -> None:
    whole = tiff(label(), label(), compression="raw")
    error = refused(reading, whole[: len(whole) * 4 // 5])
    assert error.reason is BadPicture.TRUNCATED
    assert [page.page for page in error.pages][:1] == [1]
    assert [code.text for code in error.pages[0].codes] == [str(NUMBER)]


# --- workers that do not end well -----------------------------------------------------------------


def test_a_page_that_takes_too_long_is_given_up() -> None:
    with_little_time = Reading(PictureLimits(seconds=1), workers=1)
    try:
        worker = with_little_time.start()
        os.kill(worker, signal.SIGSTOP)
        error = refused(with_little_time, PICTURE)
        assert (error.reason, error.facts["limit"]) == (BadPicture.TOOK_TOO_LONG, 1)
        assert not is_running(worker)
        assert with_little_time.idle == []
    finally:
        with_little_time.close()


def test_a_picture_that_needs_too_much_memory_is_given_up() -> None:
    with_little_memory = Reading(PictureLimits(megabytes=600), workers=1)
    try:
        error = refused(with_little_memory, bomb(9_900, 10_000))
        assert error.reason is BadPicture.TOO_MUCH_MEMORY
        assert error.facts["megabytes"] == 600
        assert texts(with_little_memory, PICTURE) == [[str(NUMBER)]]
    finally:
        with_little_memory.close()


def test_a_document_without_an_end_is_given_up() -> None:
    with_little_time = Reading(PictureLimits(seconds=1), workers=1)
    try:
        worker = with_little_time.start()
        assert refused(with_little_time, endless_document()).reason is BadPicture.TOOK_TOO_LONG
        assert not is_running(worker)
        with_little_time.limits = PictureLimits()
        assert texts(with_little_time, PICTURE) == [[str(NUMBER)]]
    finally:
        with_little_time.close()


def test_a_document_that_swells_ends_its_reader_and_nothing_else() -> None:
    with_little_memory = Reading(PictureLimits(megabytes=512), workers=1)
    try:
        reason = refused(with_little_memory, swelling_document(300)).reason
        assert reason in {BadPicture.READER_ENDED, BadPicture.TOO_MUCH_MEMORY}
        assert texts(with_little_memory, PICTURE) == [[str(NUMBER)]]
    finally:
        with_little_memory.close()


def test_a_picture_that_is_but_a_line_has_no_code(reading: Reading) -> None:
    assert texts(reading, saved(Image.new("L", (60_000, 1), 255))) == [[]]


def test_a_long_document_has_not_a_pages_time_for_every_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(infra.reading, "_SHARE_OF_A_PAGE", -0.4)  # three pages: less than none
    hasty = Reading(workers=1)
    try:
        error = refused(hasty, tiff(label(), label(), label()))
        assert error.reason is BadPicture.TOOK_TOO_LONG
        assert [page.page for page in error.pages] == [1]
    finally:
        hasty.close()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_a_worker_that_dies_is_replaced(how: signal.Signals) -> None:
    mortal = Reading(workers=1)
    try:
        worker = mortal.start()
        os.kill(worker, signal.SIGSTOP)
        with ThreadPoolExecutor(1) as pool:
            told = pool.submit(refused, mortal, PICTURE)
            wait_until(lambda: worker in [each.process_id for each in mortal._busy])
            os.kill(worker, how)
            os.kill(worker, signal.SIGCONT)
            assert told.result().reason is BadPicture.READER_ENDED
        assert texts(mortal, PICTURE) == [[str(NUMBER)]]
        assert workers(mortal) != [worker]
    finally:
        mortal.close()


def test_a_worker_that_died_in_its_sleep_is_replaced_unnoticed() -> None:
    mortal = Reading(workers=1)
    try:
        worker = mortal.start()
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: not is_running(worker))
        assert texts(mortal, PICTURE) == [[str(NUMBER)]]
    finally:
        mortal.close()


def test_a_worker_is_replaced_after_many_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(infra.reading, "MOST_PICTURES", 2)
    tired = Reading(workers=1)
    try:
        texts(tired, PICTURE)
        first = workers(tired)
        texts(tired, PICTURE)
        assert (len(first), workers(tired)) == (1, [])
        assert texts(tired, PICTURE) == [[str(NUMBER)]]
    finally:
        tired.close()


def test_so_many_are_read_at_once_so_many_wait_and_the_rest_come_again() -> None:
    narrow = Reading(workers=1, waiting=1)
    try:
        worker = narrow.start()
        os.kill(worker, signal.SIGSTOP)
        with ThreadPoolExecutor(2) as pool:
            served = [pool.submit(texts, narrow, PICTURE) for _ in range(2)]
            wait_until(lambda: narrow.room == 0)
            with pytest.raises(PicturesBusyError) as caught:
                narrow.read(PICTURE)
            os.kill(worker, signal.SIGCONT)
            assert [each.result() for each in served] == [[[str(NUMBER)]]] * 2
        assert (caught.value.status, caught.value.facts["seconds"]) == (503, 5)
        assert texts(narrow, PICTURE) == [[str(NUMBER)]]
    finally:
        narrow.close()


def test_a_system_that_starts_no_more_processes_is_busy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    short = Reading(workers=1, waiting=0)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(infra.reading, "_start", fail)
            for _ in range(3):
                with pytest.raises(PicturesBusyError):
                    short.read(PICTURE)
        assert texts(short, PICTURE) == [[str(NUMBER)]]
    finally:
        short.close()


def test_several_pictures_are_read_at_once() -> None:
    with ThreadPoolExecutor(4) as pool:
        wide = Reading(workers=2)
        try:
            told = list(pool.map(lambda _: texts(wide, PICTURE), range(6)))
            assert told == [[[str(NUMBER)]]] * 6
            assert len(workers(wide)) == 2
        finally:
            wide.close()


# --- the end --------------------------------------------------------------------------------------


def test_no_worker_starts_before_the_first_picture_and_none_stays(tmp_path: Path) -> None:
    with bootstrap(Settings(data_dir=tmp_path)) as qolhat:
        assert qolhat.reading.idle == []
        assert texts(qolhat.reading, PICTURE) == [[str(NUMBER)]]
        (worker,) = workers(qolhat.reading)
        assert is_running(worker)
    assert not is_running(worker)


def test_what_is_being_read_when_the_server_ends_is_not_finished() -> None:
    ending = Reading(workers=1)
    worker = ending.start()
    os.kill(worker, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(refused, ending, PICTURE)
        wait_until(lambda: ending.idle == [])
        ending.close()
        assert told.result().reason is BadPicture.READER_ENDED
    assert not is_running(worker)
    with pytest.raises(PicturesBusyError):
        ending.read(PICTURE)


def test_a_worker_whose_server_was_killed_ends_by_itself() -> None:
    server = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent("""
            import time
            from infra.reading import Reading
            print(Reading(workers=1).start(), flush=True)
            time.sleep(600)
        """)],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        worker = int(server.stdout.readline())
        assert is_running(worker)
        server.kill()
        server.wait()
        wait_until(lambda: not is_running(worker))
    finally:
        server.kill()
        server.wait()


def test_a_worker_has_none_of_the_servers_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QOLHAT_VAULT_KEY", "a-key-of-this-test")
    discreet = Reading(workers=1)
    try:
        worker = discreet.start()
        assert b"QOLHAT" not in Path(f"/proc/{worker}/environ").read_bytes()
        assert Path(f"/proc/{worker}/oom_score_adj").read_text().strip() == "1000"
        limits = Path(f"/proc/{worker}/limits").read_text()
        assert [line.split()[-3] for line in limits.splitlines() if "file size" in line] == [
            "0"
        ] * 2
        open_files = list(Path(f"/proc/{worker}/fd").iterdir())
        assert len(open_files) <= 5
    finally:
        discreet.close()


def test_threads_are_left_behind_by_nobody(reading: Reading) -> None:
    before = threading.active_count()
    texts(reading, PICTURE)
    assert threading.active_count() == before
