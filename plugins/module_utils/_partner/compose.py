# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Partners -> the connectors that shall stand in Exchange, as entries of the module ``connectors``. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.rules import (
    SENDER_DOMAINS_LIMIT,
    sender_domains_length,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.model import Partner
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.names import (
    DEFAULT_PREFIX,
    connector_name,
)

Connector = dict[str, t.Any]


def compose(partners: t.Iterable[Partner], prefix: str = DEFAULT_PREFIX) -> list[Connector]:
    """Return the connectors of all partners, in the order of the list, outbound before inbound.

    Each partner's connectors depend on that partner alone.
    """
    return [connector for partner in partners for connector in _connectors_of(partner, prefix)]


def _connectors_of(partner: Partner, prefix: str) -> t.Iterator[Connector]:
    yield _outbound(partner, connector_name(prefix, "outbound", partner.name))
    for number, domains in enumerate(inbound_parts(partner.domains), start=1):
        yield _inbound(partner, connector_name(prefix, "inbound", partner.name, number), domains)


def inbound_parts(domains: t.Sequence[str]) -> list[list[str]]:
    """Spread domains over inbound connectors, because Exchange limits the length of SenderDomains.

    They are filled in the given order, so a domain added at the end moves no other one. There is always one part.
    """
    parts: list[list[str]] = [[]]
    for domain in domains:
        if sender_domains_length([*parts[-1], domain]) > SENDER_DOMAINS_LIMIT:
            parts.append([])
        parts[-1].append(domain)
    return parts


def _outbound(partner: Partner, name: str) -> Connector:
    if partner.state == "absent":
        return {"name": name, "direction": "outbound", "state": "absent"}
    side = partner.outbound
    connector: Connector = {
        "name": name,
        "direction": "outbound",
        **_common(partner),
        "recipient_domains": list(partner.domains),
        "use_mx_record": not side.smart_hosts,
        "smart_hosts": list(side.smart_hosts),
        "tls_settings": side.level,
        "tls_domain": side.certificate_name,
        # A connector for mail flow rules only would leave this partner's mail without forced TLS.
        "transport_rule_scoped": False,
    }
    if side.smtp_dane_mode is not None:
        connector["smtp_dane_mode"] = side.smtp_dane_mode
    if side.mta_sts_mode is not None:
        connector["mta_sts_mode"] = side.mta_sts_mode
    if side.validation_recipients is not None:
        connector["validation_recipients"] = list(side.validation_recipients)
    return connector


def _inbound(partner: Partner, name: str, domains: t.Sequence[str]) -> Connector:
    if partner.state == "absent":
        return {"name": name, "direction": "inbound", "state": "absent"}
    side = partner.inbound
    return {
        "name": name,
        "direction": "inbound",
        **_common(partner),
        "sender_domains": list(domains),
        "require_tls": True,
        "restrict_domains_to_certificate": bool(side.certificate_name),
        "tls_sender_certificate_name": side.certificate_name,
        "restrict_domains_to_ip_addresses": bool(side.ip_addresses),
        "sender_ip_addresses": list(side.ip_addresses),
    }


def _common(partner: Partner) -> Connector:
    return {
        "state": "present",
        "enabled": partner.state == "enforced",
        "connector_type": "partner",
        "comment": comment_of(partner),
    }


def comment_of(partner: Partner) -> str:
    """Return what a colleague reads in the admin center."""
    texts = [
        f"Forced TLS with {partner.name}",
        f"Contact: {partner.contact}" if partner.contact else "",
        f"Reference: {partner.reference}" if partner.reference else "",
        partner.description,
    ]
    return " ".join(_sentence(text) for text in texts if text)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
