"""Many who ask at the same time are answered by one thread, each with an answer of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from api.http.together import MOST, Together
from infra.errors import StorageUnreachableError


class Desk:
    """Doubles numbers once it is told to go on; fails where one of them is odd."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.go_on = threading.Event()
        self.away = False

    def double(self, numbers: Sequence[int]) -> list[int]:
        self.asked.append(list(numbers))
        assert self.go_on.wait(30)
        if self.away:
            raise StorageUnreachableError(detail="no answer")
        if any(number % 2 for number in numbers):
            raise ValueError(numbers)
        return [2 * number for number in numbers]


async def asked_at_once(desk: Desk, numbers: Sequence[int]) -> list[int | BaseException]:
    """Ask for all of them while the desk is busy with the first."""
    together = Together(desk.double)
    asking = [asyncio.create_task(together.ask(number)) for number in numbers]
    while not desk.asked:
        await asyncio.sleep(0)
    desk.go_on.set()
    return await asyncio.gather(*asking, return_exceptions=True)


def test_whoever_comes_while_it_works_is_answered_with_the_next() -> None:
    desk = Desk()
    numbers = list(range(0, 20, 2))
    assert asyncio.run(asked_at_once(desk, numbers)) == [2 * number for number in numbers]
    assert sum(map(len, desk.asked)) == len(numbers)
    assert len(desk.asked) <= 2


def test_nobody_waits_for_more_than_a_limited_number_of_others() -> None:
    desk = Desk()
    asyncio.run(asked_at_once(desk, list(range(0, 6 * MOST, 2))))
    assert max(map(len, desk.asked)) == MOST


def test_what_one_sends_is_no_reason_to_refuse_another() -> None:
    desk = Desk()
    answers = asyncio.run(asked_at_once(desk, [2, 4, 5, 6]))
    assert [answer for answer in answers if isinstance(answer, int)] == [4, 8, 12]
    assert isinstance(answers[2], ValueError)


def test_a_database_that_is_away_is_waited_for_once() -> None:
    desk = Desk()
    numbers = [2, 4, 6]
    desk.away = True
    answers = asyncio.run(asked_at_once(desk, numbers))
    assert [type(answer) for answer in answers] == [StorageUnreachableError] * len(numbers)
    assert len(desk.asked) <= 2


def test_who_goes_away_keeps_nobody_waiting() -> None:
    async def story() -> int:
        desk = Desk()
        together = Together(desk.double)
        leaving = asyncio.create_task(together.ask(2))
        staying = asyncio.create_task(together.ask(4))
        while not desk.asked:
            await asyncio.sleep(0)
        leaving.cancel()
        desk.go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        return await staying

    assert asyncio.run(story()) == 8
