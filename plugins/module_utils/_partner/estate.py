# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What stands in the tenant, asked from a partner's side: who is enforced, and what would be new for its mail. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import weaken
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import BY_OPTION
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    Connector,
    Key,
    Settings,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.compose import keys_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.model import LEVELS, Outbound, Partner
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.trial import (
    before_trial,
    is_on_trial,
)

#: From the weakest; the first is TLS where the other side offers it.
_LADDER = ("opportunistic", *LEVELS)


class Estate:
    """The connectors of a tenant, and which of them are whose.

    ``is_pack`` recognises the connectors of ours that several partners share.
    """

    def __init__(self, connectors: t.Iterable[Connector], prefix: str, is_pack: t.Callable[[Connector], bool]) -> None:
        standing = list(connectors)
        self._on_trial = {connector.key for connector in standing if is_on_trial(connector)}
        # What a killed run was trying out is not what was agreed on.
        self.by_key: dict[Key, Connector] = {connector.key: before_trial(connector) for connector in standing}
        self._prefix = prefix
        self._serving: dict[str, list[Connector]] = {}
        self.packs = [c for c in self.by_key.values() if is_pack(c)]
        pack_keys = {connector.key for connector in self.packs}
        self._packed: set[str] = set()
        for connector in self.by_key.values():
            if connector.direction != "outbound":
                continue
            for domain in weaken.serves("outbound", connector.settings):
                self._serving.setdefault(domain, []).append(connector)
                if connector.key in pack_keys:
                    self._packed.add(domain)

    def served_by(self, connector: Key) -> frozenset[str]:
        """The domains whose mail takes that connector now."""
        standing = self.by_key.get(connector)
        return weaken.serves(standing.direction, standing.settings) if standing is not None else frozenset()

    def own(self, partner: Partner) -> list[Connector]:
        """The partner's own connectors that stand, whether in force or not."""
        return [self.by_key[found] for found in keys_of(partner, self._prefix) if found in self.by_key]

    def on_trial(self, partner: Partner) -> bool:
        """Whether a run has left one of the partner's connectors in the middle of a trial."""
        return any(connector.key in self._on_trial for connector in self.own(partner))

    def outbound(self, partner: Partner) -> Connector | None:
        """The partner's own outbound connector, if it stands."""
        return next((connector for connector in self.own(partner) if connector.direction == "outbound"), None)

    def in_force(self, partner: Partner) -> bool:
        """Whether TLS is forced for mail to the partner now, be it for some of its domains."""
        return self._forces(self.outbound(partner)) or any(domain in self._packed for domain in partner.domains)

    def is_served(self, partner: Partner) -> bool:
        """Whether TLS is forced now for mail to one of the domains that the list has for the partner."""
        own = self.outbound(partner)
        served = self.served_by(own.key) if own is not None and self._forces(own) else frozenset()
        return any(domain in served or domain in self._packed for domain in partner.domains)

    def in_place(self, partner: Partner) -> bool:
        """Whether mail to the partner would go otherwise without its own outbound connector."""
        return self._forces(self.outbound(partner)) or self.leads(partner)

    def leads(self, partner: Partner) -> bool:
        """Whether its own outbound connector takes its mail another way than MX does, and forces no TLS: one that was
        adopted may."""
        own = self.outbound(partner)
        return self._serves(own) and not self._forces(own) and own.settings.get("use_mx_record") is False

    def _forces(self, own: Connector | None) -> bool:
        return self._serves(own) and _level(own.settings) > 0

    def _serves(self, own: Connector | None) -> t.TypeGuard[Connector]:
        return own is not None and bool(self.served_by(own.key))

    def is_new(self, partner: Partner) -> bool:
        """Whether enforcing the partner as it is listed could stop mail that flows now.

        It cannot where each domain is served already at that level or a stricter one, for the same certificate name,
        on the same route: then nothing becomes stricter.
        """
        return not all(
            any(_asks_as_much(connector.settings, partner.outbound) for connector in self._serving.get(domain, ()))
            for domain in partner.domains
        )


def _level(settings: Settings) -> int:
    level = settings.get("tls_settings", "opportunistic")
    # A level this collection does not know is taken for no promise: it is looked at again.
    return _LADDER.index(level) if level in _LADDER else 0


def _asks_as_much(standing: Settings, wanted: Outbound) -> bool:
    by_mx = not wanted.smart_hosts
    if standing.get("use_mx_record", True) is not by_mx:
        return False
    if not by_mx and set(_plain(standing.get("smart_hosts"))) != set(_smart_hosts(wanted)):
        return False
    if _level(standing) < _LADDER.index(wanted.level):
        return False
    if wanted.level == "domain_validation" and not _same_name(standing, wanted):
        return False
    if wanted.smtp_dane_mode == "mandatory" and standing.get("smtp_dane_mode") != "mandatory":
        return False
    return not (wanted.mta_sts_mode == "opportunistic" and standing.get("mta_sts_mode") == "none")


def _plain(value: object) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def _smart_hosts(wanted: Outbound) -> tuple[str, ...]:
    parsed = BY_OPTION["smart_hosts"].kind.parse(list(wanted.smart_hosts))
    return _plain(parsed)


def _same_name(standing: Settings, wanted: Outbound) -> bool:
    return str(standing.get("tls_domain", "")) == str(BY_OPTION["tls_domain"].kind.parse(wanted.certificate_name))
