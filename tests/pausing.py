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
_SHIPPED = (resources.files("domain.regulations") / "003-7-centre.toml").read_text("utf-8")
TEXT = (
    _SHIPPED.replace('id = "s7c-2012"', f'id = "{EDITION}"')
    .replace("from = 2012-12-10, until = 2014-06-02", "from = 2012-12-11, until = 2014-06-02")
    .replace('operator = "demonstration"', f'operator = "{OPERATOR}"')
    .replace("2012-12-10 }", "2012-12-11 }")
    .replace(
        'source = "003 s7 §9: by §7 of the standard, which is not held"',
        'norm = { unit = "working-day", amount = 3 }\nsource = "tests §7"',
    )
) + GROUNDS
PAUSING = Regulations([*((each.id, each) for each in REGULATIONS), ("t", read_edition(TEXT, "t"))])


def written_to(folder: Path) -> Path:
    """Write the edition's file into a folder of regulations; return the folder."""
    folder.mkdir(exist_ok=True)
    (folder / "pausing.toml").write_text(TEXT, "utf-8")
    return folder
