"""The results: notice, certificates and referral, each against its list of fields."""

from __future__ import annotations

from dataclasses import replace

import pytest

from api.forms import (
    Signer,
    aid_certificate_pdf,
    notice_pdf,
    referral_pdf,
    unemployed_certificate_pdf,
)
from domain.acts import Outcome
from domain.numbers import grouped
from domain.workdays import Language
from tests.api.forms.reading import MM, Box, Read
from tests.api.forms.samples import (
    ADDRESS,
    AID,
    APPLICANT,
    AUTHORITY,
    BARE,
    EXECUTOR,
    GRANTED,
    HEAD,
    LANGUAGES,
    NUMBER,
    REFERRAL,
    SERVICE,
    UNEMPLOYED,
)

REFUSED = replace(GRANTED, outcome=Outcome.REFUSED)


# --- the notice [003 annexes 3, 4] --------------------------------------------------------------


def test_a_notice_has_every_field_of_the_regulation() -> None:
    read = Read(notice_pdf(GRANTED, "kk"))
    assert read.text.count(AUTHORITY.name) == 2  # letterhead, and who informs
    for said in (
        AUTHORITY.address,
        AUTHORITY.phone,
        APPLICANT,
        ADDRESS,
        SERVICE,
        HEAD,
        "15-07/112",
    ):
        assert said in read.text
    assert "Күні: 2026 ж. 27 қараша" in read.text
    assert "шешім қабылданды" in read.text
    assert f"Орындаушы: {EXECUTOR} тел.: 8 (000) 000-00-01" in read.text
    assert grouped(NUMBER) in read.text
    assert "М.О." in read.text


def test_a_granted_service_has_no_reasons_of_refusal() -> None:
    text = Read(notice_pdf(replace(GRANTED, reasons=("Себеп",)), "kk")).text
    assert "бас тартылды" not in text
    assert "Себеп" not in text


def test_a_refusal_numbers_its_reasons() -> None:
    reasons = ("Құжаттар толық емес", "Табысы шектен асады")
    text = Read(notice_pdf(replace(REFUSED, reasons=reasons), "kk")).text
    assert "бас тартылды. Бас тарту себептері: 1. Құжаттар толық емес 2. Табысы шектен" in text
    assert "шешім қабылданды" not in text


def test_reasons_that_were_not_typed_are_written_by_hand() -> None:
    read = Read(notice_pdf(REFUSED, "kk"))
    numbers = [read.place(f"{number}.") for number in (1, 2, 3)]
    for place in numbers:
        assert any(abs(rule.bottom - place.bottom) < 3 * MM and rule.left > place.right
                   for rule in read.rules())  # fmt: skip


def test_reasons_go_on_to_the_next_page_and_the_signature_stays_whole() -> None:
    reasons = [f"{place}-себеп. " + "Бұл туралы толығырақ. " * 12 for place in range(30)]
    read = Read(notice_pdf(replace(REFUSED, reasons=reasons), "kk"))
    assert len(read.pages) > 1
    assert all(f"{place}-себеп." in read.text for place in range(30))
    assert read.all_inside(margin_mm=6)
    last = read.texts[-1]
    assert HEAD in last
    assert EXECUTOR in last
    assert grouped(NUMBER) in last


def test_a_reason_longer_than_a_page_is_not_clipped() -> None:
    reason = " ".join(f"сөз{place}" for place in range(1500))
    read = Read(notice_pdf(replace(REFUSED, reasons=[reason]), "kk"))
    assert len(read.pages) > 1
    solid = read.solid
    assert all(f"сөз{place}" in solid for place in range(1500))
    assert read.all_inside(margin_mm=6)


@pytest.mark.parametrize(
    ("signer", "position"),
    [
        (Signer(HEAD), "Уәкілетті органның басшысы"),
        (Signer(HEAD, akim=True), "Кент, ауыл, ауылдық округ әкімі"),
        (Signer(HEAD, acting=True), "Уәкілетті органның басшысы (міндетін атқарушы)"),
        (
            Signer(HEAD, akim=True, acting=True),
            "Кент, ауыл, ауылдық округ әкімі (міндетін атқарушы)",
        ),
    ],
)
def test_the_head_signs_or_the_akim_or_who_stands_in(signer: Signer, position: str) -> None:
    solid = Read(notice_pdf(replace(GRANTED, signer=signer), "kk")).solid
    assert position.replace(" ", "") in solid.replace("".join(HEAD.split()), "")


