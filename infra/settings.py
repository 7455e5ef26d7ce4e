"""Settings, all from `QOLHAT_*` environment variables; the README lists them."""

from __future__ import annotations

from datetime import time, timedelta
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from domain.errors import QolhatError

Language = Literal["kk", "ru", "en"]


class BadSettingError(QolhatError):
    """An environment variable that cannot be used; the facts name it and say why."""

    code = "bad-setting"


class StoreKind(StrEnum):
    """Where events, vault and views are kept."""

    SQLITE = "sqlite"
    POSTGRES = "postgres"


class Settings(BaseSettings):
    """What an operator may set."""

    model_config = SettingsConfigDict(env_prefix="QOLHAT_", extra="ignore")

    data_dir: Path = Path("data")
    store: StoreKind = StoreKind.SQLITE
    postgres_dsn: SecretStr = SecretStr("")
    postgres_schema: str = "public"
    vault_key: SecretStr = SecretStr("")
    operator: str = "demonstration"
    language: Language = "kk"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    tls_cert: Path | None = None
    tls_key: Path | None = None
    proxy: Annotated[tuple[str, ...], NoDecode] = ()
    clock_tolerance_seconds: Annotated[int, Field(ge=0)] = 120
    regulations_dir: Path | None = None
    workdays_file: Path | None = None
    runs: Annotated[tuple[time, ...], NoDecode] = (time(11), time(16))
    warn_minutes: Annotated[int, Field(ge=1, le=10_000)] = 60
    kafka_bootstrap: str = ""
    kafka_topic: str = "qolhat.events"
    kafka_partitions: Annotated[int, Field(ge=1)] = 6
    kafka_group: str = "qolhat.views"

    @field_validator("runs", "proxy", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("proxy")
    @classmethod
    def _check_proxies(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """A host's name would be compared with addresses and never trusted."""
        for part in value:
            if part != "*":
                ip_network(part)
        return value

    @field_validator("tls_cert", "tls_key", mode="before")
    @classmethod
    def _none_if_empty(cls, value: object) -> object:
        return value or None

    @property
    def clock_tolerance(self) -> timedelta:
        """How far a device's clock may be ahead of ours before a scan is put in doubt."""
        return timedelta(seconds=self.clock_tolerance_seconds)

    @property
    def warning(self) -> timedelta:
        """How much working time before a term runs out it is about to."""
        return timedelta(minutes=self.warn_minutes)


def load_settings() -> Settings:
    """Read the settings from the environment. Raises BadSettingError."""
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = f"QOLHAT_{first['loc'][0]}".upper()
        raise BadSettingError(name=name, reason=first["msg"]) from error
    if settings.store is StoreKind.POSTGRES and not settings.postgres_dsn.get_secret_value():
        raise BadSettingError(
            name="QOLHAT_POSTGRES_DSN", reason="needed where the store is postgres"
        )
    return settings
