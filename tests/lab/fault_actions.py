# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong on demand: one row per action.

``effect`` of a row tells whether the request is carried out before its answer goes wrong; where it is among the
arguments, the fault may say otherwise. An argument whose default is ``...`` must be given.
"""

from __future__ import annotations

import types
import typing as t

SERVICES: t.Final = ("admin", "entra", "imds")
_ALL = SERVICES
_ADMIN = ("admin",)
_SIGN_IN = ("entra", "imds")


class Action(t.NamedTuple):
    """One thing that can go wrong."""

    text: str
    arguments: t.Mapping[str, t.Any] = types.MappingProxyType({})
    effect: bool = False
    services: tuple[str, ...] = _ALL
    of_item: bool = False
    transport: bool = True  # performed by transport.perform_transport


ACTIONS: dict[str, Action] = {
    "status": Action(
        "answers with this status; body a text, or anything that becomes JSON",
        {"status": ..., "body": "", "headers": {}, "retry_after": None, "effect": False},
    ),
    "throttle": Action(
        "answers 429; retry_after is a number of seconds, a text such as an HTTP-date, or None for no header",
        {"retry_after": None, "body": None, "json": False},
    ),
    "drop_before": Action("the connection is cut, nothing was done"),
    "drop_after": Action("the request was carried out, then the connection is cut", effect=True),
    "stall": Action(
        "nothing comes for so many seconds; then the answer, or with answer=False a cut connection",
        {"seconds": ..., "answer": True, "effect": True},
        effect=True,
    ),
    "slow_body": Action(
        "the answer comes in pieces, the whole of it within so many seconds",
        {"seconds": ..., "pieces": 10},
        effect=True,
    ),
    "truncate": Action(
        "Content-Length of the whole body, but only a part of it, then the end of the connection",
        {"keep": 0.5, "effect": True},
        effect=True,
    ),
    "not_json": Action(
        "an HTML page",
        {"status": 200, "body": "<!DOCTYPE html><html><body>Service unavailable</body></html>", "effect": True},
        effect=True,
    ),
    "invalid_json": Action(
        "a whole body that ends in the middle of its JSON", {"keep": 0.5, "effect": True}, effect=True
    ),
    "false_gzip": Action("the plain answer, labelled as gzip", {"effect": True}, effect=True),
    "empty_body": Action("a status and nothing else", {"status": 200, "effect": True}, effect=True),
    "redirect": Action("sends the caller elsewhere", {"location": ..., "status": 302}),
    "token_error": Action(
        "an error of the token endpoint by its AADSTS number",
        {"code": ..., "retry_after": None},
        services=("entra",),
        transport=False,
    ),
    "token_without_roles": Action(
        "a token whose roles are missing, as before a grant has spread", effect=True, services=_SIGN_IN, transport=False
    ),
    "error_in_200": Action(
        "a 200 whose body holds an error object",
        {"body": None, "effect": False},
        services=_ADMIN,
        transport=False,
    ),
    "missing_item": Action(
        "a $batch answer without this item",
        {"effect": True},
        effect=True,
        services=_ADMIN,
        of_item=True,
        transport=False,
    ),
    "duplicate_item": Action(
        "a $batch answer that holds this item twice", {"effect": True}, True, _ADMIN, of_item=True, transport=False
    ),
    "error_item": Action(
        "a $batch item with this status; body as for status",
        {"status": ..., "body": None, "headers": {}, "retry_after": None, "effect": False},
        services=_ADMIN,
        of_item=True,
        transport=False,
    ),
    "reorder": Action("the items of a $batch answer in another order", {"effect": True}, True, _ADMIN, transport=False),
    "bad_next_link": Action(
        "a link to the next page on another host", {"host": "evil.example"}, True, _ADMIN, transport=False
    ),
    "expire_token": Action("every token so far has expired by now", services=_ADMIN, transport=False),
    "withdraw_rights": Action(
        "the application has lost its roles in Exchange by now", effect=True, services=_ADMIN, transport=False
    ),
    "edit": Action(
        "another administrator has made or changed a connector by now, or with members None removed it",
        {"name": ..., "members": ..., "noun": "OutboundConnector"},
        effect=True,
        services=_ADMIN,
        transport=False,
    ),
    "warning": Action("the answer with this warning in it", {"text": ...}, True, _ADMIN, transport=False),
}

#: Those that happen to the tenant, and leave the answer as it then is.
EVENTS = frozenset({"expire_token", "withdraw_rights", "edit"})
