# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fault matrix: what may go wrong x what is being done -> how it must end. Data only; test_faults.py runs it, and
tests/tools/fault_page.py prints it.
"""

from __future__ import annotations

import types
import typing as t

Ending = t.Literal["done", "failed", "stopped", "unknown", "told"]
#: How it ends where the fault happens once, and where it happens every time.
Cell = tuple[Ending, Ending]

ENDINGS: dict[Ending, str] = {
    "done": "what was asked for stands, and is told so",
    "failed": "nothing of this one took effect, it says so and why; the others are done",
    "stopped": "nothing was written at all, and the task says why",
    "told": "it was written, and it is told that somebody else changed it at the same time",
    "unknown": "the one thing is told that is known: that it is not known; nothing was recorded or repeated",
}


class Operation(t.NamedTuple):
    """A column: which command meets the fault, and whether commands travel ten to a request."""

    title: str
    cmdlet: str
    batched: bool = False


OPERATIONS: dict[str, Operation] = {
    "sign in": Operation("sign in", "token"),
    "list": Operation("list", "Get-OutboundConnector"),
    "list, batched": Operation("list, batched", "Get-OutboundConnector", True),
    "new": Operation("New", "New-OutboundConnector"),
    "new, batched": Operation("New, batched", "New-OutboundConnector", True),
    "set": Operation("Set", "Set-OutboundConnector"),
    "set, batched": Operation("Set, batched", "Set-OutboundConnector", True),
    "remove": Operation("Remove", "Remove-OutboundConnector"),
    "remove, batched": Operation("Remove, batched", "Remove-OutboundConnector", True),
    "validate": Operation("Validate", "Validate-OutboundConnector"),
    "record": Operation("record", "Set-OutboundConnector"),
}
_GROUPS: dict[str, tuple[str, ...]] = {
    "reads": ("list", "list, batched"),
    "writes": ("new", "set", "remove", "new, batched", "set, batched", "remove, batched"),
    "alone": ("new", "set", "remove"),
    "batched": ("new, batched", "set, batched", "remove, batched"),
    "items": ("list, batched", "new, batched", "set, batched", "remove, batched"),
    "all": tuple(operation for operation in OPERATIONS if operation != "sign in"),
}

DONE: Cell = ("done", "done")
PASSES: Cell = ("done", "failed")
FAILED: Cell = ("failed", "failed")
READ: Cell = ("done", "stopped")
UNREAD: Cell = ("stopped", "stopped")
UNKNOWN: Cell = ("unknown", "unknown")


TOLD: Cell = ("told", "told")
_WITH_BLANKS = {operation.replace(", ", "_").replace(" ", "_"): operation for operation in OPERATIONS}


def _cells(**groups: Cell) -> dict[str, Cell]:
    """Cells by group or operation (underscores for blanks and commas); what comes later wins."""
    found: dict[str, Cell] = {}
    for name, cell in groups.items():
        for operation in _GROUPS.get(name) or (_WITH_BLANKS[name],):
            found[operation] = cell
    return found


def _of_exchange(cells: t.Mapping[str, Cell]) -> dict[str, Cell]:
    return {operation: cell for operation, cell in cells.items() if operation != "sign in"}


#: What the service did not begin: it is asked again.
PUT_OFF = _cells(sign_in=READ, reads=READ, writes=PASSES, validate=PASSES, record=PASSES)
#: What leaves open whether a write took effect, and it did not: it is looked up, and sent again.
OPEN = _cells(sign_in=READ, reads=READ, writes=PASSES, validate=UNKNOWN, record=PASSES)
#: The same, and it did: it is looked up, and not sent again.
OPEN_DONE = _cells(sign_in=READ, reads=READ, writes=DONE, validate=UNKNOWN, record=DONE)
#: An answer to be taken at its word. A refused batch is taken apart, and a list refused is asked for whole.
REFUSED = _cells(sign_in=UNREAD, reads=READ, alone=FAILED, batched=PASSES, validate=FAILED, record=FAILED)
#: What ends the whole run at the first encounter.
ENDS_ALL = _cells(reads=UNREAD, writes=FAILED, validate=FAILED, record=FAILED)
HARMLESS = _cells(sign_in=DONE, all=DONE)
#: An answer of the sign-in service that no client can read.
ODD_TOKEN = _cells(sign_in=UNREAD)


class Row(t.NamedTuple):
    """A fault, and how each operation that can meet it must end; ``action`` is one of the lab's, or nothing happens."""

    fault: str
    action: str | None
    cells: t.Mapping[str, Cell]
    arguments: t.Mapping[str, t.Any] = types.MappingProxyType({})
    #: Those of the lab.
    switches: t.Mapping[str, t.Any] = types.MappingProxyType({})
    #: Seconds by which the clock of this host is wrong.
    skew: float = 0.0
    #: Where it ends badly, it may end so for the others of the task as well, who need the same right or token.
    spreads: bool = False


