"""What is wrong with the sources' lists [002 annexes 1-3 and 5; 003 service 6 annex 2, service 7].

Nothing is dropped or corrected in silence. Each rule below looks at the rows as they stand and
reports what it finds; where the review mended a row (a region filled in, a district respelled)
the finding says so. A finding is not an error: the organisations stay usable.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.directory.organisation import (
    RESPELLINGS,
    LinkBasis,
    Organisation,
    OrganisationKind,
    WorksWith,
)
from domain.directory.search import fold, words

_FULL_NUMBER = 11  # digits of a telephone number from 8, with the area code
_LONGEST_CODE = 6


class Rule(StrEnum):
    """The kinds of defects, stable: their texts stand in the catalogues."""

    DUPLICATE = "duplicate"  # the same body twice in one list
    SUCCESSOR_TEXT = "successor-text"  # the same body again in a later document
    REGION_FILLED = "region-filled"
    DISTRICT_RESPELLED = "district-respelled"
    CITY_CALLED_DISTRICT = "city-called-district"
    NO_CITY_AUTHORITY = "no-city-authority"
    REPEATED_EMAIL = "repeated-email"
    REPEATED_PHONE = "repeated-phone"
    REPEATED_ADDRESS = "repeated-address"
    REPEATED_POSTCODE = "repeated-postcode"
    ADDRESS_OF_ANOTHER = "address-of-another"
    NO_STREET_NUMBER = "no-street-number"
    STRAY_FRAGMENT = "stray-fragment"  # of a mail or web address, at the end of a postal one
    CYRILLIC_IN_EMAIL = "cyrillic-in-email"
    ODD_WEB = "odd-web"
    ODD_PHONE = "odd-phone"  # too many or too few digits
    PHONE_WITHOUT_CODE = "phone-without-code"
    NAME_CUT_SHORT = "name-cut-short"
    RUSSIAN_FORM = "russian-form"
    WORDS_RUN_TOGETHER = "words-run-together"
    UNBALANCED_QUOTES = "unbalanced-quotes"


_MENDED = frozenset({Rule.REGION_FILLED, Rule.DISTRICT_RESPELLED, Rule.CITY_CALLED_DISTRICT})


@dataclass(frozen=True, slots=True)
class Finding:
    """A defect: the rule that found it, the organisations concerned, the words that show it."""

    rule: Rule
    codes: tuple[int, ...]
    detail: str

    @property
    def mended(self) -> bool:
        """Tell whether the review mended it; otherwise the row stands as in the source."""
        return self.rule in _MENDED


def find_defects(
    organisations: Sequence[Organisation], links: Iterable[WorksWith]
) -> tuple[Finding, ...]:
    """Apply every rule to the lists; findings come in the order of the rules, then of the rows."""
    # What a duplicate repeats is explained by its being one.
    once = [each for each in organisations if each.duplicate_of is None]
    found = [
        *_duplicates(organisations),
        *_successors(once),
        *_respellings(once),
        *_links_to_regions(organisations, links),
        *_repeated(Rule.REPEATED_EMAIL, once, _emails),
        *_repeated_phones(once),
        *_repeated(Rule.REPEATED_ADDRESS, once, _addresses, _house),
        *_repeated(Rule.REPEATED_POSTCODE, once, _postcodes),
        *_addresses_of_others(once),
        *_odd_webs(once),
        *(
            Finding(rule, (each.code,), detail)
            for rule, fault in _SINGLE.items()
            for each in organisations
            if (detail := fault(each))
        ),
    ]
    order = {rule: place for place, rule in enumerate(Rule)}
    return tuple(sorted(found, key=lambda finding: (order[finding.rule], finding.codes)))


def _duplicates(organisations: Iterable[Organisation]) -> Iterator[Finding]:
    groups = defaultdict(list)
    for each in organisations:
        groups[each.kind, each.region, each.district, fold(each.name_kk)].append(each)
    for group in groups.values():
        if len(group) > 1:
            yield Finding(Rule.DUPLICATE, _codes(group), group[0].name_kk)


def _successors(organisations: Sequence[Organisation]) -> Iterator[Finding]:
    """Pair each body that a later document names again with the row it had before.

    These are not duplicates: hours, address and name may have changed between the documents, and
    records made under either code stay valid.
    """
    groups = defaultdict(list)
    for each in organisations:
        groups[each.kind, each.region, each.district].append(each)
    for group in groups.values():
        if len(group) > 1 and any(each.text_year for each in group):
            yield Finding(Rule.SUCCESSOR_TEXT, _codes(group), group[-1].name_kk)


def _respellings(organisations: Sequence[Organisation]) -> Iterator[Finding]:
    for one in RESPELLINGS:
        concerned = [
            each
            for each in organisations
            if each.district == one.district and each.kind is one.kind
        ]
        if concerned:
            yield Finding(
                Rule.DISTRICT_RESPELLED, _codes(concerned), f"{one.as_written} → {one.district}"
            )


def _links_to_regions(
    organisations: Iterable[Organisation], links: Iterable[WorksWith]
) -> Iterator[Finding]:
    """Find centres whose city has no authority in the lists, so that the region's stands in."""
    addresses = {each.code: each.address for each in organisations}
    for link in links:
        if link.basis is LinkBasis.REGION:
            codes = (link.code, link.authority)
            yield Finding(Rule.NO_CITY_AUTHORITY, codes, addresses[link.code])


