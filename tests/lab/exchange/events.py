# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens to a tenant while somebody works in it, just before one of his requests: asked for like a fault."""

from __future__ import annotations

import typing as t
import uuid

from ..faults import Fault
from . import gate
from .execute import Caller
from .records import utc_now
from .seeding import seed_inbound, seed_outbound
from .wire import Answer

if t.TYPE_CHECKING:
    from ..world import World
    from .records import Record
    from .state import ExchangeState


def happen(fault: Fault, world: World, caller: Caller, client_id: str) -> Caller | Answer:
    """Let it happen. The request then goes on with what it may do now, or it is turned away."""
    if fault.action == "expire_token":
        world.tokens.revoke()
        return gate.expired()
    if fault.action == "withdraw_rights":
        caller.state.identity.apps[client_id.lower()].exchange_roles.clear()
        return Caller(caller.state, (), caller.base, caller.tenant)
    if fault.action == "edit":
        _edit(fault, caller.state)
    return caller


def _edit(fault: Fault, state: ExchangeState) -> None:
    """Another administrator makes, changes or removes a connector; members that are None mean that it goes."""
    noun, name, members = str(fault["noun"]), str(fault["name"]), fault["members"]
    found = state.collections[noun].truth.find(name)
    if members is None:
        if found is not None:
            state.write(noun, found.guid, None)
    elif found is None:
        made = _made(noun, {"Name": name, **members}, state)
        state.write(noun, made.guid, made)
    else:
        state.write(noun, found.guid, found.changed_to({**found.values, **members}, utc_now()))


def _made(noun: str, values: dict[str, t.Any], state: ExchangeState) -> Record:
    seed = seed_outbound if noun == "OutboundConnector" else seed_inbound
    (record,) = seed([{"Guid": str(uuid.uuid4()), **values}], {}, state.identity.domain, state.switches)
    return record
