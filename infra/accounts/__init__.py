"""How people log in to the pages: accounts, sessions, stations, and who looked at what.

All tables stand in the vault's database. There is no HTTP here.
"""

from infra.accounts.accounts import Account, Accounts
from infra.accounts.errors import (
    BadLogInError,
    BadLoginError,
    LogInsBusyError,
    LoginTakenError,
    TooManyGuessesError,
    UnknownStationError,
    WeakPasswordError,
    WeakPinError,
)
from infra.accounts.journal import AccessJournal, Look
from infra.accounts.sessions import NewSession, Session, Sessions
from infra.accounts.stations import Station, Stations

__all__ = [
    "AccessJournal",
    "Account",
    "Accounts",
    "BadLogInError",
    "BadLoginError",
    "LogInsBusyError",
    "LoginTakenError",
    "Look",
    "NewSession",
    "Session",
    "Sessions",
    "Station",
    "Stations",
    "TooManyGuessesError",
    "UnknownStationError",
    "WeakPasswordError",
    "WeakPinError",
]