def _repeated(
    rule: Rule,
    organisations: Iterable[Organisation],
    values: Callable[[Organisation], Iterable[str]],
    same: Callable[[str], str] = str.casefold,
) -> Iterator[Finding]:
    """Report each value that stands more than once, `same` telling what counts as one value."""
    groups = defaultdict(list)
    for each in organisations:
        for value in values(each):
            groups[same(value)].append((each, value))
    for group in groups.values():
        if len(group) > 1:
            _, first = group[0]
            yield Finding(rule, _codes(each for each, _ in group), first)


def _codes(organisations: Iterable[Organisation]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(each.code for each in organisations))


def _emails(organisation: Organisation) -> tuple[str, ...]:
    return organisation.emails


def _addresses(organisation: Organisation) -> tuple[str, ...]:
    return (organisation.address,) if organisation.address else ()


def _house(address: str) -> str:
    """Return what two ways to write one house have in common: 67 «б» and 67Б."""
    return fold(address).replace(" ", "")


def _postcodes(organisation: Organisation) -> list[str]:
    return re.findall(r"^\d{6}\b", organisation.address)


def _repeated_phones(organisations: Sequence[Organisation]) -> Iterator[Finding]:
    """Compare numbers; one without an area code is compared by its end inside its region."""
    full = {
        (each.region, number)
        for each in organisations
        for number in _numbers(each)
        if len(number) == _FULL_NUMBER
    }

    def completed(organisation: Organisation) -> Iterator[str]:
        for number in _numbers(organisation):
            if len(number) == _FULL_NUMBER:
                yield number
            else:
                yield from (
                    other
                    for region, other in full
                    if region == organisation.region and other.endswith(number)
                )

    return _repeated(Rule.REPEATED_PHONE, organisations, completed)


def _numbers(organisation: Organisation) -> tuple[str, ...]:
    """Return the digits of each telephone number, with the area code that stands before them."""
    groups = re.findall(r"[\d()-]*\d", re.sub(r"^8\W+", "8", organisation.phone))
    digits = [re.sub(r"\D", "", group) for group in groups]
    area = digits.pop(0) if len(digits) > 1 and _is_area_code(digits[0]) else ""
    return tuple(area + number for number in digits)


def _is_area_code(digits: str) -> bool:
    return digits.startswith("8") and len(digits) <= _LONGEST_CODE


def _addresses_of_others(organisations: Sequence[Organisation]) -> Iterator[Finding]:
    """Find akims whose address is the village of another akim of the district."""
    akims = [each for each in organisations if each.kind is OrganisationKind.RURAL_AKIM]
    seats = {(each.district, words(each.name_kk)[0]): each for each in akims}
    for akim in akims:
        village = _village(akim)
        other = seats.get((akim.district, village))
        if other and village not in words(akim.name_kk):
            yield Finding(Rule.ADDRESS_OF_ANOTHER, (akim.code, other.code), akim.address)


