"""Finding an organisation however its name is typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.directory import Directory, OrganisationKind, fold, words
from infra.directory_files import load_directory

# What each Kazakh letter becomes on a keyboard without it.
LOOKALIKES = dict(zip("әғқңөұүһіӘҒҚҢӨҰҮҺІ", "агкноууxиАГКНОУУXИ", strict=True)) | {
    "һ": "х",
    "Һ": "Х",
}
ALPHABET = "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя"
KAZAKH_TEXT = st.text(alphabet=ALPHABET + ALPHABET.upper() + " -«»0123456789")


@pytest.fixture(scope="module")
def directory() -> Directory:
    return load_directory()


def found(directory: Directory, query: str, limit: int = 20) -> list[int]:
    return [each.code for each in directory.search(query, limit=limit)]


def first(directory: Directory, query: str) -> int:
    return found(directory, query)[0]


class TestFolding:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Балқаш", "БАЛХАШ"),
            ("Ұйғыр", "Уйгыр"),
            ("Егіндікөл", "Егiндiкол"),  # Latin i
            ("Алматы", "Almaty"),
            ("Ақсу", "Aqsu"),
            ("Ақсу", "Аксу"),
            ("Қызылорда", "Qyzylorda"),
            ("Қызылорда", "Kyzylorda"),
            ("Шымкент", "Shymkent"),
            ("Жезқазған", "Zhezkazgan"),
            ("Жезқазған", "Jezqazğan"),
            ("Щучинск", "Shchuchinsk"),
            ("Целиноград", "Tselinograd"),
            ("Есіл", "Yesil"),
            ("Өскемен", "Öskemen"),
            ("Шымкент", "Şymkent"),
            ("Хромтау", "Khromtau"),
            ("Ақкөл", "Akkol"),
            ("Киевка", "Kiyevka"),
            ("Сырдария", "Syrdarya"),
            ("Аягөз", "Ayagoz"),
            ("Қостанай", "Kostanay"),
            ("Семей", "Semey"),
            ("Рудный", "Rudny"),
            ("Ерейментау", "Ереи\u0306ментау"),  # й in two characters
            ("Королёв", "Королев"),
        ],
    )
    def test_two_ways_to_type_one_name_meet(self, one: str, other: str) -> None:
        assert fold(one) == fold(other)

    def test_latin_letters_in_a_cyrillic_word_are_read_by_their_looks(self) -> None:
        assert fold("Capқaн") == fold("Сарқан")  # C, a, p and a are Latin

    def test_different_names_stay_different(self) -> None:
        assert fold("Қаратал") != fold("Қарасай") != fold("Қарасу")

    def test_marks_and_quotes_part_words(self) -> None:
        assert words("«Қатон-Қарағай», 9/1а") == ("катон", "карагаи", "9", "1а")

    def test_letters_and_digits_stay_doubled(self) -> None:
        assert words("11 Аққөл 2200") == ("11", "аккол", "2200")

    def test_nothing_folds_to_nothing(self) -> None:
        assert fold("") == fold(" —«ь» ") == ""

    @given(st.text())
    def test_folding_twice_is_folding_once(self, text: str) -> None:
        assert fold(fold(text)) == fold(text)

    @given(KAZAKH_TEXT, st.data())
    def test_russian_lookalikes_do_not_matter(self, text: str, data: st.DataObject) -> None:
        typed = "".join(
            LOOKALIKES.get(letter, letter) if data.draw(st.booleans()) else letter
            for letter in text
        )
        assert fold(typed) == fold(text)

    @given(KAZAKH_TEXT, st.data())
    def test_latin_i_for_kazakh_i_does_not_matter(self, text: str, data: st.DataObject) -> None:
        typed = "".join(
            data.draw(st.sampled_from({"і": "іi", "І": "ІI"}.get(letter, letter)))
            for letter in text
        )
        assert fold(typed) == fold(text)

    @given(KAZAKH_TEXT, st.data())
    def test_case_does_not_matter(self, text: str, data: st.DataObject) -> None:
        typed = "".join(data.draw(st.sampled_from([str.upper, str.lower]))(one) for one in text)
        assert fold(typed) == fold(text)


class TestFindingByName:
    @pytest.mark.parametrize(
        ("query", "code"),
        [
            ("Балқаш ауданы", 34),
            ("балхаш район", 34),
            ("balkash", 34),
            ("Карасай", 39),
            ("уйғыр", 48),
            ("Сарқан", 46),
            ("сарқант", 46),
            ("Түркісіб", 229),
            ("turksib", 206),
            ("Tulkibas", 194),
            ("кокшетау отдел", 19),
            ("риддер", 63),
            ("Лепсы Сарқан", 510),
            ("Лепсы Алакөл", 323),
        ],
    )
    def test_the_one_meant_comes_first(self, directory: Directory, query: str, code: int) -> None:
        assert first(directory, query) == code

    def test_both_spellings_find_the_authority_the_branch_and_the_akims(
        self, directory: Directory
    ) -> None:
        of_district = {46, 280, *range(498, 511)}
        assert of_district <= set(found(directory, "сарқан", limit=50))
        assert of_district <= set(found(directory, "сарқант", limit=50))

    def test_every_word_must_match(self, directory: Directory) -> None:
        assert found(directory, "Ақсу Павлодар") == [160, 564]
        assert found(directory, "Ақсу Маңғыстау") == []

    def test_a_word_half_typed_finds_already(self, directory: Directory) -> None:
        assert first(directory, "талдық") == 51

    def test_names_come_before_addresses(self, directory: Directory) -> None:
        order = found(directory, "Абай", limit=100)
        names = [code for code in order if "Абай" in directory.organisation(code).name_kk]
        assert order[: len(names)] == names == [65, 113]
        assert len(order) > len(names)

    def test_the_duplicate_comes_after_its_original(self, directory: Directory) -> None:
        order = found(directory, "Кербұлақ ауданының бөлімі")
        assert order == [42, 49]

    def test_what_russian_speakers_call_a_centre_finds_centres(self, directory: Directory) -> None:
        assert found(directory, "цон семей") == [213]
        assert found(directory, "хқко сарқан") == [280]

    def test_a_code_finds_before_anything_else(self, directory: Directory) -> None:
        assert first(directory, "26") == 26

    def test_nothing_is_found_for_nonsense(self, directory: Directory) -> None:
        assert found(directory, "қъзф") == []


class TestFindingByContact:
    @pytest.mark.parametrize(
        "query",
        ["8-72833 2-15-36", "+7 (72833) 2-15-36", "728332", "alaksob@mail.ru", "ALAKSOB"],
    )
    def test_a_piece_of_a_number_or_a_mail_address_is_enough(
        self, directory: Directory, query: str
    ) -> None:
        assert 33 in found(directory, query)

    def test_a_shared_mail_address_finds_both(self, directory: Directory) -> None:
        assert found(directory, "aral-sobes@") == [143, 146]

    def test_a_web_address_finds_the_akims_of_a_district(self, directory: Directory) -> None:
        assert set(found(directory, "sarkand.kz")) == set(range(498, 511))


class TestNarrowing:
    def test_by_kind(self, directory: Directory) -> None:
        branches = directory.search("Ақсу", kind=OrganisationKind.SERVICE_CENTRE_BRANCH)
        assert [each.code for each in branches] == [267]

    def test_by_region_however_it_is_spelled(self, directory: Directory) -> None:
        exact = directory.search("Ақсу", region="Павлодар облысы")
        assert [each.code for each in exact] == [160, 564]
        assert directory.search("Ақсу", region="павлодар облысы") == exact

    def test_an_empty_query_lists_all_of_a_kind_in_order(self, directory: Directory) -> None:
        centres = directory.search(" ", kind=OrganisationKind.SERVICE_CENTRE, limit=100)
        assert [each.code for each in centres] == list(range(208, 235))

    def test_no_more_than_the_limit(self, directory: Directory) -> None:
        assert len(directory.search("Алматы")) == 20
        assert len(directory.search("Алматы", limit=3)) == 3
