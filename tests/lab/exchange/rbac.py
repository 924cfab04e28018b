# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which role may run which cmdlet. Rights of several roles add up."""

from __future__ import annotations

import typing as t

from .cmdlet import Cmdlet
from .errors import Forbidden
from .evidence import cite
from .parameters import Parameter

if t.TYPE_CHECKING:
    from ..switches import Switches

READ: t.Final = "read"
WRITE: t.Final = "write"
EVERYTHING: t.Final = "*"
BLOCKED: t.Final = "blocked_connectors"

# Role -> area -> right. A role that is not here has no right to any cmdlet of the lab.
ROLES: dict[str, dict[str, str]] = {
    "Exchange Administrator": {EVERYTHING: WRITE},
    "Global Administrator": {EVERYTHING: WRITE},
    "Organization Management": {EVERYTHING: WRITE},
    "Global Reader": {EVERYTHING: READ},
    "View-Only Configuration": {EVERYTHING: READ},
    "View-Only Organization Management": {EVERYTHING: READ},
    "Remote and Accepted Domains": {"connectors": WRITE, "accepted_domains": WRITE},
    "Security Reader": {BLOCKED: READ},
}
_ROLES = {name.lower(): areas for name, areas in ROLES.items()}
#: A custom role goes by what it holds: "cmdlets: Get-OutboundConnector, Get-InboundConnector".
CUSTOM: t.Final = "cmdlets:"


def _may(role: str, area: str, writes: bool) -> bool:
    areas = _ROLES.get(role.lower(), {})
    right = areas.get(area, areas.get(EVERYTHING))
    return right == WRITE or (right == READ and not writes)


def _holds(role: str, cmdlet: Cmdlet) -> bool:
    if role.lower().startswith(CUSTOM):
        return cmdlet.name.lower() in {name.strip().lower() for name in role[len(CUSTOM) :].split(",")}
    return _may(role, cmdlet.area, cmdlet.writes)


def may_run(cmdlet: Cmdlet, roles: t.Iterable[str]) -> bool:
    """Whether one of the roles holds the cmdlet."""
    return any(_holds(role, cmdlet) for role in roles)


def check_cmdlet(cmdlet: Cmdlet | None, name: str, roles: t.Iterable[str]) -> Cmdlet:
    """The cmdlet, when it exists and one of the roles may run it; the service does not tell the two cases apart."""
    if cmdlet is None:
        raise Forbidden(cite("rights.unknown-cmdlet"), f"{name} is not a cmdlet the caller may run")
    if not may_run(cmdlet, roles):
        row = cite("rights.blocked") if cmdlet.area == BLOCKED else cite("rights.cmdlet")
        raise Forbidden(row, f"no role of the caller holds {cmdlet.name}")
    return cmdlet


def check_parameters(cmdlet: Cmdlet, given: t.Iterable[str], switches: Switches) -> None:
    """A custom role may hold a cmdlet without some of its parameters; the switch lists them.

    ``denied_parameters`` is a list of ``Parameter`` or ``Cmdlet:Parameter``, separated by commas.
    """
    denied = {entry.strip().lower() for entry in str(switches["denied_parameters"]).split(",") if entry.strip()}
    if not denied:
        return
    table: dict[str, Parameter] = cmdlet.family.of(cmdlet.verb)
    for name in given:
        parameter = table.get(name.lower())
        known = parameter.name.lower() if parameter is not None else ""
        if known and (known in denied or f"{cmdlet.name.lower()}:{known}" in denied):
            raise Forbidden(cite("rights.parameter"), f"no role of the caller holds {name} of {cmdlet.name}")
