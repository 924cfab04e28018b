# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What to do after a failure. Pure: a table, and the arithmetic of waiting."""

from __future__ import annotations

import dataclasses
import datetime as dt
import email.utils
import typing as t

CmdletKind = t.Literal["read", "replace", "create", "remove", "validate", "other"]
Action = t.Literal["retry", "reauthenticate", "reread", "give_up"]
Failure = t.Literal[
    "never_connected",  # nothing was sent
    "untrusted",  # TLS failed; nothing was sent
    "timed_out",  # sent, and no answer in time
    "lost",  # perhaps sent, and the connection ended
    "unreadable",  # an answer that cannot be trusted: cut off, not JSON, not the expected members
    "throttled",  # 429
    "busy",  # 503, or an exception that says the command was not begun
    "transient",  # an exception that says "try again" and leaves open how far the command came
    "server_error",  # 500, 502, 504 and other 5xx
    "unauthorized",  # 401
    "forbidden",  # 403
    "refused",  # the service understood and said no
    "partial",  # errors beside a result
]

#: Validate-* changes no object, but it sends mail: like a write it is not repeated where it may have run, and like a
#: list its answer is worth nothing if it is not whole.
_KINDS: t.Mapping[str, CmdletKind] = {
    "get": "read",
    "set": "replace",
    "new": "create",
    "remove": "remove",
    "validate": "validate",
}
_WRITES: tuple[CmdletKind, ...] = ("replace", "create", "remove", "validate", "other")

#: Seconds that a command is waited for at least: validations take most of a minute each, sometimes several.
PATIENCE: t.Mapping[CmdletKind, float] = {"validate": 300.0}


def cmdlet_kind(cmdlet: str) -> CmdletKind:
    """Return what sort of command this is. PowerShell's verbs are not case-sensitive."""
    verb, dash, _noun = cmdlet.partition("-")
    return _KINDS.get(verb.lower(), "other") if dash else "other"


def _table() -> dict[tuple[CmdletKind, Failure], Action]:
    """The same for every kind where nothing was done; where it is open, a write has to be looked at first."""
    alike: dict[Failure, Action] = {
        "never_connected": "retry",
        "untrusted": "give_up",
        "throttled": "retry",
        "busy": "retry",
        "unauthorized": "reauthenticate",
        "forbidden": "give_up",
        "refused": "give_up",
    }
    open_ended: tuple[Failure, ...] = ("timed_out", "lost", "unreadable", "transient", "server_error")
    table: dict[tuple[CmdletKind, Failure], Action] = {}
    for kind in ("read", *_WRITES):
        table.update({(kind, failure): action for failure, action in alike.items()})
        table.update({(kind, failure): "retry" if kind == "read" else "reread" for failure in open_ended})
        table[kind, "partial"] = "give_up" if kind == "read" else "reread"
    return table


TABLE: t.Mapping[tuple[CmdletKind, Failure], Action] = _table()

# Short names of the service's exceptions as the official module and public clients treat them.
_NOT_BEGUN = (
    "CmdletProxyNotAvailableFailure",
    "DCOverloadedException",
    "ServerBusyException",
    "ServerInMMException",
    "SuitabilityDirectoryException",
)
_TRY_AGAIN = (
    "ADServerSettingsChangedException",
    "BackendCommunicationException",
    "CmdletProxyException",
    "TransientException",  # and everything that ends so, such as StorageTransientException
    "UnableToWriteToAadException",
)
_TOO_MANY = "maximum number of concurrent requests"


def classify(status: int, exception: str | None = None, text: str = "") -> Failure:
    """Return the failure of an answer whose status is not a success.

    ``exception`` is the type that the body or X-ExceptionType names, ``text`` the service's words: the service hides
    passing troubles in 400 and 500 as well.
    """
    name = (exception or "").rpartition(".")[2]
    if status == 429 or _TOO_MANY in text.lower():
        return "throttled"
    if status in (401, 403):
        return "unauthorized" if status == 401 else "forbidden"
    if status == 503 or name in _NOT_BEGUN:
        return "busy"
    if any(name.endswith(ending) for ending in _TRY_AGAIN):
        return "transient"
    if name.endswith(("ObjectNotFoundException", "AlreadyExistsException")):
        return "refused"  # older deployments say so with a 500
    if status != 501 and (status >= 500 or status == 408):
        return "server_error"
    return "refused"


def decide(kind: CmdletKind, failure: Failure) -> Action:
    """Return what to do after ``failure`` of a command of this kind."""
    return TABLE[kind, failure]


@dataclasses.dataclass(frozen=True)
class Backoff:
    """How long to wait before the next try, in seconds."""

    base: float = 1.0
    cap: float = 60.0
    longest_wish: float = 300.0  # a service that wants us to wait longer is not waited for

    def delay(self, tries: int, wish: float | None, random: float) -> float | None:
        """Return the wait after the ``tries``-th try, or None when the service wishes for more than is sensible.

        ``wish`` is what Retry-After asks for; ``random`` is a number from 0 to 1. Without a wish the range doubles
        with each try and the whole of it is used ("full jitter"), so that many hosts do not come back together.
        """
        if wish is not None:
            # A little more than asked for, so that those who were sent away together do not return together.
            return None if wish > self.longest_wish else wish + random * min(1.0, self.base)
        return random * min(self.cap, self.base * 2.0 ** min(tries, 30))


def retry_after(value: str | None, now: float) -> float | None:
    """Return the seconds that a Retry-After header asks for (RFC 9110, section 10.2.3), or None.

    It is a number of seconds or a date; ``now`` is seconds since 1970.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    if not text:
        return None
    until = _date(text)
    return None if until is None else max(0.0, until - now)


def wish_of(headers: t.Mapping[str, str]) -> str | None:
    """Return the Retry-After of an answer, a date in it as seconds after the date of the answer itself.

    So it does not matter what time it is on this host. ``headers`` have lower-case names.
    """
    value = headers.get("retry-after")
    until, sent = _date(value or ""), _date(headers.get("date", ""))
    return value if until is None or sent is None else f"{max(0.0, until - sent):.0f}"


def _date(text: str) -> float | None:
    """Return an HTTP date, in any of its three forms, as seconds since 1970."""
    try:
        found = email.utils.parsedate_to_datetime(text)
        if found.tzinfo is None:  # that of C's asctime() names no zone, and means UTC
            found = found.replace(tzinfo=dt.timezone.utc)
        return found.timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
