"""The one place that wires: settings in, a working Qolhat out."""

from __future__ import annotations

import contextlib
import os
import zoneinfo
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import sqlalchemy as sa
from filelock import FileLock, Timeout

from domain.calendar import Timetable
from domain.clocks import Clocks
from domain.directory import Directory
from domain.errors import QolhatError
from domain.quality import Indicators
from domain.regulations.book import Regulations
from domain.runs import Timetables
from infra.accounts import AccessJournal, Accounts, Sessions, Stations
from infra.accounts.guesses import Guesses
from infra.branches.country import CountryBook
from infra.branches.errors import IsBranchError
from infra.courier_runs import CourierRuns
from infra.database import postgres_engine, sqlite_engine
from infra.desk import Counter, Desk, DeskRules, utc_now
from infra.directory_files import load_directory
from infra.errors import StorageError, storage_error
from infra.evidence.book import EvidenceBook
from infra.indicators import load_indicators
from infra.kafka.leading import FileLeader, Leader, PostgresLeader
from infra.kafka.relayed import RelayedBook
from infra.mail_server import MailServer
from infra.migrations import check_migrated
from infra.personnel import Personnel
from infra.reading import Reading
from infra.receipts import Receipts
from infra.regulation_files import load_regulations, load_workdays
from infra.settings import Settings, StoreKind, ViewsFrom
from infra.store.identity import identity_of
from infra.store.log import EventLog, StaffBook, TimetableBook, postgres_log, sqlite_log
from infra.survey import SurveyCodes, Surveys
from infra.vault import Vault, VaultKeys, new_key
from infra.views import locks
from infra.views.fed import FedViews
from infra.views.following import Following
from infra.views.group import ViewGroup
from infra.views.runner import ViewRunner
from infra.warnings.told import Told
from projections.bags import Bags
from projections.cases import Cases, CaseSums
from projections.complaints import Complaints
from projections.country_sums import CountrySums
from projections.device_logs import DeviceLogs
from projections.discrepancies import Discrepancies
from projections.due import DueView
from projections.holdings import Holdings
from projections.loose_pages import LoosePages
from projections.numbers import IncomingNumbers
from projections.open_sums import OpenSums
from projections.rollups import Rollups
from projections.trips import Trips
from projections.turnover import TurnoverSums
from projections.unsettled import Unsettled
from projections.view import Knowledge
from projections.visits import Visits

if TYPE_CHECKING:
    from infra.kafka.relay import Relay
    from infra.kafka.topics import TopicFound
    from infra.kafka.worker import ViewWorker
    from infra.warnings.channels import Channel
    from infra.warnings.mail import Writer
    from infra.warnings.watch import Watch

EVENTS_FILE, VAULT_FILE, VIEWS_FILE = "events.db", "vault.db", "views.db"
KAFKA_VIEWS_FILE = "views-kafka.db"
KEY_FILE, LOCK_FILE, RELAY_LOCK_FILE = "vault.key", "server.lock", "relay.lock"
RESTORING_FILE = "restore.unfinished"
DEMONSTRATION_READY = "demonstration.ready"
ALL_VIEWS = (
    Holdings, Visits, Rollups, Cases, CaseSums, DueView, Unsettled, Complaints, IncomingNumbers,
    Bags, Discrepancies, Trips, DeviceLogs, LoosePages, TurnoverSums, OpenSums,
    CountrySums,
)  # fmt: skip


class AlreadyServingError(StorageError):
    """Another server works on the same folder."""

    code = "already-serving"
    status = 409


class UnfinishedRestoreError(StorageError):
    """A restore was interrupted: only a part of the backup is in the folder."""

    code = "unfinished-restore"
    status = 409


class UnfinishedDemonstrationError(StorageError):
    """A demonstration was made, and only a part of it is in the folder as yet."""

    code = "unfinished-demonstration"
    status = 409


class NoKafkaError(QolhatError):
    """What was asked for needs Kafka, and no address of it is set."""

    code = "no-kafka"


