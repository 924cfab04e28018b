# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# This is a private utility of the collection: it may change in any release.

"""Conflicts in words: who, where, and what to do. Pure."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import weaken
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import domains_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Connector, Direction
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.rivals import listed, restricts
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.model import Partner

#: The order is the one in which they are told.
Kind = t.Literal[
    "adopt_missing",
    "same_name",
    "same_domain",
    "leftover",
    "restrict_beats_domain",
    "blocked",
    "exact_beats_wildcard",
    "restriction_covers",
    "rule_scoped",
    "same_domain_disabled",
    "test_mode",
    "on_premises",
    "covered_by_wildcard",
    "listed_wildcard",
    "catch_all",
]


class Case(t.NamedTuple):
    """What a sentence is about.

    ``partner`` is None where it is about every one. ``domains`` are the partner's, ``theirs`` those of the other side,
    which is a connector, or a partner of the same list. ``leftover``: the connector carries the list's mark and is
    nobody's. ``beside``: a connector of the partner's is in force already.
    """

    partner: Partner | None
    direction: Direction
    domains: tuple[str, ...]
    theirs: tuple[str, ...]
    other: Connector | Partner
    leftover: bool = False
    beside: bool = False

    @property
    def connector(self) -> str:
        """The other side as a connector, in words."""
        mark = ""
        if isinstance(self.other, Connector) and self.other.owner is not None and not self.leftover:
            mark = f" (which carries the mark of owner '{self.other.owner}')"
        return f"the {self.direction} connector '{self.other.name}'{mark}"


def reason(kind: Kind, case: Case) -> str:
    """Return what is wrong and what to do, without the partner's name and without a full stop."""
    return _TEXTS[kind](case)


def _mail(case: Case) -> str:
    return "mail to" if case.direction == "outbound" else "mail from"


def _quoted(text: str) -> str:
    """A text as it is written in YAML."""
    return json.dumps(text, ensure_ascii=False)


# -- what to do --------------------------------------------------------------------------------------------------------


def _give_up(case: Case) -> str:
    """How the other connector can be rid of the domains."""
    if case.leftover:
        return (
            "it carries the mark of this list and belongs to no partner on it: give it its name back if somebody has"
            " renamed it, else list its partner with state absent, or set forced_tls_prune to true"
        )
    if isinstance(case.other, Connector) and case.other.owner is not None:
        return f"agree with owner '{case.other.owner}' on who keeps {_it(case)}, and remove {_it(case)} from the other"
    return f"remove {_it(case)} from '{case.other.name}'"


def _it(case: Case) -> str:
    return "the domain" if len(case.theirs) == 1 else "the domains"


def _take_over(case: Case) -> str:
    """How the other connector can become the partner's, or lose the domains."""
    other = case.other
    if case.leftover or case.beside or not isinstance(other, Connector) or other.owner is not None:
        return _give_up(case)
    adopt = f"{case.direction}.adopt: {_quoted(other.name)}"
    own = case.partner.domains if case.partner else ()
    others = [domain for domain in domains_of(case.direction, other.settings) if domain not in own]
    if others:
        return f"{_give_up(case)}, or take it over with {adopt} and list {listed(others)} with the partner as well"
    return f"take it over with {adopt}, or {_give_up(case)}"


# -- kinds -------------------------------------------------------------------------------------------------------------


def _adopt_missing(case: Case) -> str:
    return (
        f"{case.direction}.adopt names '{case.other.name}', and no {case.direction} connector of that name stands in"
        " Exchange; correct the name, or remove adopt to have a connector made"
    )


def _same_name(case: Case) -> str:
    if isinstance(case.other, Connector) and case.other.owner is not None:
        return (
            f"{case.connector} has the name that this partner's is to have, and is left as it is; agree with owner"
            f" '{case.other.owner}' on who keeps it, or set another forced_tls_name_prefix"
        )
    return (
        f"{case.connector} carries nobody's mark and has the name of this partner's, so it becomes this partner's;"
        " rename it in Exchange if it is somebody else's"
    )


def _same_domain(case: Case) -> str:
    already = "takes" if case.beside else "already takes"
    beside = " beside this partner's own" if case.beside else ""
    return (
        f"{case.connector} {already} {_mail(case)} {listed(case.domains)}{beside}, and with two connectors for one"
        f" domain Exchange may lose mail; {_take_over(case)}"
    )


def _same_domain_disabled(case: Case) -> str:
    return (
        f"{case.connector} is disabled and lists {listed(case.domains)} as well; if somebody enables it, Exchange may"
        f" lose mail, so that it is better to act now: {_give_up(case)}"
    )


def _test_mode(case: Case) -> str:
    return (
        f"{case.connector} is in test mode and lists {listed(case.domains)} as well; whether Exchange uses it for real"
        " mail is not documented, so remove it when nobody is editing a connector in the admin center"
    )


def _rule_scoped(case: Case) -> str:
    return (
        f"mail flow rules can send mail to {listed(case.domains)} by {case.connector}, past this partner's;"
        f" {_its_level(case)}, so look at the rules that name it"
    )


def _its_level(case: Case) -> str:
    settings = case.other.settings if isinstance(case.other, Connector) else {}
    return f"it asks for {settings.get('tls_settings', 'opportunistic')}"


