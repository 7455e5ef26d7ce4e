"""An embedded store is moved to PostgreSQL: all of it, provably, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from domain.numbers import PacketNumber
from domain.roles import Role
from infra import move as moving
from infra.bootstrap import AlreadyServingError, Qolhat, bootstrap, server_lock
from infra.errors import StorageBusyError
from infra.migrations import NothingToMigrateError
from infra.move import MoveDiffersError, NothingToMoveError, TargetNotEmptyError, move
from infra.settings import Settings, StoreKind
from infra.store.identity import identity_of
from infra.vault import Picture, WrongVaultKeyError, new_key
from infra.views.rebuild import verify
from tests.infra.store.test_group_commit import reserve
from tests.office import APPLICANT, Office, SettableClock
from tests.stories import MORNING, PEOPLE

PASSWORD = "сегіз қырлы, бір сырлы"


@pytest.fixture
def source(tmp_path: Path) -> Settings:
    """Settings of the embedded store."""
    return Settings(data_dir=tmp_path / "embedded")


@pytest.fixture
def target(tmp_path: Path, postgres_dsn: str) -> Settings:
    """Settings of the store on a server; its folder is not there yet."""
    dsn = SecretStr(postgres_dsn)
    return Settings(data_dir=tmp_path / "server", store=StoreKind.POSTGRES, postgres_dsn=dsn)


@pytest.fixture
def number(source: Settings) -> PacketNumber:
    """A packet of the embedded store, in which there is something of everything."""
    clock = SettableClock()
    with bootstrap(source, now=clock) as qolhat:
        office = Office(qolhat, clock)
        numbers = [office.register(minute)[0] for minute in range(10, 30)]
        office.scan(40, numbers[0], Role.COLLECTING)
        person = PEOPLE[Role.HEAD]
        qolhat.accounts.set_login(person, "басшы")
        qolhat.accounts.set_password(person, PASSWORD)
        qolhat.access.note(person, str(numbers[0]), "packet", 0)
        qolhat.vault.put_pictures([Picture("p1", str(numbers[0]), bytes(range(256)) * 9)], MORNING)
    return numbers[0]


def everything(qolhat: Qolhat) -> Any:
    rows = qolhat.log.rows.rows_after(0, 10_000)
    return rows, identity_of(qolhat.log), qolhat.vault.picture("p1")


def test_everything_is_moved_and_goes_on_there(
    source: Settings, target: Settings, number: PacketNumber
) -> None:
    told: list[tuple[int, int]] = []
    moved = move(target, source.data_dir, lambda done, of: told.append((done, of)))
    with bootstrap(source) as before, bootstrap(target) as after:
        assert everything(after) == everything(before)
        assert moved.events == after.log.rows.last_position()
        assert after.vault.find(iin=APPLICANT["iin"]) == before.vault.find(iin=APPLICANT["iin"])
        assert after.accounts.check_password("басшы", PASSWORD, "") == PEOPLE[Role.HEAD]
        after.runner.catch_up()
        assert verify(after.log, after.views).differences == ()
    assert moved.tables["vault_pictures"].rows == 1
    assert moved.tables["store_identity"].rows == 1
    assert told[0][0] == 0
    assert all(done <= of for done, of in told)
    with bootstrap(target, now=SettableClock()) as after:  # whatever is numbered is numbered on
        after.access.note(PEOPLE[Role.HEAD], str(number), "packet", 0)
        assert after.personnel.appoint(267, [Role.INSPECTOR])
        assert after.log.rows.last_position() > moved.events


def test_a_move_that_is_interrupted_leaves_nothing_and_can_be_made_again(
    source: Settings, target: Settings, number: PacketNumber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "_PIECE", 5)
    steps: list[int] = []
    complete = 0

    def stop_at(step: int) -> Callable[[int, int], None]:
        def told(done: int, of: int) -> None:
            steps.append(done)
            if len(steps) == step:
                raise KeyboardInterrupt

        return told

    for step in (1, 9, 30):
        steps.clear()
        with pytest.raises(KeyboardInterrupt):
            move(target, source.data_dir, stop_at(step))
        complete = count(target, "stored_events") + count(target, "vault_records")
        assert complete == 0
    assert move(target, source.data_dir).events == count(target, "stored_events") > 0


def count(settings: Settings, table: str) -> int:
    with psycopg.connect(settings.postgres_dsn.get_secret_value()) as connection:
        found = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
    assert found is not None
    return int(found[0])


def test_a_copy_that_is_not_the_same_is_not_kept(
    source: Settings, target: Settings, number: PacketNumber
) -> None:
    with psycopg.connect(target.postgres_dsn.get_secret_value(), autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " IF NEW.position = 7 THEN NEW.state = replace(NEW.state, '1', '2'); END IF;"
            " RETURN NEW; END $$"
        )
        connection.execute(
            "CREATE TRIGGER spoil BEFORE INSERT ON stored_events"
            " FOR EACH ROW EXECUTE FUNCTION spoil()"
        )
    with pytest.raises(MoveDiffersError) as raised:
        move(target, source.data_dir)
    assert raised.value.facts == {"table": "stored_events"}
    assert count(target, "stored_events") == 0


def test_two_stores_are_not_mixed(source: Settings, target: Settings, number: PacketNumber) -> None:
    with bootstrap(target):
        pass  # a server was started once: it has a key of its own, and nothing was recorded
    with pytest.raises(WrongVaultKeyError):
        move(target, source.data_dir)
    same = target.model_copy(update={"data_dir": source.data_dir})
    moved = move(same, source.data_dir)
    with pytest.raises(TargetNotEmptyError) as raised:
        move(same, source.data_dir)
    assert raised.value.facts == {"table": "stored_events"}
    assert count(target, "stored_events") == moved.events


def test_the_key_must_be_the_vaults(
    source: Settings, target: Settings, number: PacketNumber
) -> None:
    other = target.model_copy(update={"vault_key": SecretStr(new_key())})
    with pytest.raises(WrongVaultKeyError):
        move(other, source.data_dir)
    assert count(target, "stored_events") == 0
    move(target, source.data_dir)  # it has none yet: it gets the source's
    key = (target.data_dir / "vault.key").read_text()
    assert key == (source.data_dir / "vault.key").read_text()


def test_a_store_at_work_is_not_moved(
    source: Settings, target: Settings, number: PacketNumber
) -> None:
    with server_lock(source), pytest.raises(AlreadyServingError):
        move(target, source.data_dir)


def test_nobody_records_while_a_store_is_moved(
    source: Settings, target: Settings, number: PacketNumber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.store.sqlite.BUSY_TIMEOUT_SECONDS", 0)
    monkeypatch.setattr("infra.store.group_commit.ATTEMPTS", 1)
    refused: list[Exception | None] = []
    with bootstrap(source) as qolhat:

        def record(_done: int, _of: int) -> None:
            refused.append(qolhat.log.commands.run_all([reserve(1)])[0].error)

        moved = move(target, source.data_dir, record)
        assert qolhat.log.rows.last_position() == moved.events
        assert qolhat.log.commands.run(reserve(1)).position > moved.events
    assert refused
    assert all(isinstance(error, StorageBusyError) for error in refused)


def test_what_cannot_be_moved_is_told(source: Settings, target: Settings, tmp_path: Path) -> None:
    with pytest.raises(NothingToMoveError):
        move(target, tmp_path / "nowhere")
    with pytest.raises(NothingToMigrateError):
        move(source, source.data_dir)
