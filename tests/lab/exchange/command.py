# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One command as it stands in a request: cmdlet, parameters, and what the URL and the headers add."""

from __future__ import annotations

import json
import re
import typing as t
import urllib.parse
from dataclasses import dataclass, field

from .errors import bad_body
from .paging import Affinity

_PATH = re.compile(r"/adminapi/(?P<version>[^/]+)/(?P<tenant>[^/]+)/(?P<resource>[^/?]+)/?", re.IGNORECASE)


class Target(t.NamedTuple):
    """What a URL of the admin API points at."""

    version: str
    tenant: str
    resource: str


def target_of(path: str) -> Target | None:
    """The parts of a path, whatever its case; None when it is no admin API path at all."""
    match = _PATH.fullmatch(urllib.parse.unquote(path))
    return Target(match["version"].lower(), match["tenant"], match["resource"].lower()) if match else None


class Query(t.NamedTuple):
    """The query string: properties selected, and the token of a page link."""

    select: tuple[str, ...]
    skip_token: str | None


def query_of(text: str) -> Query:
    """Read ``$select`` and ``$skiptoken``, with or without their dollar sign percent-encoded."""
    found = {name.lower(): value for name, value in urllib.parse.parse_qsl(text, keep_blank_values=True)}
    select = tuple(name.strip() for name in found.get("$select", "").split(",") if name.strip())
    return Query(select, found.get("$skiptoken"))


NO_QUERY = Query((), None)
NO_AFFINITY = Affinity(None, None)


@dataclass(frozen=True, slots=True)
class Command:
    """One call of a cmdlet as asked for."""

    cmdlet: str
    parameters: dict[str, object]
    query: Query = NO_QUERY
    prefer: str | None = None
    affinity: Affinity = NO_AFFINITY
    headers: t.Mapping[str, str] = field(default_factory=dict)


def parse_body(raw: bytes | str) -> object:
    """The JSON of a request body. Raises CmdletError when it is none."""
    try:
        return json.loads(raw)
    except ValueError:
        raise bad_body("The request body isn't valid JSON.") from None


def command_of(body: object, query: Query, headers: t.Mapping[str, str]) -> Command:
    """The command in an InvokeCommand body. Its keys are matched exactly; raises CmdletError otherwise.

    ``headers`` maps lower-case names to values.
    """
    if not isinstance(body, dict) or not isinstance(body.get("CmdletInput"), dict):
        raise bad_body("The body must be an object with the member CmdletInput.")
    given = body["CmdletInput"]
    name, parameters = given.get("CmdletName"), given.get("Parameters", {})
    if not isinstance(name, str) or not name:
        raise bad_body("CmdletInput must name a cmdlet in CmdletName.")
    if not isinstance(parameters, dict):
        raise bad_body("CmdletInput.Parameters must be an object; leave it out or send {} for none.")
    affinity = Affinity(headers.get("x-anchormailbox"), headers.get("connection-id"))
    return Command(name, parameters, query, headers.get("prefer"), affinity, headers)