def _covered_by_wildcard(case: Case) -> str:
    return (
        f"{case.connector} lists {listed(case.theirs)}, which covers {listed(case.domains)}; this partner's connector"
        f" is more exact and takes the mail, so nothing is to be done"
    )


def _exact_beats_wildcard(case: Case) -> str:
    level = ""
    if case.partner and case.direction == "outbound" and isinstance(case.other, Connector):
        asked = weaken.strength("outbound", {"tls_settings": case.partner.outbound.level})[0]
        if weaken.strength("outbound", case.other.settings)[0] < asked:
            level = f", where {_its_level(case)} instead of {case.partner.outbound.level}"
    return (
        f"{_mail(case)} {listed(case.theirs)} takes {case.connector}, which is more exact than this partner's"
        f" {listed(case.domains)}{level}; list {_it(case)} with the partner if the partner's terms are to hold there"
    )


def _restriction_covers(case: Case) -> str:
    return (
        f"{case.connector} takes mail from {listed(case.theirs)} by the domain alone, and this partner's restriction"
        f" for {listed(case.domains)} comes before it, so that such mail is refused from elsewhere; list {_it(case)}"
        " as a partner with a restriction of its own if it comes from other servers"
    )


def _restrict_beats_domain(case: Case) -> str:
    covered = "" if case.theirs == case.domains else f", which covers {listed(case.domains)},"
    where = f"mail from {listed(case.theirs)}{covered}"
    if isinstance(case.other, Partner):
        demand = _demand(case.other.inbound.certificate_name, case.other.inbound.ip_addresses)
        return (
            f"partner '{case.other.name}' has {where} refused unless it comes {demand}, and such a restriction comes"
            " before connectors that go by the domain alone; give this partner an inbound.certificate_name or"
            f" inbound.ip_addresses as well, or list single domains for '{case.other.name}'"
        )
    return (
        f"{case.connector} has {where} refused unless it comes {_demand_of(case.other)}, and it comes before this"
        " partner's, which goes by the domain alone; give this partner an inbound.certificate_name or"
        f" inbound.ip_addresses, or else: {_take_over(case)}"
    )


def _demand_of(connector: Connector) -> str:
    settings = connector.settings
    by_name = settings.get("restrict_domains_to_certificate", False) is True
    by_address = settings.get("restrict_domains_to_ip_addresses", False) is True
    addresses = settings.get("sender_ip_addresses", ())
    return _demand(
        str(settings.get("tls_sender_certificate_name", "")) if by_name else "",
        addresses if by_address and isinstance(addresses, tuple) else (),
    )


def _demand(certificate_name: str, addresses: t.Sequence[str]) -> str:
    by_name = f"with a certificate for {certificate_name}" if certificate_name else ""
    by_address = f"from {listed(addresses)}" if addresses else ""
    return " and ".join(filter(None, (by_name, by_address))) or "from where the connector wants it"


def _blocked(case: Case) -> str:
    return (
        f"Exchange Online has blocked the inbound connector '{case.other.name}' because it seems to be compromised, and"
        f" returns mail from {listed(case.domains)} that comes by it (550 5.7.711); find out what was sent by it, then"
        " release it on the page Restricted entities of the Microsoft Defender portal, or with Remove-BlockedConnector"
    )


def _on_premises(case: Case) -> str:
    return (
        f"{case.connector} is of type on_premises and lists {listed(case.domains)} as well; that type is for servers"
        f" of your own and forces nothing on a partner's, so {_give_up(case)} unless you know what it is there for"
    )


def _listed_wildcard(case: Case) -> str:
    return (
        f"partner '{case.other.name}' lists {listed(case.theirs)}, which covers {listed(case.domains)}; the more"
        " exact domain comes first, so this partner's connectors take the mail; nothing is to be done if that is meant"
    )


def _catch_all(case: Case) -> str:
    if case.direction == "outbound":
        return (
            f"{case.connector} takes mail to every domain (*); connectors of partners are more exact and come first,"
            " but mail to a partner that is held, suspended or gone takes this one"
        )
    if isinstance(case.other, Connector) and restricts(case.other.settings):
        return (
            f"{case.connector} has mail from every domain (*) refused unless it comes {_demand_of(case.other)}, and"
            " such a restriction comes before connectors that go by the domain alone; make sure that all partners' mail"
            " comes that way, or give them an inbound.certificate_name or inbound.ip_addresses"
        )
    return (
        f"{case.connector} is for mail from every domain (*); connectors of partners are more exact and come first, so"
        " nothing is to be done"
    )


_TEXTS: dict[Kind, t.Callable[[Case], str]] = {
    "adopt_missing": _adopt_missing,
    "same_name": _same_name,
    "same_domain": _same_domain,
    "leftover": _same_domain,
    "restrict_beats_domain": _restrict_beats_domain,
    "blocked": _blocked,
    "exact_beats_wildcard": _exact_beats_wildcard,
    "restriction_covers": _restriction_covers,
    "rule_scoped": _rule_scoped,
    "same_domain_disabled": _same_domain_disabled,
    "test_mode": _test_mode,
    "on_premises": _on_premises,
    "covered_by_wildcard": _covered_by_wildcard,
    "listed_wildcard": _listed_wildcard,
    "catch_all": _catch_all,
}
