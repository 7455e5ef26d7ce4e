"""An edition of the tests' own that gives grounds for stopping a clock: 002 §15 has none.

Service 7's way through a centre, adopted by the operator `pausing`, with two grounds.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from domain.regulations.book import Regulations
from domain.regulations.read import read_edition
from tests.stories import REGULATIONS

EDITION = "s7c-pausing"
OPERATOR = "pausing"
PAPER, EXPERTISE = "applicants-paper", "expertise"
GROUNDS = """
[[pause]]
key = "applicants-paper"
names = { kk = "Тұтынушының құжатын күту", ru = "Ожидание документа потребителя", en = "Waiting for the applicant's paper" }
kind = "waiting-applicant"
stages = ["right", "draft"]
roles = ["executor", "office"]
source = "tests §9"

[[pause]]
key = "expertise"
names = { kk = "Сараптама", ru = "Экспертиза", en = "Expert opinion" }
stages = ["right", "resolution"]
roles = ["executor", "head"]
longest = { unit = "working-day", amount = 5 }
source = "tests §10"
"""  # noqa: E501
ANYBODYS = """
[[pause]]
key = "anybodys"
names = { kk = "Кез келген негіз", ru = "Любое основание", en = "Any ground" }
stages = ["accept"]
roles = ["inspector", "office", "head", "executor", "akim"]
source = "tests §11"
"""
_WAYS = {"akim": "s7k", "authority": "s7a", "centre": "s7c"}


def _later(way: str, operator: str, grounds: str) -> str:
    """Service 7 by this way as shipped, but a day later, with grounds: it goes before the other."""
    file = resources.files("domain.regulations") / f"003-7-{way}.toml"
    shipped = file.read_text("utf-8").replace(f"{_WAYS[way]}-2012", f"{_WAYS[way]}-pausing")
    adopted = shipped.replace('operator = "demonstration"', f'operator = "{operator}"')
    return adopted.replace("from = 2012-12-10", "from = 2012-12-11") + grounds


TEXT = _later("centre", OPERATOR, GROUNDS).replace(
    'source = "003 s7 §9: by §7 of the standard, which is not held"',
    'norm = { unit = "working-day", amount = 3 }\nsource = "tests §7"',
)
PAUSING = Regulations([*((each.id, each) for each in REGULATIONS), ("t", read_edition(TEXT, "t"))])


def anybodys(folder: Path) -> Path:
    """Write editions of service 7 by every way, under which all who may stop a clock have a ground.

    Return the folder.
    """
    folder.mkdir(exist_ok=True)
    for way in _WAYS:
        (folder / f"{way}.toml").write_text(_later(way, "demonstration", ANYBODYS), "utf-8")
    return folder


def written_to(folder: Path) -> Path:
    """Write the edition's file into a folder of regulations; return the folder."""
    folder.mkdir(exist_ok=True)
    (folder / "pausing.toml").write_text(TEXT, "utf-8")
    return folder