# --- the certificates [003 s6 annex 3; 002 §5] --------------------------------------------------


def test_a_certificate_of_aid_has_every_field_of_the_regulation() -> None:
    text = Read(aid_certificate_pdf(AID, "kk")).text
    assert "2026 жылдың 3-тоқсанында атаулы әлеуметтік көмек алғандығы туралы" in text
    assert f"{APPLICANT} берілді" in text
    assert "тіркеу нөмірі 112-А" in text
    assert "1. Терезежапырақ Көкек 2. Терезежапырақ Шілде" in text
    assert HEAD in text


def test_a_family_not_known_is_five_rules_and_no_family_is_none() -> None:
    unknown = Read(aid_certificate_pdf(replace(AID, family=None), "kk"))
    nobody = Read(aid_certificate_pdf(replace(AID, family=()), "kk"))
    assert "1. 2. 3. 4. 5. " in unknown.text
    assert "отбасы мүшелеріне" in unknown.text
    assert "отбасы мүшелеріне" not in nobody.text


def test_a_large_family_fits() -> None:
    family = [f"Терезежапырақ {place}-бала" for place in range(1, 46)]
    read = Read(aid_certificate_pdf(replace(AID, family=family), "kk"))
    assert len(read.pages) == 2
    assert all(f"{place}. {name}" in read.text for place, name in enumerate(family, 1))


def test_a_quarter_not_known_is_written_by_hand() -> None:
    text = Read(BARE["aid"]("kk")).text
    assert "______ жылдың ______-тоқсанында" in text


def test_a_certificate_to_the_unemployed_says_so() -> None:
    text = Read(unemployed_certificate_pdf(UNEMPLOYED, "kk")).text
    assert "жұмыссыз ретінде тіркелгені туралы" in text
    assert f"{APPLICANT} берілді." in text
    assert "тіркелген күні 2026 ж. 1 қазан" in text


def test_what_no_source_asks_for_is_left_out_when_unknown() -> None:
    text = Read(unemployed_certificate_pdf(replace(UNEMPLOYED, since=None), "kk")).text
    assert "тіркелген күні" not in text


# --- the referral [003 s4 annex 2] --------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_referral_and_its_tear_off_part_are_one_sheet(language: Language) -> None:
    read = Read(referral_pdf(REFERRAL, language))
    assert len(read.pages) == 1
    for said in (APPLICANT, REFERRAL.organisation, REFERRAL.measure):
        assert read.text.count(str(said)) == 2  # in both parts
    for said in (HEAD, "6 ай"):
        assert read.text.count(said) == 1


def test_both_parts_of_a_referral_carry_the_barcode() -> None:
    read = Read(referral_pdf(REFERRAL, "kk"))
    cut = read.place("Кесу сызығы").bottom
    width, height = read.pages[0].get_size()
    assert read.codes(part=Box(0, cut, width, height)) == [str(NUMBER)]
    assert read.codes(part=Box(0, 0, width, cut)) == [str(NUMBER)]


def test_a_referral_has_its_number_and_date() -> None:
    text = Read(referral_pdf(REFERRAL, "kk")).text
    assert "№ 45 жолдама" in text
    assert "Жолдама берілгені туралы хабарлама № 45" in text
    assert "Берілген күні: 2026 ж. 27 қараша" in text


def test_when_the_work_began_is_left_to_the_organisation() -> None:
    read = Read(referral_pdf(REFERRAL, "kk"))
    for caption in ("(күні, айы, жылы)", "(бұйрықтың күні мен нөмірі)"):
        place = read.place(caption)
        above = [rule for rule in read.rules() if 0 <= rule.bottom - place.top < 3 * MM]
        assert above, caption
        page = read.pages[0].get_textpage()
        rule = above[0]
        over = page.get_text_bounded(rule.left, rule.top, rule.right, rule.top + 4 * MM)
        assert not over.strip(), caption


def test_a_referral_with_long_names_may_take_a_second_page_but_loses_nothing() -> None:
    long = replace(REFERRAL, organisation="Ұзақ атаулы мекеме " * 25, measure="өте ұзақ шара " * 25)
    read = Read(referral_pdf(long, "kk"))
    assert read.text.count("Ұзақ атаулы мекеме") >= 48
    assert read.solid.count("өтеұзақшара") == 50
    assert read.all_inside(margin_mm=6)
