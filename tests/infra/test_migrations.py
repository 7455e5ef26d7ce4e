"""What is durable on PostgreSQL is made by one command; servers look, and make nothing."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr

from domain.roles import Role
from infra.bootstrap import bootstrap
from infra.database import postgres_address, postgres_engine
from infra.errors import StorageUnreachableError
from infra.migrations import (
    HEAD,
    Migrated,
    NothingToMigrateError,
    NotMigratedError,
    StoreTooNewError,
    migrate,
)
from infra.move import TABLES
from infra.settings import Settings, StoreKind
from infra.store.identity import identity_of
from infra.store.rows import EventRow
from infra.warnings import told
from tests.office import Office, SettableClock
from tests.stories import CENTRE, MORNING

ROOT = Path(__file__).parents[2]
_MIGRATE = (
    "from infra.migrations import migrate; from infra.settings import load_settings;"
    " print(migrate(load_settings()).changed)"
)
ODD_NAME = 'Бір "қойма" \\ %s {x} 1'


def settings_of(dsn: str, folder: Path, schema: str = "public") -> Settings:
    return Settings(
        data_dir=folder,
        store=StoreKind.POSTGRES,
        postgres_dsn=SecretStr(dsn),
        postgres_schema=schema,
    )


@pytest.fixture
def empty(empty_postgres_dsn: str, tmp_path: Path) -> Settings:
    """Settings of a database in which there is nothing."""
    return settings_of(empty_postgres_dsn, tmp_path)


def tables_of(settings: Settings) -> set[str]:
    engine = postgres_engine(settings.postgres_dsn.get_secret_value())
    found = sa.inspect(engine).get_table_names(schema=settings.postgres_schema)
    engine.dispose()
    return set(found)


def test_several_at_once_take_turns_and_one_does_it(empty: Settings) -> None:
    dsn = empty.postgres_dsn.get_secret_value()
    command = [sys.executable, "-c", _MIGRATE]
    environment = {"QOLHAT_STORE": "postgres", "QOLHAT_POSTGRES_DSN": dsn}
    others = [
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: migrate(empty), range(4)))
    told = [other.communicate()[0] for other in others]
    assert [other.returncode for other in others] == [0, 0]
    changed = [each.changed for each in done] + [text == "True\n" for text in told]
    assert sorted(changed) == [False] * 5 + [True]
    assert {each.after for each in done} == {HEAD}


def test_a_server_does_not_start_on_a_database_that_was_not_migrated(empty: Settings) -> None:
    with pytest.raises(NotMigratedError) as raised:
        bootstrap(empty)
    assert raised.value.facts == {"revision": "-", "wanted": HEAD}
    assert tables_of(empty) == set()
    migrate(empty)
    bootstrap(empty).close()


def test_a_server_does_not_start_on_what_a_later_release_has_made(empty: Settings) -> None:
    migrate(empty)
    with psycopg.connect(empty.postgres_dsn.get_secret_value()) as connection:
        connection.execute("UPDATE qolhat_version SET version_num = '9999'")
    for start in (bootstrap, migrate):
        with pytest.raises(StoreTooNewError) as raised:
            start(empty)
        assert raised.value.facts == {"revision": "9999", "wanted": HEAD}


def test_an_embedded_store_needs_no_migration(tmp_path: Path) -> None:
    with pytest.raises(NothingToMigrateError):
        migrate(Settings(data_dir=tmp_path))


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    nowhere = settings_of("postgresql://nobody@127.0.0.1:1/none", tmp_path)
    for start in (bootstrap, migrate):
        with pytest.raises(StorageUnreachableError):
            start(nowhere)


def test_the_newest_revision_is_the_one_that_is_expected() -> None:
    config = Config()
    config.set_main_option("script_location", "infra:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_what_the_revisions_make_is_what_is_used(empty: Settings) -> None:
    migrate(empty)
    engine = postgres_engine(empty.postgres_dsn.get_secret_value(), schema="public")
    used = sa.MetaData()
    for tables in TABLES.values():
        for table in tables:
            table.to_metadata(used)
    ours = frozenset(used.tables) - {"stored_events"}
    with engine.connect() as connection:
        options = {"compare_type": True, "include_object": _only(ours)}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, used) == []
        columns = [column["name"] for column in sa.inspect(connection).get_columns("stored_events")]
        assert columns == [column.name for column in used.tables["stored_events"].columns]
    engine.dispose()


def _only(names: frozenset[str]) -> Any:
    def include(_object: Any, name: str, kind: str, _reflected: bool, _other: Any) -> bool:
        return kind != "table" or name in names

    return include


def test_a_schema_may_have_any_name(empty_postgres_dsn: str, tmp_path: Path) -> None:
    odd = settings_of(empty_postgres_dsn, tmp_path, ODD_NAME)
    assert migrate(odd) == Migrated("", HEAD)
    plain = settings_of(empty_postgres_dsn, tmp_path)
    migrate(plain)
    for settings in (odd, plain):
        clock = SettableClock()
        with bootstrap(settings, now=clock) as qolhat:
            office = Office(qolhat, clock)
            number, _ = office.register()
            assert office.scan(20, number, Role.COLLECTING).standing is not None
            assert qolhat.log.rows.last_position() > 0
            qolhat.runner.catch_up()
            identity_of(qolhat.log)


def test_every_part_of_an_address_is_kept(postgres_dsn: str, monkeypatch: Any) -> None:
    given = "postgresql://u:p%20w@/db?host=/run/pg&sslmode=require&options=-c%20jit%3Doff"
    parts = conninfo_to_dict(postgres_address(given, schema='a "b'))
    assert parts["options"] == '-c jit=off -c search_path="a\\ ""b"'
    kept = {name: parts[name] for name in ("user", "password", "dbname", "host", "sslmode")}
    assert kept == {
        "user": "u", "password": "p w", "dbname": "db", "host": "/run/pg", "sslmode": "require",
    }  # fmt: skip
    assert conninfo_to_dict(postgres_address(given + "&connect_timeout=77"))["connect_timeout"] in (
        77,
        "77",
    )
    monkeypatch.setenv("PGOPTIONS", "-c jit=off")
    with psycopg.connect(postgres_address(postgres_dsn, schema='a "b')) as connection:
        for setting, value in (("search_path", '"a ""b"'), ("jit", "off")):
            found = connection.execute("SELECT current_setting(%s)", (setting,)).fetchone()
            assert found == (value,)


# --- the release before -------------------------------------------------------------------------


def test_a_database_of_the_release_before_is_taken_over(empty: Settings, tmp_path: Path) -> None:
    clock, embedded = SettableClock(), Settings(data_dir=tmp_path / "embedded")
    with bootstrap(embedded, now=clock) as qolhat:
        Office(qolhat, clock).register()
        rows = qolhat.log.rows.rows_after(0, 1000)
    positions = store_as_the_library_did(empty, rows)
    engine = postgres_engine(empty.postgres_dsn.get_secret_value())
    told.metadata.create_all(engine)  # as servers did
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO warnings_told VALUES ('mail', 1, 2, 'c', 3)"))
    engine.dispose()
    assert migrate(empty).changed
    assert "qolhat_events" not in tables_of(empty)
    with bootstrap(empty, now=clock) as qolhat:
        found = qolhat.log.rows.rows_after(0, 1000)
        assert [row[0] for row in found] == positions
        assert [row[1:] for row in found] == [row[1:] for row in rows]
        qolhat.told.forget(MORNING)
        assert qolhat.personnel.appoint(CENTRE, [Role.INSPECTOR])
        assert qolhat.log.rows.last_position() > positions[-1]


def store_as_the_library_did(settings: Settings, rows: list[EventRow]) -> list[int]:
    """Make the table of the release before, with a gap in its positions; return these."""
    parts = conninfo_to_dict(settings.postgres_dsn.get_secret_value())
    names = {"dbname": "dbname", "host": "host", "port": "port", "user": "user"}
    known: dict[str, Any] = {name: str(parts[part]) for name, part in names.items()}
    datastore = PostgresDatastore(**known, password=str(parts.get("password", "")))
    recorder = PostgresApplicationRecorder(datastore, events_table_name="qolhat_events")
    recorder.create_table()
    events = [StoredEvent(stream, version, topic, state.encode())
              for _, stream, version, topic, state in rows]  # fmt: skip
    recorder.insert_events(events[:5])
    with datastore.transaction(commit=True) as cursor:  # as a commit that failed left it
        cursor.execute("SELECT nextval('qolhat_events_notification_id_seq')")
    recorder.insert_events(events[5:])
    datastore.close()
    return [at + (at > 5) for at in range(1, len(rows) + 1)]
