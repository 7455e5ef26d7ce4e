"""What is kept durably on PostgreSQL is made and changed here, by one command before servers start.

Revisions (`versions/`) are for ever: one that was released is not changed, another is added, and
`HEAD` names it. Each writes its tables out, as they were on its day. A server only looks whether
the database is where it expects it; the embedded store needs nothing of this.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from infra.database import advisory_key, database_error, postgres_engine
from infra.errors import StorageError
from infra.settings import Settings, StoreKind

HEAD = "0005"
VERSION_TABLE = "qolhat_version"
_SCRIPTS = "infra:migrations"


class NotMigratedError(StorageError):
    """The database is not yet as this release needs it; the facts name its revision and ours."""

    code = "store-not-migrated"


class StoreTooNewError(StorageError):
    """The database was migrated by a later release; the facts name its revision and ours."""

    code = "store-too-new"


class NothingToMigrateError(StorageError):
    """The store is an embedded one, which makes its tables itself."""

    code = "nothing-to-migrate"
    status = 409


@dataclass(frozen=True, slots=True)
class Migrated:
    """What was done: the revisions before (empty: there was none) and after."""

    before: str
    after: str

    @property
    def changed(self) -> bool:
        """Tell whether there was anything to do."""
        return self.before != self.after


def migrate(settings: Settings) -> Migrated:
    """Bring the database to this release, in one transaction; several at once take turns.

    Raises NothingToMigrateError, StoreTooNewError, StorageError.
    """
    if settings.store is not StoreKind.POSTGRES:
        raise NothingToMigrateError
    engine = _engine(settings)
    try:
        with engine.begin() as connection:
            return _migrate(connection, settings.postgres_schema)
    except sa.exc.DBAPIError as error:
        raise database_error(error) from error
    finally:
        engine.dispose()


def _migrate(connection: sa.Connection, schema: str) -> Migrated:
    turn = sa.func.pg_advisory_xact_lock(advisory_key("migrate", schema))
    connection.execute(sa.select(turn))
    before = _revision(connection, schema)
    if before > HEAD:
        raise StoreTooNewError(revision=before, wanted=HEAD)
    if before != HEAD:
        if not sa.inspect(connection).has_schema(schema):
            connection.execute(sa.schema.CreateSchema(schema))
        _upgrade(connection)
    return Migrated(before, HEAD)


def _upgrade(connection: sa.Connection) -> None:
    from alembic import command  # noqa: PLC0415  half a second, for those who migrate
    from alembic.config import Config  # noqa: PLC0415  as above

    config = Config()
    config.set_main_option("script_location", _SCRIPTS)
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)


def check_migrated(settings: Settings) -> None:
    """Look whether the database is as this release needs it.

    Raises NotMigratedError, StoreTooNewError, StorageError.
    """
    engine = _engine(settings)
    try:
        with engine.connect() as connection:
            revision = _revision(connection, settings.postgres_schema)
    except sa.exc.DBAPIError as error:
        raise database_error(error) from error
    finally:
        engine.dispose()
    if revision != HEAD:
        wrong = StoreTooNewError if revision > HEAD else NotMigratedError
        raise wrong(revision=revision or "-", wanted=HEAD)


def _revision(connection: sa.Connection, schema: str) -> str:
    """Return the database's revision; the empty text where it was never migrated."""
    if not sa.inspect(connection).has_table(VERSION_TABLE, schema=schema):
        return ""
    table = sa.table(VERSION_TABLE, sa.column("version_num"), schema=schema)
    return connection.execute(sa.select(table.c.version_num)).scalar() or ""


def _engine(settings: Settings) -> sa.Engine:
    return postgres_engine(
        settings.postgres_dsn.get_secret_value(), schema=settings.postgres_schema, pool=1
    )
