"""What a branch knows of its sending: how far it is, what was answered, what is in doubt.

Kept beside the views and, like them, made anew where it is lost: then everything is sent again,
which changes nothing in the country, and answered again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from domain.streams import number_of
from infra.accounts.tables import Keeper, failing_clearly
from infra.branches.envelope import Told, ToldStanding
from infra.requests import Status
from infra.store.identity import StoreIdentity
from infra.store.mapper import to_micros
from infra.store.rows import EventRow
from projections.tables import instant, stored, upsert

metadata = sa.MetaData()
_state = sa.Table(
    "branch_state",
    metadata,
    sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("store", sa.Text, nullable=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("sent_at", sa.BigInteger),
    sa.Column("heard_at", sa.BigInteger),
)
_sent = sa.Table(
    "branch_sent",
    metadata,
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("number", sa.BigInteger),
    sa.Column("sent_at", sa.BigInteger, nullable=False),
    sa.Column("status", sa.Text),
    sa.Column("answered_at", sa.BigInteger),
    sa.Column("standing", sa.Text),
    sa.Column("place", sa.BigInteger),
    sa.Column("stage", sa.Text),
    sa.Column("doubt", sa.Text),
    sa.Column("error", sa.Text),
    sa.Column("detail", sa.Text),
    sa.Index("branch_sent_status", "status"),
)
_heard = sa.Table(
    "branch_heard",
    metadata,
    sa.Column("topic", sa.Text, primary_key=True),
    sa.Column("partition", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("next_offset", sa.BigInteger, nullable=False),
)
_IN_DOUBT = (Status.UNSETTLED.value, Status.REFUSED.value)
_NUMBERED = 8  # the version of a stream's UUID that has the thing's number written in it


@dataclass(frozen=True, slots=True)
class BranchState:
    """How far a branch is with the country. Times are UTC; None: never yet.

    `position`: all events up to there are sent; `waiting`: sent and not answered.
    """

    position: int
    recorded: int
    waiting: int
    answered: int
    in_doubt: int
    sent_at: datetime | None
    heard_at: datetime | None

    @property
    def unsent(self) -> int:
        """How many events of the log are still to be looked at by the sender."""
        return self.recorded - self.position


@dataclass(frozen=True, slots=True)
class InDoubt:
    """Something that waits in the country for somebody's decision, or was set aside there."""

    position: int
    topic: str
    number: int | None
    status: str
    doubt: str | None
    error: str | None
    detail: str | None
    answered_at: datetime | None


