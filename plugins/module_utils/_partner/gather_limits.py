# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What keeps a connector out of a partner list, in words, and what of it stays as it is beside the list. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import domains_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    DIRECTIONS,
    Connector,
    Settings,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.rules import (
    SENDER_DOMAINS_LIMIT,
    sender_domains_length,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.gather_names import partner_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.glass import break_glass_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.model import LEVELS
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.pack import is_pack_name
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.trial import is_on_trial

#: Each tells why a connector of that direction cannot be a partner's, or nothing.
_Judge = t.Callable[[Settings], "str | None"]


def obstacle(connector: Connector, prefix: str, owner: str) -> str | None:
    """Return why this connector cannot stand for a partner, whatever else there is."""
    judges = (*_BOTH, *(_OUTBOUND if connector.direction == "outbound" else _INBOUND))
    reasons = (
        _management(connector, prefix, owner),
        _domains(connector),
        *(judge(connector.settings) for judge in judges),
    )
    return next((reason for reason in reasons if reason), None)


def what_deletes(connector: Connector, prefix: str, owner: str) -> str:
    """Return what deletes a connector because of its mark when it is in nobody's entry; nothing where it has none.

    A shared connector is made anew from the list by every run: with nobody on the list who is to share it, it goes.
    """
    if connector.owner != owner:
        return ""
    return "any run with this list" if is_pack_name(prefix, connector.direction, connector.name) else "forced_tls_prune"


def notes(connector: Connector) -> list[str]:
    """Return what the partner's entry does not say of this connector, and what stays in Exchange as it is."""
    settings = connector.settings
    found = []
    recipients = settings.get("validation_recipients")
    if isinstance(recipients, tuple) and recipients:
        found.append(
            f"the validation recipients of '{connector.name}' stay in Exchange ({', '.join(recipients)}); give"
            " outbound.validation_recipients to have the role validate it"
        )
    if any(settings.get(option) for option in ("ef_skip_last_ip", "ef_skip_ips", "ef_users")):
        found.append(f"the enhanced filtering of '{connector.name}' stays as it is")
    return found


def may_share(entry: t.Mapping[str, t.Any]) -> bool:
    """Whether a run in which partners share connectors puts this one into a shared one.

    No list keeps one apart that is neither adopted nor validated, and one is not validated because it was gathered.
    """
    adopted = any("adopt" in entry.get(section, {}) for section in DIRECTIONS)
    together = sender_domains_length(entry["domains"]) <= SENDER_DOMAINS_LIMIT
    return entry["state"] == "enforced" and not adopted and together


def _management(connector: Connector, prefix: str, owner: str) -> str | None:
    """Who manages it, or is at work on it."""
    if str(connector.details.get("link_for_modified_connector") or "").strip("0-"):
        return "it stands in for a connector that somebody is editing in the admin center"
    if connector.owner not in (None, owner):
        return f"it carries the mark of owner '{connector.owner}'"
    if connector.owner == owner and is_pack_name(prefix, connector.direction, connector.name):
        return "it is shared by several partners, and does not tell which domain is whose"
    if connector.owner == owner and partner_of(connector, prefix) is None:
        return f"it carries the mark of '{owner}', and its name does not begin as forced_tls_name_prefix says"
    broken = break_glass_of(str(connector.settings.get("comment", "")))
    if broken:
        return f"it was taken off in haste on {broken[0]} ({broken[1]})"
    if is_on_trial(connector):
        # The next run that knows it takes the change back or brings it to its end: either is a write.
        return "a run has ended in the middle of a change of it; run the list of that run again, and gather then"
    return None


def _domains(connector: Connector) -> str | None:
    domains = domains_of(connector.direction, connector.settings)
    if not domains:
        return "it lists no domain"
    return "it is for all domains (*)" if "*" in domains else None


def _type(settings: Settings) -> str | None:
    if settings.get("connector_type") == "partner":
        return None
    return f"its type is {settings.get('connector_type')}, for servers of one's own"


def _level(settings: Settings) -> str | None:
    level = settings.get("tls_settings")
    return None if level in LEVELS else f"its level is {level}, so it does not force TLS"


def _scoped(settings: Settings) -> str | None:
    return "it is for mail flow rules only" if settings.get("transport_rule_scoped") else None


def _test_mode(settings: Settings) -> str | None:
    return "it is in test mode" if settings.get("test_mode") else None


def _stale_name(settings: Settings) -> str | None:
    name = settings.get("tls_domain")
    if not name or settings.get("tls_settings") == "domain_validation":
        return None
    return f"it holds the certificate name '{name}', which its level does not use; clear it"


def _stale_hosts(settings: Settings) -> str | None:
    if settings.get("use_mx_record") and settings.get("smart_hosts"):
        return "it holds smart hosts, and sends by MX; clear them"
    return None


def _no_tls(settings: Settings) -> str | None:
    return None if settings.get("require_tls") else "it does not require TLS"


def _own_domains(settings: Settings) -> str | None:
    return "it is for some of the tenant's own domains only" if settings.get("associated_accepted_domains") else None


def _organizations(settings: Settings) -> str | None:
    return "it trusts other organisations" if settings.get("trusted_organizations") else None


def _loose_name(settings: Settings) -> str | None:
    name = settings.get("tls_sender_certificate_name")
    if not name or settings.get("restrict_domains_to_certificate"):
        return None
    return f"it names the certificate '{name}', and does not restrict its domains to it"


def _loose_addresses(settings: Settings) -> str | None:
    if not settings.get("sender_ip_addresses") or settings.get("restrict_domains_to_ip_addresses"):
        return None
    return "it lists addresses, and does not restrict its domains to them"


_BOTH: tuple[_Judge, ...] = (_type,)
_OUTBOUND: tuple[_Judge, ...] = (_level, _scoped, _test_mode, _stale_name, _stale_hosts)
_INBOUND: tuple[_Judge, ...] = (_no_tls, _own_domains, _organizations, _loose_name, _loose_addresses)
