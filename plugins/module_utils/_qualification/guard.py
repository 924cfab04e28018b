# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What no command of a qualification may break: nothing of it can ever carry mail. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import ExchangeError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._qualification.model import RESERVED, is_own
from ansible_collections.mailflow.exchange_online.plugins.module_utils._wire import Call

_DOMAINS = ("RecipientDomains", "SenderDomains")
_NETWORK = ("192.0.2.", "2001:db8:")


def check(call: Call, own: t.Collection[str]) -> None:
    """Raise ExchangeError unless the command only reads, or keeps to the rules. ``own`` are Guids of our own.

    A connector is made disabled and stays so; it has a name of our own, reserved domains, and addresses of networks
    that do not exist; no other connector is touched.
    """
    verb = call.cmdlet.partition("-")[0]
    if verb == "Get":
        return
    given = call.parameters
    if verb == "Validate" and (is_own(given.get("Identity")) or given.get("Identity") in own):
        return
    named = is_own(given.get("Name" if verb == "New" else "Identity")) or given.get("Identity") in own
    enabled = given.get("Enabled") is not False if verb == "New" else "Enabled" in given
    hosts = _texts(given, ("SmartHosts", "SenderIPAddresses"))
    domains = _texts(given, _DOMAINS)
    if (
        verb not in ("New", "Set", "Remove")
        or not named
        or enabled
        or not all(text.lower().rstrip(".").endswith(f".{RESERVED}") for text in domains)
        or not all(text.startswith(_NETWORK) for text in hosts)
        or (verb == "Set" and "Name" in given and not is_own(given["Name"]))
    ):
        raise ExchangeError("internal", f"{call.label} was not sent: a qualification must not do that.")


def _texts(given: t.Mapping[str, object], names: t.Iterable[str]) -> list[str]:
    lists = [given[name] for name in names if isinstance(given.get(name), (list, tuple))]
    return [str(item) for items in lists for item in t.cast("t.Sequence[object]", items)]
