"""Settings, all from `QOLHAT_*` environment variables; the README lists them."""

from __future__ import annotations

import re
from datetime import time, timedelta
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from domain.errors import QolhatError
from infra.mail_server import MailServer
from scanner.bad_pictures import PictureLimits

_MAIL = re.compile(r"[^@\s,<>]+@[^@\s,<>]+")
Language = Literal["kk", "ru", "en"]


class BadSettingError(QolhatError):
    """An environment variable that cannot be used; the facts name it and say why."""

    code = "bad-setting"


class ViewsFrom(StrEnum):
    """Who fills the views that the pages and the API show."""

    OWN = "own"  # this process, from the event store
    KAFKA = "kafka"  # the workers, from Kafka


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
    postgres_pool: Annotated[int, Field(ge=2, le=100)] = 10
    views: ViewsFrom = ViewsFrom.OWN
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
    indicators_file: Path | None = None
    runs: Annotated[tuple[time, ...], NoDecode] = (time(11), time(16))
    warn_minutes: Annotated[int, Field(ge=1, le=10_000)] = 60
    warn_webhook: SecretStr = SecretStr("")
    warn_mail_to: Annotated[tuple[str, ...], NoDecode] = ()
    warn_mail_from: str = ""
    smtp: SecretStr = SecretStr("")
    kafka_bootstrap: str = ""
    kafka_topic: str = "qolhat.events"
    kafka_partitions: Annotated[int, Field(ge=1)] = 6
    kafka_group: str = "qolhat.views"
    kafka_replicas: Annotated[int, Field(ge=1, le=9)] = 1
    kafka_retention_days: Annotated[int, Field(ge=0, le=36_500)] = 0
    kafka_scans_topic: str = "qolhat.scans"
    kafka_answers_topic: str = "qolhat.answers"
    branch: Annotated[str, Field(pattern=r"^[\w.-]{0,64}$")] = ""
    picture_megabytes: Annotated[int, Field(ge=1, le=1024)] = 32
    picture_megapixels: Annotated[int, Field(ge=1, le=1000)] = 100
    picture_pages: Annotated[int, Field(ge=1, le=10_000)] = 200
    picture_seconds: Annotated[int, Field(ge=1, le=600)] = 30
    picture_memory: Annotated[int, Field(ge=512)] = 2048
    picture_workers: Annotated[int, Field(ge=1, le=64)] = 2
    picture_waiting: Annotated[int, Field(ge=0, le=1000)] = 8

    @field_validator("runs", "proxy", "warn_mail_to", mode="before")
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

    @field_validator("warn_webhook")
    @classmethod
    def _check_webhook(cls, value: SecretStr) -> SecretStr:
        parts = urlsplit(value.get_secret_value())
        if value and (parts.scheme not in {"http", "https"} or not parts.hostname):
            raise ValueError("not http://... or https://...")
        return value

    @field_validator("smtp")
    @classmethod
    def _check_smtp(cls, value: SecretStr) -> SecretStr:
        if value:
            MailServer.parse(value.get_secret_value())
        return value

    @field_validator("warn_mail_to", "warn_mail_from")
    @classmethod
    def _check_mail(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for address in (value,) if isinstance(value, str) else value:
            if address and not (address.isascii() and _MAIL.fullmatch(address)):
                raise ValueError("not a mail address")
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
    def picture_limits(self) -> PictureLimits:
        """What one picture may cost."""
        return PictureLimits(
            bytes=self.picture_megabytes * 2**20,
            pixels=self.picture_megapixels * 1_000_000,
            pages=self.picture_pages,
            seconds=self.picture_seconds,
            megabytes=self.picture_memory,
        )

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
    for wanted, missing, reason in (
        (
            settings.store is StoreKind.POSTGRES,
            "postgres_dsn",
            "needed where the store is postgres",
        ),
        (settings.warn_mail_to, "smtp", "needed where mail is to be sent"),
        (settings.warn_mail_to, "warn_mail_from", "needed where mail is to be sent"),
    ):
        if wanted and not getattr(settings, missing):
            raise BadSettingError(name=f"QOLHAT_{missing}".upper(), reason=reason)
    return settings
