# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""What a connector enforces, and whether a change takes some of it away. Pure.

Weaker is: a lower level, disabled, deleted, only for mail flow rules, TLS no longer required, a pin off, a domain
gone from an enforcing connector, DANE no longer mandatory. A connector that enforces nothing cannot be weakened,
and neither can a domain that another connector enforces at least as strictly.
"""

from __future__ import annotations

import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import (
    BY_OPTION,
    domains_of,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    Direction,
    Key,
    Settings,
    Value,
)

_LADDER = ("opportunistic", "encryption_only", "certificate_validation", "domain_validation")
_FACETS: dict[Direction, tuple[str, ...]] = {
    "outbound": ("tls_settings", "smtp_dane_mode"),
    "inbound": ("require_tls", "restrict_domains_to_certificate", "restrict_domains_to_ip_addresses"),
}
#: Switching one of these takes a connector out of ordinary mail flow, or back in; and what it is then.
_SWITCHES: tuple[tuple[str, bool, str], ...] = (
    ("enabled", True, "disabled"),
    ("transport_rule_scoped", False, "for mail flow rules only"),
    ("test_mode", False, "in test mode"),
)

Strength = tuple[int, ...]


def strength(direction: Direction, settings: Settings) -> Strength:
    """Return how strictly TLS and its pins are asked for, one number a facet."""
    return tuple(_rank(facet, settings.get(facet, BY_OPTION[facet].kind.unset)) for facet in _FACETS[direction])


def stricter(direction: Direction, than: Settings, settings: Settings) -> tuple[str, ...]:
    """Return what these settings ask for more strictly than others do."""
    ranks = zip(_FACETS[direction], strength(direction, than), strength(direction, settings), strict=True)
    return tuple(facet for facet, less, more in ranks if more > less)


def _rank(facet: str, value: Value) -> int:
    if facet == "tls_settings":
        # A level this collection does not know yet is taken for the strictest: leaving it is to be agreed to.
        return _LADDER.index(value) if value in _LADDER else len(_LADDER)
    return int(value == "mandatory" if facet == "smtp_dane_mode" else bool(value))


def in_force(settings: Settings) -> bool:
    """Whether Exchange uses the connector at all."""
    return settings.get("enabled", True) is True and settings.get("test_mode", False) is False


def serves(direction: Direction, settings: Settings) -> frozenset[str]:
    """Return the domains whose mail takes this connector on its own, without a mail flow rule."""
    if not in_force(settings) or settings.get("transport_rule_scoped", False) is True:
        return frozenset()
    return frozenset(domains_of(direction, settings))


class Coverage:
    """Who serves which domain how strictly, in the state that the plan leads to."""

    def __init__(self, after: t.Iterable[tuple[Key, Settings]]) -> None:
        self._by_domain: dict[tuple[Direction, str], list[tuple[Key, Strength]]] = {}
        for key, settings in after:
            direction = key[0]
            for domain in serves(direction, settings):
                entry = (key, strength(direction, settings))
                self._by_domain.setdefault((direction, domain), []).append(entry)

    def holds(self, own: Key, domain: str, wanted: Strength) -> bool:
        """Whether a connector other than ``own`` serves the domain at least that strictly."""
        others = self._by_domain.get((own[0], domain), ())
        return any(key != own and all(a >= b for a, b in zip(found, wanted, strict=True)) for key, found in others)


def reasons(key: Key, before: Settings, after: Settings | None, coverage: Coverage) -> list[str]:
    """Return what the change takes away, each in a few words; nothing when it does not weaken."""
    direction = key[0]
    wanted = strength(direction, before)
    if not in_force(before) or not any(wanted):
        return []
    if after is None:
        return _unless_covered(key, domains_of(direction, before), before, coverage, "deleted")
    found = [
        f"{facet} from {_word(before.get(facet))} to {_word(after.get(facet))}"
        for facet in stricter(direction, after, before)
        if not _is_for_others(key, before, after, coverage)
    ]
    for option, good, text in _SWITCHES:
        if before.get(option, good) == good and after.get(option, good) != good:
            found += _unless_covered(key, domains_of(direction, before), before, coverage, text)
    if before.get("connector_type") != after.get("connector_type"):
        found.append(f"connector_type from {before.get('connector_type')} to {after.get('connector_type')}")
    lost = sorted(set(domains_of(direction, before)) - set(domains_of(direction, after)))
    gone = [domain for domain in lost if not coverage.holds(key, domain, wanted)]
    if gone:
        found.append(f"no longer for {', '.join(gone)}")
    return found


def _is_for_others(key: Key, before: Settings, after: Settings, coverage: Coverage) -> bool:
    """Whether all that it was for has moved elsewhere, so that what it asks for from now on takes nothing from it."""
    served, wanted = serves(key[0], before), strength(key[0], before)
    gone = bool(served) and served.isdisjoint(serves(key[0], after))
    return gone and all(coverage.holds(key, domain, wanted) for domain in served)


def _unless_covered(key: Key, domains: tuple[str, ...], before: Settings, coverage: Coverage, text: str) -> list[str]:
    scoped = before.get("transport_rule_scoped", False) is True
    wanted = strength(key[0], before)
    if domains and not scoped and all(coverage.holds(key, domain, wanted) for domain in domains):
        return []
    return [text]


def _word(value: Value | None) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
