"""The directory: its organisations, who works with whom, its places and its findings."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.directory import (
    BadPlaceError,
    Directory,
    FaultyDirectoryError,
    LinkBasis,
    Organisation,
    OrganisationKind,
    Place,
    Rule,
    WorksWith,
    parse_organisations,
    parse_works_with,
    standard_places,
    zone_of,
)
from domain.directory.organisation import ORGANISATION_COLUMNS
from domain.errors import UnknownOrganisationError, UnknownPlaceError
from domain.numbers import PlaceCode, packet_number, place_code
from domain.roles import Role, Sector
from infra.directory_files import load_directory

Kind = OrganisationKind
LUNCH = ((time(9), time(13)), (time(14), time(18)))
HEADER = ",".join(ORGANISATION_COLUMNS)

AKSU_CITY_2011, AKSU_CITY_2023 = 160, 564
SARQAN_AUTHORITY, SARQAN_BRANCH = 46, 280
MANGYSTAU_CENTRE = 219


@pytest.fixture(scope="module")
def directory() -> Directory:
    return load_directory()


def row(code: int = 1, kind: str = "authority", **cells: str) -> str:
    values = {"code": str(code), "kind": kind, "region": "Р", "name_kk": "Н", "source": "002"}
    values |= cells
    return ",".join(f'"{values.get(column, "")}"' for column in ORGANISATION_COLUMNS)


def organisations(*rows: str) -> tuple[Organisation, ...]:
    return parse_organisations("\n".join((HEADER, *rows)))


def codes_found(directory: Directory, rule: Rule) -> list[tuple[int, ...]]:
    return [finding.codes for finding in directory.findings if finding.rule is rule]


class TestTheListsAreWhole:
    def test_all_566_organisations_are_there_under_their_codes(self, directory: Directory) -> None:
        assert [each.code for each in directory.organisations] == list(range(1, 567))

    def test_each_kind_has_as_many_as_the_sources_list(self, directory: Directory) -> None:
        assert Counter(each.kind for each in directory.organisations) == {
            Kind.AUTHORITY: 208,  # 207 of 2011 and Ақсу city's of 2023
            Kind.SERVICE_CENTRE: 27,
            Kind.SERVICE_CENTRE_BRANCH: 19,
            Kind.REGIONAL_DEPARTMENT: 18,  # 16 of 2011, two of 2022 and 2023
            Kind.AKIMAT_OFFICE: 16,
            Kind.RURAL_AKIM: 254,
            Kind.SUBORDINATE_INSTITUTION: 24,
        }

    def test_codes_printed_on_cards_keep_their_organisations(self, directory: Directory) -> None:
        printed = {
            1: "Ақкөл ауданының",
            207: "Астана қаласының",
            208: "Ақмола облысының ХҚО",
            267: "Ақсу аудандық филиалы",
            286: "Жансүгіров кенттік округ",
            566: "Батыс Қазақстан облысының",
        }
        for code, beginning in printed.items():
            assert directory.organisation(code).name_kk.startswith(beginning)

    def test_an_akims_district_stands_apart_from_the_region(self, directory: Directory) -> None:
        akim = directory.organisation(286)
        assert (akim.region, akim.district) == ("Алматы облысы", "Ақсу ауданы")

    def test_a_district_has_one_spelling_whatever_the_source_writes(
        self, directory: Directory
    ) -> None:
        authority, branch = directory.organisation(46), directory.organisation(280)
        assert authority.name_kk.startswith("Сарқант ")
        assert branch.name_kk.startswith("Сарқан ")
        assert authority.district == branch.district == "Сарқан ауданы"

    def test_a_code_that_was_never_given_is_refused(self, directory: Directory) -> None:
        with pytest.raises(UnknownOrganisationError):
            directory.organisation(567)


class TestWhatAKindIs:
    def test_papers_are_handed_in_at_centres_and_their_branches(self) -> None:
        assert {kind for kind in Kind if kind.is_centre} == {
            Kind.SERVICE_CENTRE,
            Kind.SERVICE_CENTRE_BRANCH,
        }

    def test_authorities_departments_of_regions_and_akims_decide(self) -> None:
        assert {kind for kind in Kind if kind.decides} == {
            Kind.AUTHORITY,
            Kind.REGIONAL_DEPARTMENT,
            Kind.RURAL_AKIM,
        }

    def test_the_year_that_tells_two_texts_apart_is_no_part_of_the_name(
        self, directory: Directory
    ) -> None:
        later = directory.organisation(AKSU_CITY_2023)
        assert later.text_year == 2023
        assert later.official_name == directory.organisation(AKSU_CITY_2011).name_kk

    def test_every_mail_address_can_be_used(self, directory: Directory) -> None:
        assert directory.organisation(9).emails == (
            "esil_sobes@mail.ru",
            "sobes@kokshetau.online.kz",
        )


class TestHours:
    def test_an_authority_works_five_days_with_a_break(self, directory: Directory) -> None:
        authority = directory.organisation(1)
        assert authority.hours_given
        assert authority.hours.days == (LUNCH,) * 5 + ((), ())

    def test_branches_of_almaty_region_work_on_saturdays(self, directory: Directory) -> None:
        assert directory.organisation(SARQAN_BRANCH).hours.six_day_week

    def test_a_department_without_hours_gets_the_authoritys_and_is_marked(
        self, directory: Directory
    ) -> None:
        department = directory.organisation(235)
        assert not department.hours_given
        assert department.hours == directory.organisation(1).hours

    @pytest.mark.parametrize(
        ("kind", "day"),
        [
            ("service-centre", ((time(9), time(20)),)),
            ("service-centre-branch", ((time(9), time(13)), (time(14), time(19)))),
            ("akimat-office", LUNCH),
        ],
    )
    def test_each_kind_has_its_default(self, kind: str, day: tuple[tuple[time, time], ...]) -> None:
        (one,) = organisations(row(kind=kind))
        assert not one.hours_given
        assert one.hours.days == (day,) * 5 + ((), ())


class TestZones:
    @pytest.mark.parametrize(
        ("region", "hours_before"),
        [
            ("Ақтөбе облысы", 5),
            ("Атырау облысы", 5),
            ("Батыс Қазақстан облысы", 5),
            ("Маңғыстау облысы", 5),
            ("Қызылорда облысы", 5),
            ("Қостанай облысы", 6),
            ("Алматы облысы", 6),
            ("Астана қаласы", 6),
        ],
    )
    def test_the_regions_met_on_1_march_2024(self, region: str, hours_before: int) -> None:
        zone = ZoneInfo(zone_of(region))
        before = datetime(2024, 2, 29, 12, tzinfo=UTC).astimezone(zone)
        after = datetime(2024, 3, 1, 12, tzinfo=UTC).astimezone(zone)
        assert before.utcoffset() == timedelta(hours=hours_before)
        assert after.utcoffset() == timedelta(hours=5)

    def test_kyzylorda_changed_already_in_december_2018(self) -> None:
        zone = ZoneInfo(zone_of("Қызылорда облысы"))
        before = datetime(2018, 12, 1, tzinfo=UTC).astimezone(zone)
        assert before.utcoffset() == timedelta(hours=6)

    def test_each_western_region_is_written_as_the_directory_writes_it(
        self, directory: Directory
    ) -> None:
        assert Counter(each.zone for each in directory.organisations if each.kind.is_centre) == {
            "Asia/Almaty": 40,
            "Asia/Aqtobe": 1,
            "Asia/Atyrau": 1,
            "Asia/Oral": 1,
            "Asia/Aqtau": 1,
            "Asia/Qyzylorda": 1,
            "Asia/Qostanay": 1,
        }


class TestWhoWorksWithWhom:
    def test_every_centre_branch_and_akim_has_one_authority(self, directory: Directory) -> None:
        clients = {each.code for each in directory.organisations if each.kind.works_with_authority}
        assert len(directory.links) == 300
        assert {link.code for link in directory.links} == clients

    def test_every_link_holds(self, directory: Directory) -> None:
        for link in directory.links:
            client, authority = (directory.organisation(c) for c in (link.code, link.authority))
            assert authority.kind.decides
            assert authority.kind is not Kind.RURAL_AKIM
            assert authority.duplicate_of is None
            assert client.region == authority.region
            if client.district and authority.district:
                assert client.district == authority.district

    def test_branches_and_akims_are_linked_inside_their_district(
        self, directory: Directory
    ) -> None:
        for link in directory.links:
            client, authority = (directory.organisation(c) for c in (link.code, link.authority))
            if client.kind is not Kind.SERVICE_CENTRE:
                assert client.district == authority.district != ""

    def test_a_regions_centre_works_with_the_city_it_stands_in(self, directory: Directory) -> None:
        for link in directory.links:
            if link.basis in {LinkBasis.CAPITAL, LinkBasis.CITY_OF_CENTRE}:
                city = directory.organisation(link.authority).district.removesuffix(" қаласы")
                assert directory.organisation(link.code).address.startswith(city)

    @pytest.mark.parametrize(
        ("centre", "authority", "city"),
        [(212, 61, "Өскемен"), (213, 62, "Семей"), (210, 51, "Талдықорған"), (219, 151, "Ақтау")],
    )
    def test_the_capitals_are_the_right_ones(
        self, directory: Directory, centre: int, authority: int, city: str
    ) -> None:
        assert directory.authority_of(centre) == authority
        assert directory.organisation(authority).district == f"{city} қаласы"

    def test_aktobe_city_has_no_authority_in_the_sources_so_the_region_stands_in(
        self, directory: Directory
    ) -> None:
        authority = directory.authority_of(209)
        assert authority == 236
        assert directory.organisation(authority).kind is Kind.REGIONAL_DEPARTMENT
        assert codes_found(directory, Rule.NO_CITY_AUTHORITY) == [(209, 236)]

    def test_the_five_centres_of_astana_share_its_one_authority(self, directory: Directory) -> None:
        assert directory.clients_of(207) == (230, 231, 232, 233, 234)

    def test_turksib_is_one_district_under_both_spellings(self, directory: Directory) -> None:
        assert "Түркісіб" in directory.organisation(229).name_kk
        assert directory.authority_of(229) == 206

    def test_an_authority_knows_its_clients(self, directory: Directory) -> None:
        assert directory.clients_of(SARQAN_AUTHORITY) == (SARQAN_BRANCH, *range(498, 511))

    def test_an_authority_works_with_none_above_it(self, directory: Directory) -> None:
        assert directory.authority_of(SARQAN_AUTHORITY) is None

    def test_a_duplicate_has_no_clients(self, directory: Directory) -> None:
        assert directory.clients_of(41) == directory.clients_of(49) == ()

    def test_nobody_can_be_asked_about_an_unknown_code(self, directory: Directory) -> None:
        with pytest.raises(UnknownOrganisationError):
            directory.authority_of(9999)
        with pytest.raises(UnknownOrganisationError):
            directory.clients_of(9999)


class TestLinksThatCannotBe:
    AUTHORITY = row(1, district="А ауданы")
    BRANCH = row(2, "service-centre-branch", district="А ауданы")
    LINK = WorksWith(2, 1, LinkBasis.DISTRICT)

    def test_the_same_rows_make_a_directory_when_all_is_well(self) -> None:
        assert Directory(organisations(self.AUTHORITY, self.BRANCH), [self.LINK]).links

    @pytest.mark.parametrize(
        ("rows", "links", "fault"),
        [
            ((AUTHORITY,), [LINK], "an unknown organisation"),
            ((AUTHORITY, BRANCH), [LINK, LINK], "two authorities"),
            ((row(1, "akimat-office"), BRANCH), [LINK], "the kinds do not fit"),
            ((AUTHORITY, row(2)), [LINK], "the kinds do not fit"),
            ((row(1, duplicate_of="3"), BRANCH, row(3)), [LINK], "the authority is a duplicate"),
            ((row(1, region="Q"), BRANCH), [LINK], "the regions differ"),
            ((row(1, district="Б ауданы"), BRANCH), [LINK], "the districts differ"),
            ((AUTHORITY, AUTHORITY), [], "a code stands twice"),
            ((row(1, duplicate_of="3"),), [], "a duplicate of an unknown organisation"),
        ],
    )
    def test_a_directory_is_not_made_of_them(
        self, rows: tuple[str, ...], links: list[WorksWith], fault: str
    ) -> None:
        with pytest.raises(FaultyDirectoryError) as caught:
            Directory(organisations(*rows), links)
        assert caught.value.facts["fault"] == fault


class TestTexts:
    @pytest.mark.parametrize(
        ("text", "line", "fault"),
        [
            ("code,kind", 1, "the columns are not"),
            ("", 1, "the columns are not"),
            (f"{HEADER}\n1,authority", 2, "2 cells"),
            (f"{HEADER}\n{row()}\n{row(2, 'shop')}", 3, "shop"),
            (f"{HEADER}\n{row(0)}", 2, "not a code"),
            (f"{HEADER}\n{row(10_000)}", 2, "not a code"),
            (f"{HEADER}\n{row(duplicate_of='x')}", 2, "not a code"),
            (f"{HEADER}\n{row(region='')}", 2, "region is empty"),
            (f"{HEADER}\n{row(hours='always')}", 2, "bad-hours"),
            (f'{HEADER}\n"1"2,', 2, "expected after"),
        ],
    )
    def test_a_fault_is_told_with_its_line(self, text: str, line: int, fault: str) -> None:
        with pytest.raises(FaultyDirectoryError) as caught:
            parse_organisations(text)
        assert caught.value.facts["line"] == line
        assert fault in str(caught.value.facts["fault"])

    def test_a_link_needs_a_known_reason(self) -> None:
        with pytest.raises(FaultyDirectoryError) as caught:
            parse_works_with("code,authority,basis\n2,1,habit")
        assert caught.value.facts["line"] == 2


class TestPlaces:
    @pytest.mark.parametrize("centre", [208, SARQAN_BRANCH])
    def test_a_centre_has_windows_a_collecting_department_and_couriers(
        self, directory: Directory, centre: int
    ) -> None:
        assert [(place.role, place.number) for place in directory.places_of(centre)] == [
            (Role.INSPECTOR, 1),
            (Role.INSPECTOR, 2),
            (Role.INSPECTOR, 3),
            (Role.COLLECTING, 1),
            (Role.COURIER, 1),
            (Role.COURIER, 2),
        ]

    @pytest.mark.parametrize("authority", [SARQAN_AUTHORITY, 236])
    def test_an_authority_has_an_executor_in_every_sector(
        self, directory: Directory, authority: int
    ) -> None:
        office, head, *executors = directory.places_of(authority)
        assert (office.role, head.role) == (Role.OFFICE, Role.HEAD)
        assert [(place.number, place.sector) for place in executors] == [
            (1, Sector.VETERANS_AND_DISABLED),
            (2, Sector.EMPLOYMENT),
            (3, Sector.SOCIAL_AID),
            (4, Sector.HOUSING_AID),
            (5, Sector.HOME_CARE),
        ]

    def test_an_akim_has_an_office_himself_and_one_executor(self, directory: Directory) -> None:
        assert [(place.role, place.sector) for place in directory.places_of(286)] == [
            (Role.OFFICE, None),
            (Role.AKIM, None),
            (Role.EXECUTOR, None),
        ]

    @pytest.mark.parametrize("other", [251, 540])
    def test_the_others_have_an_office(self, directory: Directory, other: int) -> None:
        (office,) = directory.places_of(other)
        assert office.role is Role.OFFICE

    def test_every_standard_place_is_found_by_the_code_on_its_card(
        self, directory: Directory
    ) -> None:
        places = [place for each in directory.organisations for place in standard_places(each)]
        assert len({place.code for place in places}) == len(places)
        assert all(directory.place(place.code) == place for place in places)

    @pytest.mark.parametrize(
        "code",
        [
            place_code(208, Role.INSPECTOR, 4),  # a fourth window that nobody set up
            place_code(9999, Role.OFFICE, 1),  # no such organisation
            PlaceCode(place_code(208, Role.INSPECTOR, 1) + 1),  # misread
            PlaceCode(packet_number(208, 1)),
            PlaceCode(0),
        ],
    )
    def test_a_code_of_no_place_is_refused(self, directory: Directory, code: PlaceCode) -> None:
        with pytest.raises(UnknownPlaceError):
            directory.place(code)

    def test_the_places_of_an_unknown_organisation_cannot_be_listed(
        self, directory: Directory
    ) -> None:
        with pytest.raises(UnknownOrganisationError):
            directory.places_of(9999)


class TestMorePlaces:
    WINDOW_4 = Place.at(208, Role.INSPECTOR, 4)

    @pytest.fixture
    def directory(self) -> Directory:
        """One of our own: places are opened in it."""
        return load_directory()

    def test_a_centre_opens_a_fourth_window(self, directory: Directory) -> None:
        with pytest.raises(UnknownPlaceError):
            directory.place(self.WINDOW_4.code)
        directory.open(self.WINDOW_4)
        assert directory.place(self.WINDOW_4.code) == self.WINDOW_4
        assert directory.places_of(208)[-1] == self.WINDOW_4

    def test_openings_add_up_and_repeating_one_is_no_fault(self, directory: Directory) -> None:
        fifth = Place.at(208, Role.INSPECTOR, 5)
        for each in (self.WINDOW_4, fifth, self.WINDOW_4):
            directory.open(each)
        assert directory.places_of(208)[-2:] == (self.WINDOW_4, fifth)

    @pytest.mark.parametrize("window", [WINDOW_4, Place.at(208, Role.INSPECTOR, 1)])
    def test_a_closed_place_is_offered_no_longer_but_known_for_ever(
        self, directory: Directory, window: Place
    ) -> None:
        directory.open(self.WINDOW_4)
        before = directory.places_of(208)
        directory.close(window.code)
        assert set(before) - set(directory.places_of(208)) == {window}
        assert directory.place(window.code) == window
        assert directory.all_places_of(208) == before
        assert not directory.is_open(window.code)
        directory.open(window)
        assert directory.is_open(window.code)
        assert directory.places_of(208) == before

    def test_a_place_of_an_organisation_that_was_lost_harms_nobody(
        self, directory: Directory
    ) -> None:
        lost = Place.at(9000, Role.OFFICE, 1)
        directory.open(lost)
        with pytest.raises(UnknownPlaceError):
            directory.place(lost.code)

    def test_places_opened_by_many_threads_are_all_there(self, directory: Directory) -> None:
        windows = [Place.at(208, Role.INSPECTOR, number) for number in range(1, 200)]
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(directory.open, windows))
        assert {p for p in directory.places_of(208) if p.role is Role.INSPECTOR} == set(windows)

    def test_a_code_must_be_the_places_own(self) -> None:
        with pytest.raises(BadPlaceError):
            Place(self.WINDOW_4.code, 208, Role.INSPECTOR, 5)

    def test_only_executors_sit_in_sectors(self) -> None:
        with pytest.raises(BadPlaceError):
            Place.at(1, Role.HEAD, 1, Sector.EMPLOYMENT)

    @pytest.mark.parametrize(
        ("organisation", "role", "number"),
        [
            (1, Role.AUDITOR, 1),  # only looks; holds no packets
            (1, Role.OFFICE, 0),
            (1, Role.OFFICE, 1_000_000),
            (10_000, Role.OFFICE, 1),
        ],
    )
    def test_some_places_cannot_be(self, organisation: int, role: Role, number: int) -> None:
        with pytest.raises(BadPlaceError):
            Place.at(organisation, role, number)


class TestFindings:
    def test_two_authorities_of_almaty_region_stand_twice(self, directory: Directory) -> None:
        assert codes_found(directory, Rule.DUPLICATE) == [(37, 41), (42, 49)]

    def test_the_review_marked_exactly_what_the_rule_finds(self, directory: Directory) -> None:
        marked = [
            (each.duplicate_of, each.code)
            for each in directory.organisations
            if each.duplicate_of is not None
        ]
        assert marked == codes_found(directory, Rule.DUPLICATE)

    def test_later_documents_name_three_bodies_again(self, directory: Directory) -> None:
        assert codes_found(directory, Rule.SUCCESSOR_TEXT) == [
            (AKSU_CITY_2011, AKSU_CITY_2023),
            (239, 565),
            (241, 566),
        ]
        assert directory.organisation(AKSU_CITY_2023).duplicate_of is None

    def test_the_region_of_mangystaus_centre_was_filled_in(self, directory: Directory) -> None:
        (finding,) = (f for f in directory.findings if f.rule is Rule.REGION_FILLED)
        assert finding.codes == (MANGYSTAU_CENTRE,)
        assert finding.mended
        assert directory.organisation(MANGYSTAU_CENTRE).region == "Маңғыстау облысы"

    def test_respelled_districts_are_told_with_what_the_source_wrote(
        self, directory: Directory
    ) -> None:
        told = {
            finding.detail: len(finding.codes)
            for finding in directory.findings
            if finding.rule is Rule.DISTRICT_RESPELLED
        }
        assert told == {
            "Сарқант → Сарқан ауданы": 1,
            "Казталов → Қазталов ауданы": 1,
            "Жетіқара → Жітіқара ауданы": 1,
            "Түркісіб → Түрксіб ауданы": 1,
            "Балхаш → Балқаш ауданы": 15,
            "Карасай → Қарасай ауданы": 13,
            "Уйғыр → Ұйғыр ауданы": 14,
            "Қапшагай → Қапшағай қаласы": 2,
        }

    @pytest.mark.parametrize(
        ("rule", "codes"),
        [
            (Rule.CITY_CALLED_DISTRICT, [(138,), (141,), (152,)]),
            (Rule.REPEATED_EMAIL, [(143, 146), tuple(range(403, 413))]),
            (Rule.REPEATED_PHONE, [(183,), (207, 250), (207, 250), (476, 477)]),
            (
                Rule.REPEATED_ADDRESS,
                [(210, 237, 284), (287, 303), (322, 325), (418, 500)],
            ),
            (Rule.REPEATED_POSTCODE, [(64, 65), (66, 74)]),
            (
                Rule.ADDRESS_OF_ANOTHER,
                [(302, 303), (303, 287), (314, 320), (320, 319), (322, 321), (325, 321)],
            ),
            (Rule.CYRILLIC_IN_EMAIL, [(241,)]),
            (Rule.ODD_WEB, [(464,)]),
            (Rule.PHONE_WITHOUT_CODE, [(158,), (168,), (435,)]),
            (Rule.NAME_CUT_SHORT, [(63,)]),
            (
                Rule.RUSSIAN_FORM,
                [(163,), (359,), (407,), (478,), (537,), (538,), (539,)],
            ),
            (Rule.WORDS_RUN_TOGETHER, [(532,), (558,)]),
            (Rule.UNBALANCED_QUOTES, [(550,)]),
        ],
    )
    def test_the_rules_find_the_known_defects_and_no_others(
        self, directory: Directory, rule: Rule, codes: list[tuple[int, ...]]
    ) -> None:
        assert codes_found(directory, rule) == codes

    def test_house_numbers_that_are_none(self, directory: Directory) -> None:
        found = Counter(f.detail for f in directory.findings if f.rule is Rule.NO_STREET_NUMBER)
        assert found == {"н/ж": 6, "б/н": 4, "б-н": 3}

    def test_pieces_of_mail_addresses_left_in_postal_ones(self, directory: Directory) -> None:
        found = Counter(f.detail for f in directory.findings if f.rule is Rule.STRAY_FRAGMENT)
        assert found == {
            "www.social.": 1,
            "jangeldy.": 1,
            "ro_esil.": 1,
            "www.ozsp-tsh.": 1,
            "iIi_": 10,
        }

    def test_telephones_that_cannot_be_dialled(self, directory: Directory) -> None:
        odd = codes_found(directory, Rule.ODD_PHONE)
        assert len(odd) == 18
        assert {(482,), (484,), (507,)} <= set(odd)

    def test_a_defect_does_not_make_an_organisation_unusable(self, directory: Directory) -> None:
        for finding in directory.findings:
            for code in finding.codes:
                assert directory.places_of(code)

    def test_a_list_without_faults_gives_no_findings(self) -> None:
        clean = row(1, name_kk="А ауданының бөлімі", district="А ауданы", phone="8-71638 2-10-48")
        assert Directory(organisations(clean)).findings == ()
