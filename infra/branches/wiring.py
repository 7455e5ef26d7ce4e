"""Wires a far branch's end of the line, and the country's; `infra.bootstrap` wires the rest."""

from __future__ import annotations

from infra.bootstrap import NoKafkaError, Qolhat
from infra.branches.book import BranchBook
from infra.branches.errors import IsBranchError, NoBranchError
from infra.branches.gathering import Gatherer
from infra.branches.line import Line
from infra.branches.sending import BranchLink
from infra.kafka.connection import Cluster
from infra.kafka.topics import plans
from infra.settings import Settings
from infra.store.identity import identity_of


def branch_link(qolhat: Qolhat) -> BranchLink:
    """Return what sends a far branch's events and hears the answers.

    Raises NoBranchError, NoKafkaError, StorageError.
    """
    book, settings = branch_book(qolhat), qolhat.settings
    return BranchLink(qolhat.log, identity_of(qolhat.log), book, _line(settings), settings.branch)


def branch_book(qolhat: Qolhat) -> BranchBook:
    """Return what a far branch knows of its sending; it needs no line.

    Raises NoBranchError, StorageError.
    """
    if not qolhat.settings.branch:
        raise NoBranchError
    book = BranchBook(qolhat.views.engine, qolhat.now)
    book.prepare(identity_of(qolhat.log))
    return book


def gatherer(qolhat: Qolhat) -> Gatherer:
    """Return what records far branches' envelopes in the country's store.

    Raises IsBranchError, NoKafkaError.
    """
    if qolhat.settings.branch:
        raise IsBranchError
    line = _line(qolhat.settings)
    return Gatherer(qolhat.counter, qolhat.far, line, f"{line.scans.name}.gather")


def _line(settings: Settings) -> Line:
    if not settings.kafka_bootstrap:
        raise NoKafkaError
    _, scans, answers = plans(settings)
    return Line(Cluster(settings.kafka_bootstrap), scans, answers)
