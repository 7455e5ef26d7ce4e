"""The demonstration: a seeded simulation of Almaty region's papers, driven through the desk.

Discrete events, one queue in order of time, every actor with a stream of chance of its own: the
same plan gives the same events, byte for byte. It is the load generator too.
"""

from infra.demonstration.agenda import SimulatedClock
from infra.demonstration.aside import demonstrate, finish_demonstration
from infra.demonstration.log_ins import LOG_INS_FILE, kept_log_ins
from infra.demonstration.outcome import Outcome
from infra.demonstration.plan import DEFAULT_START, BadPlanError, Plan, recent_start
from infra.demonstration.simulation import (
    NotEmptyError,
    Progress,
    run_demonstration,
)
from infra.demonstration.staffing import LogIn
from infra.demonstration.troubles import Trouble

__all__ = [
    "DEFAULT_START",
    "LOG_INS_FILE",
    "BadPlanError",
    "LogIn",
    "NotEmptyError",
    "Outcome",
    "Plan",
    "Progress",
    "SimulatedClock",
    "Trouble",
    "demonstrate",
    "finish_demonstration",
    "kept_log_ins",
    "recent_start",
    "run_demonstration",
]
