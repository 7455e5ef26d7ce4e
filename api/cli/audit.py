"""Commands of evidence: close a day, audit the log, prove a packet, check what was printed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.display import Line, Sheet, table
from api.cli.failure import FAILED, MisuseError, check_writable
from api.cli.language import language, say, term
from api.cli.shell import AsJson, Shell, local, number_text, opened
from api.http.fields import read_packet
from api.proved import proof_slip
from domain.numbers import grouped
from infra.bootstrap import Qolhat
from infra.evidence.audit import Audited, Finding
from infra.evidence.book import Check
from infra.evidence.leaves import canonical, leaf_of
from infra.evidence.night import check, close_days
from infra.evidence.proofs import PacketProofs, Proof, prove, raw_of, read_proof
from infra.evidence.vaulted import VaultAudited, audit_vault
from infra.evidence.wiring import auditing
from infra.evidence.witness import Head, read_witness
from infra.store.rows import EventRow
from infra.views.rebuild import Comparison, verify

Processes = Annotated[int, typer.Option(help=say("help.audit-processes"), min=1, max=64)]


def install(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("audit", help=say("help.command.audit"))(audit)
    app.command("close-day", help=say("help.command.close-day"))(close_day)


def close_day(
    without_check: Annotated[
        bool, typer.Option("--without-check", help=say("help.without-check"))
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Sign the log as it was at the end of each day that is over, and check all; 1 if amiss."""
    shell = Shell(as_json)
    with opened() as qolhat:
        with shell.progress(say("audit.running")) as progress:
            heads = close_days(qolhat, progress)
            found = None if without_check else check(qolhat, progress)
        data = {"heads": [_head_data(each) for each in heads], "check": found}
        lines: list[Line] = [_heads_table(heads)] if heads else [say("close-day.nothing")]
        shell.show(data, lines + ([_check_line(found)] if found else []))
        if found is not None and not found.is_good:
            raise typer.Exit(FAILED)


def _heads_table(heads: list[Head]) -> Sheet:
    made = table("title.heads", "day", "count", "root", "key")
    for each in heads:
        made.add_row(each.day.isoformat(), str(each.size), each.root.hex(), each.fingerprint)
    return made


def _check_line(found: Check) -> str:
    key = "close-day.good" if found.is_good else "close-day.amiss"
    facts = {"findings": found.findings, "differences": found.differences}
    return say(key, events=found.events, rows=found.rows, **facts)


def _head_data(head: Head) -> dict[str, Any]:
    return {
        "number": head.number,
        "store": str(head.store),
        "epoch": head.epoch,
        "day": head.day,
        "size": head.size,
        "root": head.root.hex(),
        "signed_at": head.signed_at,
        "key": head.key.hex(),
        "fingerprint": head.fingerprint,
        "witness": head.text,
    }


# --- audit --------------------------------------------------------------------------------------


def audit(
    day: Annotated[str, typer.Option("--day", help=say("help.audit-day"))] = "",
    packet: Annotated[str, typer.Option("--packet", help=say("help.audit-packet"))] = "",
    proof: Annotated[str, typer.Option("--proof", help=say("help.audit-proof"))] = "",
    witness: Annotated[str, typer.Option("--witness", help=say("help.audit-witness"))] = "",
    views: Annotated[bool, typer.Option("--views", help=say("help.audit-views"))] = False,
    out: Annotated[Path | None, typer.Option(help=say("help.audit-out"))] = None,
    processes: Processes = 2,
    as_json: AsJson = False,
) -> None:
    """Check that nobody altered what was recorded: all, a day, or a packet; 1 if somebody did."""
    shell = Shell(as_json)
    if sum(map(bool, (day, packet, proof, witness))) > 1 or (out and not packet):
        raise MisuseError("audit-one")
    if proof:
        _check_proof(shell, read_proof(proof))
        return
    with opened() as qolhat:
        if packet:
            _prove(shell, qolhat, packet, out)
            return
        wanted = _Wanted(_day(day), read_witness(witness) if witness else None, views, processes)
        with shell.progress(say("audit.running")) as progress:
            outcome = _audit(qolhat, wanted, progress)
        shell.show(outcome.data(), outcome.lines())
        if not outcome.is_good:
            raise typer.Exit(FAILED)


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError as error:
        raise MisuseError("no-day", text=typed) from error


