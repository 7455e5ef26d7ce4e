"""A camera over the desk: what it sees counts once, and only when several looks agree."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain.numbers import packet_number
from scanner.agreement import GONE, READS, WITHIN, Agreement
from scanner.found import FoundCode
from scanner.reader import code_of

FRAME = 0.1  # seconds
TRUE, OTHER = (str(packet_number(267, serial)) for serial in (1, 2))
WRONG = f"{TRUE[:-1]}{(int(TRUE[-1]) + 1) % 10}"


def at(text: str, x: float = 100, y: float = 100, length: float = 200) -> FoundCode:
    """A code lying straight, its middle at x and y."""
    left, right, top, bottom = x - length / 2, x + length / 2, y - 30, y + 30
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return FoundCode(text, "Code128", corners, code_of(text), 0.9)


def watch(
    frames: list[list[FoundCode]], agreement: Agreement | None = None, since: float = 0
) -> list[str]:
    """Show frames one after the other; return what was accepted."""
    watching = agreement or Agreement()
    told = [watching.saw(each, since + nth * FRAME) for nth, each in enumerate(frames)]
    return [found.text for each in told for found in each]


def test_a_code_counts_when_three_looks_agree_and_once_while_it_stays() -> None:
    assert watch([[at(TRUE)]] * (READS - 1)) == []
    assert watch([[at(TRUE)]] * READS) == [TRUE]
    assert watch([[at(TRUE)]] * 100) == [TRUE]


def test_frames_without_a_reading_between_do_not_matter() -> None:
    assert watch([[at(TRUE)], [], [], [at(TRUE)], [], [at(TRUE)]]) == [TRUE]


def test_looks_that_are_far_apart_do_not_agree() -> None:
    pause: list[list[FoundCode]] = [[] for _ in range(round(WITHIN / FRAME) + 1)]
    assert watch([[at(TRUE)], *pause, [at(TRUE)], *pause, [at(TRUE)]]) == []


def test_a_code_that_left_and_came_back_counts_again_after_some_seconds() -> None:
    agreement = Agreement()
    assert watch([[at(TRUE)]] * READS, agreement) == [TRUE]
    assert watch([[at(TRUE)]] * READS, agreement, since=GONE / 2) == []  # lifted for a moment
    assert watch([[at(TRUE)]] * READS, agreement, since=3 * GONE) == [TRUE]


def test_what_fails_the_check_digits_never_counts() -> None:
    assert watch([[at(WRONG)]] * 100) == []


def test_the_next_label_under_the_camera_takes_the_place_of_the_first() -> None:
    assert watch([[at(TRUE)]] * 5 + [[at(OTHER)]] * 5) == [TRUE, OTHER]


def test_a_label_that_is_read_now_so_and_now_so_is_not_believed() -> None:
    assert watch([[at(TRUE)], [at(OTHER)]] * 50) == []


def test_two_readings_of_one_label_in_one_frame_are_not_believed() -> None:
    assert watch([[at(TRUE), at(OTHER, x=110)]] * 50) == []


def test_several_labels_in_view_count_each_for_itself() -> None:
    assert watch([[at(TRUE), at(OTHER, y=300)]] * 20) == [TRUE, OTHER]


def test_a_label_may_move_between_the_looks() -> None:
    assert watch([[at(TRUE, x=100 + 90 * nth)] for nth in range(READS)]) == [TRUE]


@given(st.lists(st.sampled_from(["true", "nothing", "misread"]), max_size=60))
def test_a_misread_frame_never_passes(frames: list[str]) -> None:
    """Even where its check digits are right by chance, and however many there are."""
    shown = [
        [at({"true": TRUE, "misread": str(packet_number(267, 100 + nth))}[kind])]
        if kind != "nothing"
        else []
        for nth, kind in enumerate(frames)
    ]
    accepted = watch(shown)
    assert set(accepted) <= {TRUE}


@given(st.lists(st.booleans(), min_size=1, max_size=80))
def test_what_is_never_gone_counts_once(seen: list[bool]) -> None:
    """However it flickers, as long as no pause makes it go."""
    frames = [[at(TRUE)] if each or nth % 20 == 0 else [] for nth, each in enumerate(seen)]
    assert len(watch(frames)) <= 1
