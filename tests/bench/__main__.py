"""`make bench`: runs benches and prints one table; ends with 1 if one fails.

Without a name: what fits on a desk's machine in some minutes. `scale` means all benches that start
PostgreSQL and Kafka, `audit` those of the audit; `scanner` and they have commands of their own. The
figures are of this machine and this moment; the ratios are what is promised.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.host import watched
from tests.bench.report import Row

_WIDTH = 160  # where the output is no terminal
_GROUPS = ("audit", "scale")
_APART = ("scanner", *(f"{group}_" for group in _GROUPS))  # they take long, or need servers


def main(wanted: list[str]) -> int:
    """Run the benches and print their rows."""
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    rows: list[Row] = []
    for name in _names(wanted):
        console.print(f"{name} …", style="dim")
        with watched() as stolen:
            rows += import_module(f"tests.bench.bench_{name}").run()
        console.print(f"  {stolen}", style="dim")
    console.print(_table(rows))
    return 0 if all(row.reached for row in rows) else 1


def _names(wanted: list[str]) -> list[str]:
    here = sorted(
        each.stem.removeprefix("bench_") for each in Path(__file__).parent.glob("bench_*.py")
    )
    if len(wanted) == 1 and wanted[0] in _GROUPS:
        return [name for name in here if name.startswith(f"{wanted[0]}_")]
    unknown = set(wanted) - set(here)
    if unknown:
        raise SystemExit(
            f"no such bench: {', '.join(sorted(unknown))}; there are {', '.join((*_GROUPS, *here))}"
        )
    return wanted or [name for name in here if not name.startswith(_APART)]


def _table(rows: list[Row]) -> Table:
    table = Table("what", "against", "ours", "theirs", "ratio", "aim", "reached")
    for row in rows:
        table.add_row(
            row.what,
            row.against,
            row.figure,
            row.baseline,
            "–" if row.ratio is None else f"{row.ratio:.2f}×",
            "–" if row.aim is None else f"{row.aim:g}×",
            "yes" if row.reached else "NO",
        )
    return table


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
