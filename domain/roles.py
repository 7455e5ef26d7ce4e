"""Who works on a packet: roles of people and places [003 service 7 §1 and §14], sectors [004]."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a person may do, and what kind of place a place is.

    The first seven hold packets and have places; the last three only look, manage or configure.
    """

    INSPECTOR = "inspector"
    COLLECTING = "collecting"
    COURIER = "courier"
    OFFICE = "office"
    HEAD = "head"
    EXECUTOR = "executor"
    AKIM = "akim"
    MANAGER = "manager"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


# The digit of a holding role inside a place's code; printed on cards, therefore never changed.
PLACE_DIGITS: dict[Role, int] = {
    Role.INSPECTOR: 1,
    Role.COLLECTING: 2,
    Role.COURIER: 3,
    Role.OFFICE: 4,
    Role.HEAD: 5,
    Role.EXECUTOR: 6,
    Role.AKIM: 7,
}
ROLE_OF_DIGIT: dict[int, Role] = {digit: role for role, digit in PLACE_DIGITS.items()}


class Scope(StrEnum):
    """How far a manager or an administrator reaches; everybody else works for one organisation."""

    ORGANISATION = "organisation"
    REGION = "region"
    COUNTRY = "country"


class Sector(StrEnum):
    """The sectors in which executors of an authority sit [004]."""

    VETERANS_AND_DISABLED = "veterans-and-disabled"
    EMPLOYMENT = "employment"
    SOCIAL_AID = "social-aid"
    HOUSING_AID = "housing-aid"
    HOME_CARE = "home-care"
