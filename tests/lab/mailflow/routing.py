# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which outbound connector takes a message, and what it asks of the way to the partner. Pure.

On-premises connectors are weighed by their recipient domains as partners' are; ``AllAcceptedDomains``, which concerns
mail to the tenant's own domains only, plays no part here.
"""

from __future__ import annotations

import typing as t

from .flow_evidence import cite
from .names import a_label
from .shapes import Found, Route, TlsSettings

if t.TYPE_CHECKING:
    from ..switches import Switches

#: What the choice of a connector rests on.
RESTS_ON: t.Final = cite("flow.routed")

#: An outbound connector as Get shows it, or at least the members that cmdlets set.
Connector = t.Mapping[str, t.Any]


class Readings(t.NamedTuple):
    """What nobody published about the choice of a connector, as the switches answer it."""

    wildcard_apex: bool = False
    newest_wins: bool = False
    test_mode_counts: bool = False

    @classmethod
    def of(cls, switches: Switches) -> Readings:
        """The readings in force."""
        return cls(
            switches["routing_wildcard_apex"] == "yes",
            switches["routing_tie"] == "newest",
            switches["routing_test_mode"] == "used",
        )


#: The defaults of the switches.
DEFAULTS: t.Final = Readings()


class Fit(t.NamedTuple):
    """How well a connector's recipient domains fit a domain: more labels are more specific."""

    found: Found
    labels: int


def fit(domain: str, connector: Connector, readings: Readings) -> Fit | None:
    """The best fit of a connector's recipient domains, None where none of them is meant for the domain."""
    fits = (_fit(plain(domain), plain(one), readings) for one in connector.get("RecipientDomains") or ())
    return max((one for one in fits if one is not None), key=_rank, default=None)


def _fit(domain: str, pattern: str, readings: Readings) -> Fit | None:
    if pattern == domain:
        return Fit("exact", _labels(pattern))
    if pattern == "*":
        return Fit("wildcard", 0)
    if not pattern.startswith("*."):
        return None
    apex = pattern[2:]
    if domain.endswith(f".{apex}") or (readings.wildcard_apex and domain == apex):
        return Fit("wildcard", _labels(apex))
    return None


def plain(domain: str) -> str:
    """A domain as it is compared: lower-case A-labels, no dot at the end."""
    if domain.isascii():
        return domain.lower().rstrip(".")
    star = "*." if domain.startswith("*.") else ""
    return star + a_label(domain.removeprefix("*."))


def _labels(domain: str) -> int:
    return domain.count(".") + 1


def _rank(one: Fit) -> tuple[bool, int]:
    return one.found == "exact", one.labels


def route(
    domain: str,
    connectors: t.Iterable[Connector],
    rule_connector: str | None = None,
    readings: Readings = DEFAULTS,
) -> Route:
    """The route of a message for ``domain``; ``connectors`` are in order of creation.

    ``rule_connector`` is the name that a mail flow rule gives. One that is not there or disabled takes no mail: the
    message goes as if there were no rule, which is assumed.
    """
    usable = [
        one for one in connectors if one.get("Enabled") and (readings.test_mode_counts or not one.get("TestMode"))
    ]
    if rule_connector is not None:
        named = [one for one in usable if str(one["Name"]).lower() == rule_connector.lower()]
        if named:
            return route_by(domain, named[0], "rule")
    fits = [(one, fit(domain, one, readings)) for one in usable if not one.get("IsTransportRuleScoped")]
    found = [(one, best) for one, best in fits if best is not None]
    if not found:
        return Route(plain(domain))
    if readings.newest_wins:
        found.reverse()
    chosen, best = max(found, key=lambda pair: _rank(pair[1]))
    return route_by(domain, chosen, best.found)


def route_by(domain: str, connector: Connector, found: Found) -> Route:
    """The route by a certain connector."""
    hosts = () if connector.get("UseMXRecord") else tuple(connector.get("SmartHosts") or ())
    level: TlsSettings | None = connector.get("TlsSettings") or None
    return Route(
        domain=plain(domain),
        found=found,
        connector=str(connector["Name"]),
        smart_hosts=hosts,
        tls_settings=level,
        tls_domain=connector.get("TlsDomain") or None,
        smtp_dane_mode=connector.get("SmtpDaneMode") or "Opportunistic",
        mta_sts_mode=connector.get("MtaStsMode") or "Opportunistic",
    )