@dataclass(slots=True)
class Qolhat:
    """Everything, wired. Use as a context manager."""

    settings: Settings
    log: EventLog
    vault: Vault
    directory: Directory
    regulations: Regulations
    clocks: Clocks
    staff: StaffBook
    timetables: TimetableBook
    courier_runs: CourierRuns
    personnel: Personnel
    accounts: Accounts
    sessions: Sessions
    stations: Stations
    access: AccessJournal
    told: Told
    receipts: Receipts
    desk: Desk
    views: ViewGroup
    runner: Following
    now: Callable[[], datetime]
    reading: Reading
    counter: Counter
    far: CountryBook
    evidence: EvidenceBook
    surveys: Surveys
    indicators: Indicators

    def close(self) -> None:
        """Stop following the log and let go of everything."""
        self.reading.close()
        self.runner.stop()
        self.views.close()
        self.vault.close()
        self.evidence.close()
        self.log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def bootstrap(settings: Settings, now: Callable[[], datetime] = utc_now) -> Qolhat:
    """Open the store that the settings name and wire everything to it; an embedded one is made.

    Raises NotMigratedError, StorageError, FaultyRegulationError, BadVaultKeyError,
    WrongVaultKeyError and others.
    """
    _check_ready(settings)
    known = _known(settings)
    with ExitStack() as opened:  # what is open is closed again if the rest cannot be opened
        log = _log(settings)
        opened.callback(log.close)
        evidence = EvidenceBook(log)
        opened.callback(evidence.close)
        evidence.prepare()
        kept = _kept(settings, known, now)
        opened.callback(kept.vault.close)
        kept.prepare()
        views, runner = _views(settings, known, log)
        opened.callback(views.close)
        views.prepare()
        staff = StaffBook(log, known.directory, Timetables(Timetable(tuple(settings.runs))))
        staff.refresh()  # whoever names a place must know those that were opened
        rules = DeskRules(settings.clock_tolerance, far=bool(settings.branch))
        counter = Counter(log, kept.vault, known.directory, known.regulations, staff, now, rules)
        timetables = TimetableBook(staff)
        opened.pop_all()
    return Qolhat(
        settings,
        log,
        kept.vault,
        known.directory,
        known.regulations,
        known.clocks,
        staff,
        timetables,
        CourierRuns(known.directory, known.clocks, timetables, views, now),
        Personnel(log, kept.vault, known.directory, staff, now, far=bool(settings.branch)),
        kept.accounts,
        kept.sessions,
        Stations(kept.engine, now),
        AccessJournal(kept.engine, now),
        kept.told,
        kept.receipts,
        Desk(counter),
        views,
        runner,
        now,
        picture_reading(settings),
        counter,
        kept.far,
        evidence,
        kept.surveys,
        known.indicators,
    )


def _check_ready(settings: Settings) -> None:
    """See that there is a place for a store, or a whole store."""
    make_folder(settings.data_dir)
    if (settings.data_dir / RESTORING_FILE).exists():
        raise UnfinishedRestoreError(folder=str(settings.data_dir))
    if (settings.data_dir / DEMONSTRATION_READY).exists():
        raise UnfinishedDemonstrationError(folder=str(settings.data_dir))
    if settings.store is StoreKind.POSTGRES:
        check_migrated(settings)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What lies beside the events, in the vault's database, because it may change or be erased."""

    engine: sa.Engine
    vault: Vault
    accounts: Accounts
    sessions: Sessions
    told: Told
    far: CountryBook
    receipts: Receipts
    surveys: Surveys

    def prepare(self) -> None:
        """Make what is missing. Raises WrongVaultKeyError, StorageError."""
        for each in (self.vault, self.accounts, self.told, self.far, self.surveys):
            each.prepare()


def _kept(settings: Settings, known: _Known, now: Callable[[], datetime]) -> _Kept:
    engine, keys = _engine(settings, VAULT_FILE, durable=True), VaultKeys(vault_key(settings))
    guesses = Guesses(engine, now, keys)
    codes = SurveyCodes(keys, known.directory, known.regulations)
    return _Kept(
        engine,
        Vault(engine, keys),
        Accounts(engine, now, keys),
        Sessions(engine, now, keys),
        Told(engine, now),
        CountryBook(engine, now),
        Receipts(guesses, keys),
        Surveys(engine, now, guesses, codes, known.directory),
    )


