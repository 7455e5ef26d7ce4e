"""A store on PostgreSQL as `qolhat migrate` leaves it."""

from __future__ import annotations

from pathlib import Path

from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr

from infra.migrations import migrate
from infra.settings import Settings, StoreKind
from tests.servers.postgres import PostgresServer


def migrated_settings(dsn: str, folder: Path) -> Settings:
    """Return the settings of a store in a database that is migrated by this call."""
    settings = Settings(data_dir=folder, store=StoreKind.POSTGRES, postgres_dsn=SecretStr(dsn))
    migrate(settings)
    return settings


def migrated_database(server: PostgresServer) -> str:
    """Make a migrated database from which others can be copied; return its name."""
    dsn = server.fresh_database()
    migrated_settings(dsn, Path())
    return str(conninfo_to_dict(dsn)["dbname"])
