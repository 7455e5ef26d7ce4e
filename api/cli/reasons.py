"""Why a file or a setting cannot be used, in the reader's language.

The domain and the libraries state such reasons in English, names and numbers inside: here every one
has its pattern, and in the catalogue `console` its words. One that fits no pattern is shown as it
came: in English it helps more than not at all.
"""

from __future__ import annotations

import errno
import os
import re
from socket import gaierror

from api.cli.language import say

_OF_THE_SYSTEM = {
    errno.ENOENT: "reason.missing",
    errno.EISDIR: "reason.folder",
    errno.ENOTDIR: "reason.no-folder",
    errno.EACCES: "reason.denied",
    errno.EPERM: "reason.denied",
    errno.EROFS: "reason.read-only",
    errno.ENOSPC: "reason.full",
    errno.EFBIG: "reason.full",
    errno.EADDRINUSE: "reason.in-use",
    errno.EADDRNOTAVAIL: "reason.no-address",
}
_PATTERNS = (
    # settings, as pydantic states them
    (r"Input should be a valid integer.*", "reason.whole-number"),
    (r"Input should be greater than or equal to (?P<least>\S+)", "reason.least"),
    (r"Input should be less than or equal to (?P<most>\S+)", "reason.most"),
    (r"Input should be in a valid time format.*", "reason.time"),
    (r"Input should be (?P<expected>'.*')", "reason.one-of"),
    (r"needed where the store is postgres", "reason.dsn"),
    (r"Value error, '(?P<name>.*)' does not appear to be an IPv4 or IPv6 network", "reason.proxy"),
    (r"Value error, (?P<name>.*) has host bits set", "reason.proxy"),
    (r"needed where mail is to be sent", "reason.mail-needs"),
    (r"Value error, not http://... or https://...", "reason.no-web-address"),
    (r"Value error, not a mail address", "reason.no-mail-address"),
    (r"Value error, not (such an address|smtp://.*)", "reason.no-mail-server"),
    (r"Value error, the name and the password of SMTP are not ASCII", "reason.not-ascii"),
    # TOML files, as tomllib and msgspec state them
    (r".* \(at line (?P<line>\d+), column (?P<column>\d+)\)", "reason.toml"),
    (r".* \(at end of document\)", "reason.toml-end"),
    (r"Object contains unknown field `(?P<name>.*)`", "reason.unknown-field"),
    (r"Object missing required field `(?P<name>.*)`", "reason.missing-field"),
    (r"Invalid enum value '?(?P<value>.*?)'?", "reason.not-allowed"),
    (r"Expected `(?P<wanted>[^`]*)`, got `(?P<found>[^`]*)`", "reason.wrong-type"),
    (r"Expected (?P<wanted>.*)", "reason.expected"),
    (r"not UTF-8", "reason.not-utf8"),
    # regulations
    (r"ends before it begins", "reason.period"),
    (r"a route has at least one stage", "reason.no-stages"),
    (r"two stages have the same key", "reason.same-stages"),
    (r"«(?P<name>.*)» is the end of every route", "reason.end-key"),
    (r"«(?P<name>.*)» has no places and cannot hold a packet", "reason.no-places"),
    (r"only a route through a centre has an accepting side of its own", "reason.own-side"),
    (r"nothing ends this stage", "reason.no-end"),
    (r"names an act or a scan, one of the two", "reason.act-or-scan"),
    (r"leads nowhere: there is no stage «(?P<name>.*)»", "reason.leads-nowhere"),
    (r"must be at least (?P<least>\d+)", "reason.least"),
    (r"lists papers exactly where the sources hold them", "reason.papers-held"),
    (r"lists grounds exactly where the sources hold them", "reason.grounds-held"),
    (r"a loop to nowhere: the end of the route is never reached", "reason.loop"),
    (r"«(?P<name>.*)» stands in another file", "reason.same-id"),
    (r"grounds stand in \[\[pause\]\], which names its stages", "reason.pauses-apart"),
    (r"two grounds have the same key", "reason.same-grounds"),
    (r"names no stage in which it may be used", "reason.pause-nowhere"),
    (r"there is no stage «(?P<name>.*)»", "reason.no-such-stage"),
    (r"nobody may use it", "reason.pause-nobody"),
    (r"«(?P<name>.*)» stops no clock", "reason.stops-no-clock"),
    (r"a longest time is counted in minutes, hours, days or months", "reason.pause-longest"),
    # days that are worked
    (r"not in (?P<first>\d+)\.\.(?P<last>\d+)", "reason.years"),
    (r"no \[\[year\]\] gives the source of the transfers of (?P<year>\d+)", "reason.no-year"),
    (r"(?P<what>\S+) stands twice(?: for the same week)?", "reason.twice"),
    (r"empty", "reason.empty"),
    (r"worked, while the transfers of (?P<year>\d+) are none", "reason.no-transfers"),
    (r"only a day off or a confirmed holiday is moved", "reason.only-off-moved"),
    (r"the library has no holiday on (?P<day>\S+)", "reason.no-holiday"),
    # scan logs and backups
    (r"the header lacks (?P<names>.*)", "reason.header"),
    (r"not utf-8-sig or windows-1251", "reason.no-encoding"),
    (r"format (?P<format>.*)", "reason.format"),
    (r"(?P<name>\S+) was altered", "reason.altered"),
    (r"unexpected (?P<name>'.*')", "reason.unexpected"),
)
_KEYS = [(re.compile(pattern, re.DOTALL), key) for pattern, key in _PATTERNS]
_KEYS += [(re.compile(re.escape(os.strerror(code))), key) for code, key in _OF_THE_SYSTEM.items()]
_OTHERWISE = {"bad-backup": "reason.no-archive"}


def reason_of(error: OSError) -> str:
    """Say why the system refused."""
    key = "reason.no-host" if isinstance(error, gaierror) else _OF_THE_SYSTEM.get(error.errno or 0)
    return say(key) if key else (error.strerror or str(error))


def in_words(stated: object, code: str) -> str:
    """Say a reason that was stated in English within an error of this code."""
    for pattern, key in _KEYS:
        found = pattern.fullmatch(str(stated))
        if found:
            return say(key, **{n: v.replace(" or ", ", ") for n, v in found.groupdict().items()})
    return say(_OTHERWISE[code]) if code in _OTHERWISE else str(stated)