def _village(organisation: Organisation) -> str:
    match = re.search(r"([\w-]+) (?:ауылы|кенті)|^а\. ?(\w+)", organisation.address)
    return fold(match[1] or match[2]) if match else ""


def _odd_webs(organisations: Sequence[Organisation]) -> Iterator[Finding]:
    """Find an akim's web address that differs from the one all others of the district share."""
    by_district = defaultdict(list)
    for each in organisations:
        if each.kind is OrganisationKind.RURAL_AKIM and each.web:
            by_district[each.district].append(each)
    for akims in by_district.values():
        usual, _ = Counter(akim.web for akim in akims).most_common(1)[0]
        for akim in akims:
            if akim.web != usual:
                yield Finding(Rule.ODD_WEB, (akim.code,), f"{akim.web} ≠ {usual}")


def _matching(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    return match[0] if match else ""


# Kinds whose names say which region they are for.
_OF_A_REGION = frozenset(
    {
        OrganisationKind.SERVICE_CENTRE,
        OrganisationKind.REGIONAL_DEPARTMENT,
        OrganisationKind.AKIMAT_OFFICE,
    }
)
# Kinds in whose list the column is headed "area code and number"; the others give local numbers.
_PHONE_WITH_CODE = frozenset(
    {
        OrganisationKind.AUTHORITY,
        OrganisationKind.SERVICE_CENTRE_BRANCH,
        OrganisationKind.RURAL_AKIM,
    }
)


def _region_filled(one: Organisation) -> str:
    missing = one.kind in _OF_A_REGION and fold(one.region) not in fold(one.name_kk)
    return f"{one.name_kk} → {one.region}" if missing else ""


def _city_called_district(one: Organisation) -> str:
    city = one.district.removesuffix(" қаласы")
    wrong = city != one.district and one.name_kk.startswith(f"{city} ауданының")
    return f"{city} ауданы → {one.district}" if wrong else ""


def _odd_phone(one: Organisation) -> str:
    """Look for a number that begins with 8 and has not the length of a full one."""
    odd = any(
        number.startswith("8") and len(number) > _LONGEST_CODE + 1 and len(number) != _FULL_NUMBER
        for number in _numbers(one)
    )
    return one.phone if odd else ""


def _phone_without_code(one: Organisation) -> str:
    bare = one.kind in _PHONE_WITH_CODE and one.phone and not one.phone.startswith("8")
    return one.phone if bare else ""


def _name_cut_short(one: Organisation) -> str:
    cut = one.kind is OrganisationKind.AUTHORITY and "бөлім" not in one.name_kk
    return one.name_kk if cut else ""


def _unbalanced_quotes(one: Organisation) -> str:
    return one.name_kk if one.name_kk.count('"') % 2 else ""


_SINGLE: dict[Rule, Callable[[Organisation], str]] = {
    Rule.REGION_FILLED: _region_filled,
    Rule.CITY_CALLED_DISTRICT: _city_called_district,
    # н/ж (Kazakh) and б/н, б-н (Russian) both stand for "no number"
    Rule.NO_STREET_NUMBER: lambda one: _matching(r"\b(?:н/ж|б[/-]н)\b", one.address),
    Rule.STRAY_FRAGMENT: lambda one: _matching(r"[A-Za-z][\w.-]*[._]$", one.address),
    Rule.CYRILLIC_IN_EMAIL: lambda one: _matching(r"\S*[\u0400-\u04ff]\S*", one.email),
    Rule.ODD_PHONE: _odd_phone,
    Rule.PHONE_WITHOUT_CODE: _phone_without_code,
    Rule.NAME_CUT_SHORT: _name_cut_short,
    Rule.RUSSIAN_FORM: lambda one: _matching(r"\w+ск(?:ий|ого)\b", one.name_kk),
    Rule.WORDS_RUN_TOGETHER: lambda one: _matching(r"\w+(?:селолық|жұмыспен)\b", one.name_kk),
    Rule.UNBALANCED_QUOTES: _unbalanced_quotes,
}