def _edit(name: str, members: dict[str, t.Any] | None) -> dict[str, t.Any]:
    return {"name": name, "members": members}


_TRAILS = {"visibility_reads": 5}
_TURNS = {"visibility_reads": 5, "replicas": "flip_flop"}
_HERS = {"RecipientDomains": ["comes.example"], "TlsSettings": "CertificateValidation"}

#: Retry-After in every form in which it may come.
WISHES: dict[str, str | int | None] = {
    "a second": 1,
    "0": 0,
    "a date in the past": "Wed, 21 Oct 2015 07:28:00 GMT",
    "a date as in RFC 850": "Wednesday, 21-Oct-15 07:28:00 GMT",
    "a date as of asctime": "Wed Oct 21 07:28:00 2015",
    "absent": None,
    "garbage": "after lunch",
}

ROWS: tuple[Row, ...] = (
    *(Row(f"429, Retry-After {name}", "throttle", PUT_OFF, {"retry_after": wish}) for name, wish in WISHES.items()),
    Row("429, Retry-After an hour", "throttle", ENDS_ALL | _cells(sign_in=UNREAD), {"retry_after": 3600}, spreads=True),
    Row("429 in JSON", "throttle", PUT_OFF, {"json": True}),
    Row("429 until a date, this clock an hour late", "throttle", PUT_OFF, {"retry_after": "+1"}, skew=-3600),
    Row("429 until a date, this clock half an hour early", "throttle", PUT_OFF, {"retry_after": "+1"}, skew=1800),
    Row("this clock two hours early", None, _cells(sign_in=UNREAD), skew=7200),
    Row("503", "status", PUT_OFF, {"status": 503}),
    Row("503, Retry-After a second", "status", PUT_OFF, {"status": 503, "retry_after": 1}),
    Row("400", "status", REFUSED, {"status": 400}),
    Row("401", "status", PUT_OFF | _cells(sign_in=UNREAD), {"status": 401}, spreads=True),
    Row("403", "status", REFUSED | _cells(list=UNREAD), {"status": 403}),
    Row("404", "status", REFUSED, {"status": 404}),
    Row("405", "status", REFUSED, {"status": 405}),
    Row("408", "status", OPEN | _cells(sign_in=UNREAD), {"status": 408}),
    Row("409", "status", REFUSED | _cells(batched=FAILED), {"status": 409}, spreads=True),
    Row("413", "status", REFUSED, {"status": 413}),
    Row("500, not carried out", "status", OPEN, {"status": 500}),
    Row("500, carried out", "status", OPEN_DONE, {"status": 500, "effect": True}),
    Row("501", "status", REFUSED | _cells(sign_in=READ), {"status": 501}),
    Row("502, not carried out", "status", OPEN, {"status": 502}),
    Row("502, carried out", "status", OPEN_DONE, {"status": 502, "effect": True}),
    Row("504, not carried out", "status", OPEN, {"status": 504}),
    Row("504, carried out", "status", OPEN_DONE, {"status": 504, "effect": True}),
    Row("connection cut, not carried out", "drop_before", OPEN),
    Row("connection cut, carried out", "drop_after", OPEN_DONE),
    Row("no answer in time, not carried out", "stall", OPEN, {"seconds": 1.5, "answer": False, "effect": False}),
    Row("no answer in time, carried out", "stall", OPEN_DONE, {"seconds": 1.5}),
    Row("answer in small pieces", "slow_body", HARMLESS, {"seconds": 0.05}),
    Row("answer cut short", "truncate", OPEN_DONE),
    Row("JSON cut short", "invalid_json", OPEN_DONE | ODD_TOKEN),
    Row("HTML in place of JSON", "not_json", OPEN_DONE | ODD_TOKEN),
    Row("HTML, not carried out", "not_json", OPEN | ODD_TOKEN, {"effect": False}),
    Row("labelled as gzip, and is not", "false_gzip", HARMLESS),
    Row("no body", "empty_body", OPEN_DONE | ODD_TOKEN),
    Row("no body, not carried out", "empty_body", OPEN | ODD_TOKEN, {"effect": False}),
    Row("204, carried out", "empty_body", OPEN_DONE | ODD_TOKEN, {"status": 204}),
    Row("redirect", "redirect", REFUSED | _cells(batched=FAILED), {"location": "https://localhost:9/"}, spreads=True),
    Row("sign-in refused (AADSTS7000215)", "token_error", _cells(sign_in=UNREAD), {"code": 7000215}),
    Row("sign-in busy (AADSTS90055)", "token_error", _cells(sign_in=READ), {"code": 90055, "retry_after": 1}),
    Row("token without its roles", "token_without_roles", _cells(sign_in=READ)),
    Row("error inside a 200, not carried out", "error_in_200", _of_exchange(OPEN) | _cells(list=UNREAD)),
    Row(
        "error inside a 200, carried out",
        "error_in_200",
        _of_exchange(OPEN_DONE) | _cells(list=UNREAD),
        {"effect": True},
    ),
    Row("warning beside the answer", "warning", _cells(all=DONE), {"text": "Something is odd."}),
    Row("link to another host", "bad_next_link", _cells(all=DONE, list=UNREAD, validate=UNKNOWN)),
    Row("items in another order", "reorder", _cells(items=DONE)),
    Row("item missing, not carried out", "missing_item", _cells(items=DONE), {"effect": False}),
    Row("item missing, carried out", "missing_item", _cells(items=DONE)),
    Row("item twice", "duplicate_item", _cells(items=DONE)),
    Row("item with 400", "error_item", _cells(items=FAILED, list_batched=DONE), {"status": 400}),
    Row("item with 401", "error_item", _cells(items=DONE), {"status": 401}),
    Row("item with 403", "error_item", _cells(items=FAILED, list_batched=DONE), {"status": 403}),
    Row("item with 429", "error_item", _cells(items=DONE), {"status": 429, "retry_after": 1}),
    Row("item with 500, carried out", "error_item", _cells(items=DONE), {"status": 500, "effect": True}),
    Row("item with 503", "error_item", _cells(items=DONE), {"status": 503}),
    Row("the token expires", "expire_token", _of_exchange(PUT_OFF), spreads=True),
    Row("the rights are withdrawn", "withdraw_rights", ENDS_ALL, spreads=True),
    Row("replica lags behind", None, _cells(all=DONE), switches=_TRAILS),
    Row("replicas take turns", None, _cells(all=DONE), switches=_TURNS),
    Row("connection cut, carried out; replica lags", "drop_after", OPEN_DONE, switches=_TRAILS),
    Row("connection cut, carried out; replicas take turns", "drop_after", OPEN_DONE, switches=_TURNS),
    Row("somebody else makes the same", "edit", _cells(new=DONE, new_batched=DONE), _edit("comes", _HERS)),
    Row(
        "somebody else makes another of that name",
        "edit",
        _cells(new=FAILED, new_batched=FAILED),
        _edit("comes", {**_HERS, "TlsSettings": "EncryptionOnly"}),
    ),
    Row(
        "somebody else changes it",
        "edit",
        _cells(set=TOLD, set_batched=TOLD, remove=DONE, remove_batched=DONE, validate=FAILED, record=DONE),
        _edit("{name}", {"Enabled": False}),
    ),
    Row(
        "somebody else deletes it",
        "edit",
        _cells(set=FAILED, set_batched=FAILED, remove=DONE, remove_batched=DONE, validate=FAILED, record=FAILED),
        _edit("{name}", None),
    ),
    Row(
        "somebody else makes another one",
        "edit",
        _cells(all=DONE),
        _edit("hers", {"RecipientDomains": ["hers.example"]}),
    ),
)