class BranchBook(Keeper):
    """The branch's tables. Every method raises StorageError if the database fails."""

    def prepare(self, identity: StoreIdentity) -> None:
        """Make the tables where they are missing; forget what another life of the store sent."""
        mine = {"store": str(identity.store), "epoch": identity.epoch}
        with failing_clearly():
            metadata.create_all(self._engine)
        with self._reading() as connection:
            found = connection.execute(sa.select(_state.c.store, _state.c.epoch)).first()
        if found is not None and tuple(found) == tuple(mine.values()):
            return
        with self._writing() as connection:
            connection.execute(_state.delete())
            connection.execute(_sent.delete())
            connection.execute(_state.insert().values(one=1, position=0, **mine))

    def position(self) -> int:
        """Return the position up to which all events are sent."""
        with self._reading() as connection:
            return connection.execute(sa.select(_state.c.position)).scalar_one_or_none() or 0

    def note_sent(self, rows: Iterable[EventRow], position: int) -> None:
        """Keep that these were sent, and all up to the position; answers that came, stay."""
        now = self._micros()
        fresh = {row[0]: _unanswered(row, now) for row in rows}
        with self._writing() as connection:
            for place, known in self._of(connection, fresh).items():
                if known["status"] is not None:
                    del fresh[place]
            upsert(connection, _sent, list(fresh.values()))
            connection.execute(_state.update().values(position=position, sent_at=now))

    def note_told(self, told: Sequence[Told], topic: str, offsets: Mapping[int, int]) -> None:
        """Keep answers, and where to go on hearing (next offset by partition), in one commit."""
        with self._writing() as connection:
            known = self._of(connection, [each.position for each in told])
            for each in told:
                before = known.get(each.position, {})
                known[each.position] = _answered(each, before)
            upsert(connection, _sent, [known[each.position] for each in told])
            rows = [
                {"topic": topic, "partition": partition, "next_offset": offset}
                for partition, offset in offsets.items()
            ]
            upsert(connection, _heard, rows)
            if told:
                connection.execute(_state.update().values(heard_at=self._micros()))

    def offsets(self, topic: str) -> dict[int, int]:
        """Return where to go on hearing: the next offset of each partition heard so far."""
        query = sa.select(_heard.c.partition, _heard.c.next_offset).where(_heard.c.topic == topic)
        with self._reading() as connection:
            return dict(connection.execute(query).all())

    def send_again(self, unanswered_for: timedelta | None = None) -> int:
        """Let all be sent again that has no answer; return how many those are.

        Without a time also what was refused, else only what has waited for so long.
        """
        again: sa.ColumnElement[bool] = _sent.c.status.is_(None)
        if unanswered_for is None:
            again = sa.or_(again, _sent.c.status == Status.REFUSED.value)
        else:
            again = sa.and_(again, _sent.c.sent_at < to_micros(self._now() - unanswered_for))
        query = sa.select(sa.func.count(), sa.func.min(_sent.c.position)).where(again)
        with self._reading() as connection:
            count, first = connection.execute(query).one()
        if count:
            with self._writing() as connection:
                earlier = _state.c.position >= first
                connection.execute(_state.update().where(earlier).values(position=first - 1))
        return int(count)

    def state(self, recorded: int) -> BranchState:
        """Tell how far the branch is; `recorded` is the last position of its log."""
        status, count = _sent.c.status, sa.func.count()
        with self._reading() as connection:
            rows = connection.execute(sa.select(status, count).group_by(status)).all()
            columns = (_state.c.position, _state.c.sent_at, _state.c.heard_at)
            position, sent_at, heard_at = connection.execute(sa.select(*columns)).one()
        counts: dict[str | None, int] = dict(list(rows))
        waiting = counts.pop(None, 0)
        return BranchState(
            position,
            recorded,
            waiting,
            sum(counts.values()),
            sum(counts.get(each, 0) for each in _IN_DOUBT),
            instant(sent_at),
            instant(heard_at),
        )

    def in_doubt(self, limit: int = 100) -> list[InDoubt]:
        """List what waits in the country for a decision or was set aside, the latest first."""
        c = _sent.c
        query = sa.select(
            c.position, c.topic, c.number, c.status, c.doubt, c.error, c.detail, c.answered_at
        ).where(c.status.in_(_IN_DOUBT))
        with self._reading() as connection:
            rows = connection.execute(query.order_by(c.position.desc()).limit(limit)).all()
        return [InDoubt(*row[:-1], instant(row[-1])) for row in rows]

    def standing_of(self, number: int) -> ToldStanding | None:
        """Return the country's last word about a packet or a bag; None if there was none."""
        c = _sent.c
        query = _sent.select().where(c.number == number, c.standing.is_not(None))
        with self._reading() as connection:
            row = connection.execute(
                query.order_by(c.answered_at.desc(), c.position.desc())
            ).first()
        return None if row is None else ToldStanding(number, row.standing, row.place, row.stage)

    @staticmethod
    def _of(connection: sa.Connection, positions: Iterable[int]) -> dict[int, dict[str, Any]]:
        rows = stored(connection, _sent.c.position, positions)
        return {row.position: row._asdict() for row in rows}


def _unanswered(row: EventRow, now: int) -> dict[str, Any]:
    position, stream, _, topic, _ = row
    number = number_of(stream) if stream.version == _NUMBERED else None
    known = {"position": position, "topic": topic, "number": number, "sent_at": now}
    return {column.name: None for column in _sent.columns} | known


def _answered(told: Told, before: Mapping[str, Any]) -> dict[str, Any]:
    """Merge an answer with what is kept. That it was known there already says it was accepted."""
    status, kept = told.status.value, before.get("status")
    doubt = told.doubt
    if told.status is Status.DUPLICATE and kept not in (None, Status.REFUSED.value):
        status, doubt = kept, before.get("doubt")
    standing = told.standing
    return {
        "position": told.position,
        "topic": told.topic,
        "number": standing.number if standing else before.get("number"),
        "sent_at": before.get("sent_at", told.at),
        "status": status,
        "answered_at": told.at,
        "standing": standing.status if standing else None,
        "place": standing.place if standing else None,
        "stage": standing.stage if standing else None,
        "doubt": doubt,
        "error": told.error,
        "detail": told.detail,
    }