def picture_reading(settings: Settings) -> Reading:
    """Return what reads pictures; it needs no store, and starts no process before the first."""
    return Reading(
        settings.picture_limits,
        workers=settings.picture_workers,
        waiting=settings.picture_waiting,
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """What is read from files once."""

    directory: Directory
    regulations: Regulations
    clocks: Clocks
    indicators: Indicators

    def for_views(self) -> Knowledge:
        return Knowledge(self.regulations, self.clocks)


def _known(settings: Settings) -> _Known:
    zoneinfo.reset_tzpath(())  # the zones' history is that of the package, not of the machine
    directory = load_directory()
    regulations = load_regulations(settings.regulations_dir, settings.operator)
    workdays, runs = load_workdays(settings.workdays_file), Timetable(tuple(settings.runs))
    clocks = Clocks(directory, workdays, runs, settings.warning)
    return _Known(directory, regulations, clocks, load_indicators(settings.indicators_file))


def _views(settings: Settings, known: _Known, log: EventLog) -> tuple[ViewGroup, Following]:
    """Return the views that are shown, and who keeps them up: this process, or the workers."""
    if settings.views is ViewsFrom.KAFKA:
        return _views_of_the_workers(settings, known, log)
    engine = _engine(settings, VIEWS_FILE, durable=False)
    views = ViewGroup(engine, known.for_views(), ALL_VIEWS)
    return views, ViewRunner(log, views)


def _views_of_the_workers(
    settings: Settings, known: _Known, log: EventLog
) -> tuple[ViewGroup, Following]:
    from infra.kafka.marks import TopicPlace  # noqa: PLC0415  as below

    place, identity = TopicPlace(settings.kafka_topic), identity_of(log)
    views = ViewGroup(_kafka_engine(settings), known.for_views(), ALL_VIEWS, place)

    def are_ours() -> bool:
        with views.connected() as connection:
            return place.identity_in(connection) == identity

    return views, FedViews(log, views, are_ours)


def relay(qolhat: Qolhat) -> Relay:
    """Return what publishes this store's events to Kafka.

    A far branch's are published by the country, which has them too. Raises NoKafkaError,
    IsBranchError.
    """
    if qolhat.settings.branch:
        raise IsBranchError
    from infra.kafka.connection import Cluster  # noqa: PLC0415  as below
    from infra.kafka.relay import Relay  # noqa: PLC0415  half a second, for those who have Kafka
    from infra.kafka.topics import plan_of_events  # noqa: PLC0415  as above

    settings = qolhat.settings
    cluster, plan = Cluster(_kafka(settings)), plan_of_events(settings)
    book = RelayedBook(qolhat.views.engine, plan.name)
    return Relay(qolhat.log, book, cluster, plan, _leader(settings))


def kafka_topics(settings: Settings) -> list[TopicFound]:
    """Make the topics that are missing; tell how all are. Raises NoKafkaError, StorageError."""
    from infra.kafka.connection import Cluster  # noqa: PLC0415  as above
    from infra.kafka.topics import make_topics, plans  # noqa: PLC0415  as above

    return make_topics(Cluster(_kafka(settings)), plans(settings))


def _leader(settings: Settings) -> Leader:
    if settings.store is StoreKind.SQLITE:
        return FileLeader(settings.data_dir / RELAY_LOCK_FILE)
    name = f"relay {settings.postgres_schema} {settings.kafka_topic}"
    return PostgresLeader(settings.postgres_dsn.get_secret_value(), name)


def warning_watch(qolhat: Qolhat, write: Writer) -> Watch | None:
    """Return what tells who is about to be late; None where the settings name nobody to tell."""
    settings = qolhat.settings
    if not settings.warn_webhook and not settings.warn_mail_to:
        return None
    from infra.warnings.watch import Watch, Watched  # noqa: PLC0415  an HTTP client, SMTP

    watched = Watched(
        qolhat.log, qolhat.views, qolhat.runner, qolhat.directory, qolhat.clocks, qolhat.now
    )
    return Watch(watched, qolhat.told, _channels(settings, write))


def _channels(settings: Settings, write: Writer) -> list[Channel]:
    from infra.warnings.channels import Webhook  # noqa: PLC0415  as above
    from infra.warnings.mail import Mail  # noqa: PLC0415  as above

    found: list[Channel] = []
    if settings.warn_webhook:
        found.append(Webhook(settings.warn_webhook.get_secret_value()))
    if settings.warn_mail_to:
        server = MailServer.parse(settings.smtp.get_secret_value())
        found.append(Mail(server, settings.warn_mail_from, settings.warn_mail_to, write))
    return found


@contextmanager
def view_worker(settings: Settings) -> Iterator[tuple[ViewWorker, ViewGroup]]:
    """Open a database of views of its own that is filled from Kafka.

    The store itself is asked only for what the topic does not hold. Raises NoKafkaError,
    NotMigratedError, StorageError.
    """
    from infra.kafka.connection import Cluster  # noqa: PLC0415  as above
    from infra.kafka.marks import TopicPlace  # noqa: PLC0415
    from infra.kafka.taking import Taking  # noqa: PLC0415
    from infra.kafka.worker import Topic, ViewWorker  # noqa: PLC0415

    topic = Topic(Cluster(_kafka(settings)), settings.kafka_topic, settings.kafka_group)
    make_folder(settings.data_dir)
    if settings.store is StoreKind.POSTGRES:
        check_migrated(settings)
    place = TopicPlace(topic.name)
    with ExitStack() as opened:
        log = _log(settings) if _has_store(settings) else None
        if log is not None:
            opened.callback(log.close)
        known = _known(settings).for_views()
        views = ViewGroup(_kafka_engine(settings), known, ALL_VIEWS, place)
        opened.callback(views.close)
        views.prepare()
        taking = Taking(views, place, log)
        taking.begin()
        worker = ViewWorker(taking, topic)
        opened.callback(worker.disconnect)
        yield worker, views


def _has_store(settings: Settings) -> bool:
    """Tell whether the store is at hand: an embedded one may be on another machine."""
    on_a_server = settings.store is StoreKind.POSTGRES
    return on_a_server or (settings.data_dir / EVENTS_FILE).exists()


def _kafka(settings: Settings) -> str:
    if not settings.kafka_bootstrap:
        raise NoKafkaError
    return settings.kafka_bootstrap


def _kafka_engine(settings: Settings) -> sa.Engine:
    if settings.store is StoreKind.SQLITE:
        return sqlite_engine(settings.data_dir / KAFKA_VIEWS_FILE, durable=False)
    schema = f"{settings.postgres_schema}_kafka"
    engine = postgres_engine(settings.postgres_dsn.get_secret_value(), schema=schema)
    with engine.begin() as connection:
        locks.making(connection, schema)
        connection.execute(sa.schema.CreateSchema(schema, if_not_exists=True))
    return engine


def make_folder(folder: Path) -> None:
    """Make the data folder. Raises StorageReadOnlyError or StorageFullError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(error) from error


def _log(settings: Settings) -> EventLog:
    if settings.store is StoreKind.POSTGRES:
        return postgres_log(
            settings.postgres_dsn.get_secret_value(),
            settings.postgres_schema,
            settings.postgres_pool,
        )
    return sqlite_log(settings.data_dir / EVENTS_FILE)


def _engine(settings: Settings, file: str, *, durable: bool) -> sa.Engine:
    if settings.store is StoreKind.POSTGRES:
        return postgres_engine(
            settings.postgres_dsn.get_secret_value(),
            schema=settings.postgres_schema,
            pool=settings.postgres_pool,
        )
    return sqlite_engine(settings.data_dir / file, durable=durable)


def vault_key(settings: Settings) -> str:
    """Return the vault's key: from the settings, else from its file, which is made if missing."""
    key = settings.vault_key.get_secret_value()
    if key:
        return key
    file = settings.data_dir / KEY_FILE
    try:
        if not file.exists():
            _make_key_file(file)
        return file.read_text(encoding="ascii").strip()
    except OSError as error:
        raise storage_error(error) from error


def _make_key_file(file: Path) -> None:
    """Write the whole key before it gets its name: nobody may read half of it."""
    draft = file.with_suffix(f".{os.getpid()}.tmp")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as opened:
        opened.write(new_key())
        opened.flush()
        os.fsync(opened.fileno())
    with contextlib.suppress(FileExistsError):
        os.link(draft, file)
    draft.unlink()


def server_lock(settings: Settings) -> FileLock:
    """Take the folder for one server. Raises AlreadyServingError, StorageError."""
    lock = FileLock(settings.data_dir / LOCK_FILE)
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise AlreadyServingError(folder=str(settings.data_dir)) from error
    except OSError as error:
        raise storage_error(error) from error
    return lock
