"""Why a log-in, a password or a station is refused. No fact ever holds what was typed."""

from __future__ import annotations

from domain.errors import RefusedError


class LoginTakenError(RefusedError):
    """Another person logs in under this name."""

    code = "login-taken"
    status = 409


class BadLoginError(RefusedError):
    """A name under which nobody can log in: too short, too long, or with other characters."""

    code = "bad-login-name"


class WeakPasswordError(RefusedError):
    """A password that is guessed soon; `least` is how many characters it needs."""

    code = "weak-password"


class WeakPinError(RefusedError):
    """A PIN that is guessed soon, or none; `least` and `most` say how many digits it has."""

    code = "weak-pin"


class BadLogInError(RefusedError):
    """Name and secret do not fit together; which of them is wrong is not told."""

    code = "wrong-log-in"
    status = 401


class TooManyGuessesError(RefusedError):
    """Too many wrong guesses; `seconds` says after how long the next one is taken."""

    code = "too-many-guesses"
    status = 429


class LogInsBusyError(RefusedError):
    """So many log in at this moment that no more can wait."""

    code = "log-ins-busy"
    status = 503


class UnknownStationError(RefusedError):
    """No browser and no shared station has this number."""

    code = "unknown-station"
    status = 404
