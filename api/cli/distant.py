"""Records scans at a server that is far away, over its HTTP API: for a desk without a store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from api.cli.language import language, say
from domain.intake import RawScan
from infra.listening import Heard
from infra.requests import Status

_PATH = "/api/v1/scans"
_PATIENCE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Distant:
    """A server, known by its address; the token says who asks."""

    client: httpx.Client

    def record(self, scans: Sequence[RawScan]) -> list[Heard]:
        """Send scans; whatever keeps them from being recorded, they are to be sent again."""
        try:
            answer = self.client.post(_PATH, json=[_sent(each) for each in scans])
            answer.raise_for_status()
            told: list[dict[str, Any]] = answer.json()["answers"]
            return [_heard(*each) for each in zip(scans, told, strict=True)]
        except httpx.HTTPStatusError as error:
            why = _detail(error.response)
        except httpx.HTTPError as error:
            why = say("listen.no-server", reason=str(error) or type(error).__name__)
        except (ValueError, KeyError, TypeError):  # something else answers at this address
            why = say("listen.no-server", reason=say("listen.other-server"))
        return [Heard(each, Status.REFUSED, why, again=True) for each in scans]


@contextmanager
def distant(server: str, token: str) -> Iterator[Distant]:
    """Open the way to a server."""
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": language()}
    with httpx.Client(base_url=server, headers=headers, timeout=_PATIENCE_SECONDS) as client:
        yield Distant(client)


def _sent(scan: RawScan) -> dict[str, Any]:
    at = scan.happened_at.isoformat() if scan.happened_at else ""
    return {
        "ref": scan.ref,
        "code": scan.code,
        "place": scan.place,
        "counter": scan.counter,
        "happened_at": at,
    }


def _heard(scan: RawScan, told: dict[str, Any]) -> Heard:
    """Tell an answer in the server's words, which are the reader's."""
    problem = told.get("problem")
    words = [told["status_text"]]
    words += [each["text"] for each in (told.get("doubt"), told.get("fault")) if each]
    words += _standing(told.get("packet") or {})
    words += [each["text"] for each in told.get("deviations", ())]
    words += [problem["detail"]] if problem else []
    repaired = told.get("repaired")
    words += [say("scan.repaired", layout=repaired["text"])] if repaired else []
    status = Status(told["status"])
    again = status is Status.REFUSED and problem is not None and problem.get("status", 0) >= 500
    return Heard(scan, status, " — ".join(words), again)


def _standing(packet: dict[str, Any]) -> list[str]:
    place, stage = packet.get("place"), packet.get("stage")
    where = [f"{place['role']['text']}, {place['organisation']['name']}"] if place else []
    return where + ([stage["name"]] if stage else [])


def _detail(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return say("listen.no-server", reason=f"HTTP {answer.status_code}")
