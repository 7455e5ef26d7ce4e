"""Invented people: surnames are compounds of things, which nobody is called.

An invented IIN has a wrong check digit, so that it can belong to nobody.
"""

from __future__ import annotations

from random import Random
from typing import Any

_THINGS = (
    "Терезе", "Қалам", "Көпір", "Сағат", "Түйме", "Дәптер", "Сандық", "Шелек", "Баспалдақ", "Сөре",
    "Ожау", "Кілт", "Қайшы", "Тостаған", "Шатыр", "Дөңгелек", "Есік", "Шырақ", "Бөрене", "Қоржын",
)  # fmt: skip
_PARTS = (
    "жапырақ", "тамшы", "қоңырау", "бояу", "саты", "құлып", "жіп", "шана", "желкен", "ұршық",
    "қалпақ", "діңгек", "шүмек", "тұтқа", "қақпақ", "тоқаш", "бұршақ", "шеге", "арқан", "тегене",
)  # fmt: skip
_NAMES = (
    "Қаңтар", "Ақпан", "Наурызек", "Көкек", "Мамырек", "Маусым", "Шілде", "Тамызек",
    "Қыркүйек", "Қазан", "Қараша", "Желтоқсан",
)  # fmt: skip
_STREETS = ("Сынақ", "Үлгі", "Мысал", "Көрсетілім")
_WEIGHTS = (tuple(range(1, 12)), (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2))


def surname(dice: Random) -> str:
    """Invent a surname."""
    return dice.choice(_THINGS) + dice.choice(_PARTS)


def full_name(dice: Random) -> str:
    """Invent a surname and a given name."""
    return f"{surname(dice)} {dice.choice(_NAMES)}"


def applicant(dice: Random, *, with_family: bool) -> dict[str, Any]:
    """Invent an applicant, as a registration takes one."""
    person: dict[str, Any] = {
        "surname": surname(dice),
        "given_name": dice.choice(_NAMES),
        "patronymic": f"{dice.choice(_NAMES)}ұлы",
        "iin": iin(dice),
        "address": f"{dice.choice(_STREETS)} көшесі, {dice.randint(1, 99)}",
        "phone": f"+7 000 {dice.randint(0, 9_999_999):07}",
    }
    if with_family:
        size = dice.randint(1, 4)
        person["family"] = [f"{person['surname']} {dice.choice(_NAMES)}" for _ in range(size)]
    return person


def iin(dice: Random) -> str:
    """Invent twelve digits that look like an IIN and are none."""
    birth = f"{dice.randint(50, 99)}{dice.randint(1, 12):02}{dice.randint(1, 28):02}"
    digits = f"{birth}{dice.randint(3, 4)}{dice.randint(0, 9999):04}"
    return digits + str((check_digit(digits) + 1) % 10)


def check_digit(digits: str) -> int:
    """Return the true check digit of the first eleven digits of an IIN."""
    for weights in _WEIGHTS:
        rest = sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 11
        if rest < 10:
            return rest
    return 0