@dataclass(frozen=True, slots=True)
class _Wanted:
    day: date | None
    witness: Head | None
    views: bool
    processes: int


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What was found in the log, in the vault unless one day was asked for, and in the views."""

    audited: Audited
    vault: VaultAudited | None
    views: Comparison | None

    @property
    def is_good(self) -> bool:
        """Tell whether nothing is amiss."""
        return self.audited.is_good and not (self.views and self.views.differences)

    def data(self) -> dict[str, Any]:
        """Return it for programs."""
        audited = self.audited
        return {
            "good": self.is_good,
            "events": audited.events,
            "open_events": audited.open_events,
            "heads": audited.heads,
            "last": audited.last and _head_data(audited.last),
            "amiss": audited.count,
            "findings": [_finding_data(each) for each in audited.findings],
            "vault": self.vault,
            "views": self.views,
        }

    def lines(self) -> list[Line]:
        """Return it for people."""
        audited, last = self.audited, self.audited.last
        told: list[Line] = [_findings_table(audited)] if audited.findings else []
        if last is None:
            told.append(say("audit.no-head"))
        else:
            told.append(say("audit.under", events=audited.events, heads=audited.heads))
            facts = {"day": last.day, "root": last.root.hex(), "print": last.fingerprint}
            told.append(say("audit.last-head", **facts))
        told.append(say("audit.open", events=audited.open_events))
        if self.vault is not None:
            records, pictures = self.vault.records, self.vault.pictures
            told.append(say("audit.vault", records=records, pictures=pictures))
            told.append(say("audit.erased", count=self.vault.erased))
        if self.views is not None:
            key = "verify.differ" if self.views.differences else "verify.equal"
            told.append(say(key, position=self.views.position))
        return [*told, say("audit.good" if audited.is_good else "audit.amiss", count=audited.count)]


def _audit(qolhat: Qolhat, wanted: _Wanted, progress: Any) -> _Outcome:
    audited = auditing(qolhat).run(
        day=wanted.day, witness=wanted.witness, progress=progress, processes=wanted.processes
    )
    vault = None
    if wanted.day is None:
        gathers = bool(qolhat.far.branches())
        vault = audit_vault(qolhat.vault, qolhat.log, audited, gathers=gathers)
    views = verify(qolhat.log, qolhat.views, progress) if wanted.views else None
    return _Outcome(audited, vault, views)


def _finding_data(found: Finding) -> dict[str, Any]:
    return {
        "kind": found.kind.value,
        "position": found.position,
        "day": found.day,
        "stream": found.stream and str(found.stream),
        "number": found.number and str(found.number),
        "version": found.version,
        "topic": found.topic,
        "about": found.about,
    }


def _findings_table(audited: Audited) -> Sheet:
    made = table("title.amiss", "finding", "position", "day", "code", "version", "what", "remarks")
    for each in audited.findings:
        made.add_row(
            term("audit", each.kind.value),
            "–" if each.position is None else str(each.position),
            each.day.isoformat() if each.day else "–",
            number_text(each.number) if each.number else str(each.stream or "–"),
            "–" if each.version is None else str(each.version),
            each.topic or "–",
            each.about or "–",
        )
    return made


# --- proofs -------------------------------------------------------------------------------------


def _prove(shell: Shell, qolhat: Qolhat, typed: str, out: Path | None) -> None:
    proofs = prove(qolhat.log, qolhat.evidence, read_packet(typed))
    if not proofs.whole.holds:
        shell.show(None, say("audit.proof-bad"))
        raise typer.Exit(FAILED)
    if out is not None:
        check_writable(out)
        out.write_bytes(proof_slip(proofs, language()))
    made = table("title.proof", "position", "version", "what", "leaf")
    rows = [_event_data(each) for each in proofs.events]
    for row in rows:
        made.add_row(str(row["position"]), str(row["version"]), row["topic"], row["leaf"])
    lines: list[Line] = [made, *_head_lines(proofs.whole)]
    if proofs.later:
        lines.append(say("audit.later", count=proofs.later))
    lines += [say("audit.proof-file", file=out)] if out else [each.text for each in proofs.codes]
    shell.show(_proof_data(proofs, rows), lines)


def _event_data(row: EventRow) -> dict[str, Any]:
    """Tell of an event with its very bytes: who has them can hash them by other means."""
    raw = raw_of(row)
    return {
        "position": row[0],
        "stream": str(row[1]),
        "version": row[2],
        "topic": row[3],
        "state": raw[4].decode(),
        "hashed": canonical(raw).hex(),
        "leaf": leaf_of(raw).hex(),
    }


def _proof_data(proofs: PacketProofs, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "packet": str(proofs.whole.packet),
        "head": _head_data(proofs.whole.head),
        "events": [row | {"index": place} for row, place in zip(rows, proofs.places, strict=True)],
        "later": proofs.later,
        "proof": proofs.whole.text,
        "codes": [each.text for each in proofs.codes],
    }


def _check_proof(shell: Shell, proof: Proof) -> None:
    """Check a proof by itself; whether the key is the store's says its print on a registry."""
    data = {
        "holds": proof.holds,
        "packet": str(proof.packet),
        "head": _head_data(proof.head),
        "events": [
            {"index": place, "hashed": proof.events[place].hex(), "leaf": leaf.hex()}
            for place, leaf in sorted(proof.leaves.items())
        ],
    }
    key = "audit.proof-good" if proof.holds else "audit.proof-bad"
    facts = {"packet": grouped(proof.packet), "count": len(proof.events)}
    shell.show(data, [*_head_lines(proof), say(key, **facts)])
    if not proof.holds:
        raise typer.Exit(FAILED)


def _head_lines(proof: Proof) -> list[Line]:
    head = proof.head
    return [
        say("audit.of-store", store=head.store, day=head.day, events=head.size),
        say("audit.signed", at=local(head.signed_at), print=head.fingerprint),
    ]
