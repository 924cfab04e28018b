# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A connector that Exchange has blocked: nobody is enforced by it, and who is in force stays so, with an alert."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import fields_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Connector, key
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.reading import settings_from
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner import glass
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.planning import Terms
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.partner.planning import (
    NOT_READY,
    Tenant,
    at,
    held,
    of,
    outbound,
)

CONTOSO: dict[str, t.Any] = {"name": "Contoso", "domains": ["contoso.com", "contoso.net"]}
OWN = "Forced TLS from Contoso"
SENTENCE = (
    "Contoso: Exchange Online has blocked the inbound connector '{}' because it seems to be compromised, and returns"
    " mail from {} that comes by it (550 5.7.711); find out what was sent by it, then release it on the page Restricted"
    " entities of the Microsoft Defender portal, or with Remove-BlockedConnector."
)
BOTH = "contoso.com and contoso.net"


def inbound(name: str, *domains: str, blocked: bool | None = True, **settings: t.Any) -> Connector:
    entry = {"enabled": True, "connector_type": "partner", "require_tls": True, "sender_domains": list(domains)}
    unset = {field.option: field.kind.unset for field in fields_of("inbound")}
    values = {**unset, **settings_from({**entry, **settings})}
    return Connector("inbound", name, f"guid {name}", values, None, {"blocked": blocked})


def in_force(partner: dict[str, t.Any] | None = None) -> Tenant:
    """A tenant in which the partner, Contoso unless said otherwise, is enforced."""
    tenant = Tenant([partner or CONTOSO])
    tenant.run()
    return tenant


def mark(tenant: Tenant, *names: str, blocked: bool | None = True) -> Tenant:
    """Exchange blocks inbound connectors that stand."""
    for name in names:
        found = tenant.connectors[key("inbound", name)]
        tenant.connectors[found.key] = found._replace(details={**found.details, "blocked": blocked})
    return tenant


def alerts(plan: dict[str, t.Any]) -> list[tuple[str, str]]:
    return [(alert["alert"], alert["message"]) for alert in of(plan, "Contoso")["alerts"]]


def test_who_is_in_force_stays_so_with_one_alert() -> None:
    tenant = mark(in_force(), OWN)
    plan = tenant.plan()
    contoso, sentence = of(plan, "Contoso"), SENTENCE.format(OWN, BOTH)
    assert (contoso["in_force"], contoso["stands"], contoso["held"]) == (True, "enabled", None)
    assert alerts(plan) == [("connector_blocked", sentence)]
    assert plan["changes"] == []
    assert plan["summary"]["alerts"] == 1
    # Told once, not as a note as well.
    assert contoso["lines"] == [f"ALERT: {sentence}"]
    assert [(one["kind"], one["connector"], one["message"]) for one in plan["conflicts"]] == [
        ("blocked", OWN, sentence)
    ]
    # And at the end of the run as at its beginning.
    assert alerts(tenant.plan(stage="last", admitted=[])) == alerts(plan)


@pytest.mark.parametrize("known", [False, None])
def test_what_is_not_blocked_or_not_known_changes_nothing(known: bool | None) -> None:
    tenant = in_force()
    plan = tenant.plan()
    again = mark(tenant, OWN, blocked=known).plan()
    del plan["requests"], again["requests"]
    assert again == plan


def test_whoever_is_not_in_force_is_held() -> None:
    tenant = Tenant([{**CONTOSO, "state": "prepared"}])
    tenant.run()
    prepared = mark(tenant, OWN).plan()
    assert (held(prepared, "Contoso"), alerts(prepared)) == (None, [])
    assert of(prepared, "Contoso")["notices"] == [SENTENCE.format(OWN, BOTH)]

    enforcing = dataclasses.replace(tenant, partners=[CONTOSO]).plan()
    assert held(enforcing, "Contoso") == "conflict"
    assert f"Contoso: {of(enforcing, 'Contoso')['held']['message']}" == SENTENCE.format(OWN, BOTH)
    assert (alerts(enforcing), enforcing["changes"]) == ([], [])

    mark(tenant, OWN, blocked=False)
    assert held(dataclasses.replace(tenant, partners=[CONTOSO]).plan(), "Contoso") is None


def test_a_connector_to_adopt_may_be_blocked() -> None:
    partner = {**CONTOSO, "inbound": {"adopt": "Hand made"}}
    tenant = Tenant([partner]).holding(inbound("Hand made", "contoso.com", "others.com"))
    plan = tenant.plan()
    assert held(plan, "Contoso") == "conflict"
    assert f"Contoso: {of(plan, 'Contoso')['held']['message']}" == SENTENCE.format("Hand made", "contoso.com")
    # It need not have the domains yet.
    other = Tenant([partner]).holding(inbound("Hand made", "others.com")).plan()
    assert held(other, "Contoso") == "conflict"


def test_a_foreign_one_with_the_domain() -> None:
    foreign = inbound("Theirs", "contoso.net")
    plan = Tenant([CONTOSO]).holding(foreign).plan()
    assert held(plan, "Contoso") == "conflict"
    # What is to be done about the connector itself comes first.
    assert [one["kind"] for one in plan["conflicts"]] == ["same_domain", "blocked"]

    plan = in_force().holding(foreign).plan()
    assert alerts(plan) == [("connector_blocked", SENTENCE.format("Theirs", "contoso.net"))]
    assert held(plan, "Contoso") is None


RESTRICTING: dict[str, t.Any] = {
    "restrict_domains_to_certificate": True,
    "tls_sender_certificate_name": "mx.contoso.com",
}


@pytest.mark.parametrize(
    ("foreign", "reason"),
    [
        (inbound("Theirs", "contoso.org"), None),
        (inbound("Theirs", "contoso.com", enabled=False), None),
        (inbound("Theirs", "contoso.com", connector_type="on_premises"), None),
        # The partner's own is more exact, and the mail does not come by it any more.
        (inbound("Theirs", "*.contoso.com"), None),
        # A restriction comes first, also for a wildcard.
        (inbound("Theirs", "*.contoso.com", **RESTRICTING), "conflict"),
    ],
)
def test_only_those_by_which_the_mail_comes(foreign: Connector, reason: str | None) -> None:
    partner = {"name": "Contoso", "domains": ["contoso.com"]}
    plan = Tenant([partner]).holding(foreign).plan()
    assert held(plan, "Contoso") == reason
    told = [alert for alert, _message in alerts(in_force(partner).holding(foreign).plan())]
    assert told == (["connector_blocked"] if reason else [])


def test_a_shared_one_is_told_to_all_who_share_it() -> None:
    partners = [{"name": name, "domains": [f"{name.lower()}.example"]} for name in ("One", "Two")]
    tenant = Tenant([*partners], terms=Terms(pack_size=50))
    tenant.run()
    (shared,) = (one for one in tenant.connectors.values() if one.direction == "inbound")
    plan = mark(tenant, shared.name).plan()
    for partner in plan["partners"]:
        (alert,) = partner["alerts"]
        assert alert["alert"] == "connector_blocked"
        assert f"'{shared.name}'" in alert["message"]
        assert partner["domains"][0] in alert["message"]
    assert plan["changes"] == []


def test_it_stands_beside_other_alerts_and_after_broken_glass() -> None:
    tenant = mark(in_force(), OWN)
    tenant.evidence = {"contoso": NOT_READY}
    stricter = {**CONTOSO, "outbound": {"level": "domain_validation", "certificate_name": "mx.contoso.com"}}
    change = dataclasses.replace(tenant, partners=[stricter]).plan()
    assert held(change, "Contoso") == "probe"
    assert [alert for alert, _message in alerts(change)] == ["connector_blocked"]
    assert sorted(alert for alert, _message in alerts(tenant.plan())) == ["connector_blocked", "probe_failing"]

    comment = glass.with_break_glass("", at("2026-11-25T08:00:00Z"), "mail stuck")
    name = "Forced TLS to Contoso"
    broken = outbound(name, CONTOSO["domains"], enabled=False, comment=comment, owner="forced_tls")
    assert held(tenant.holding(broken).plan(), "Contoso") == "break_glass"


def test_a_partner_that_goes_is_not_bothered() -> None:
    tenant = mark(in_force(), OWN)
    plan = dataclasses.replace(tenant, partners=[{**CONTOSO, "state": "absent"}], allow_weaken="all").plan()
    assert alerts(plan) == []
    assert plan["conflicts"] == []
    assert [change["action"] for change in plan["changes"]] == ["delete", "delete"]


def test_the_plan_counts_the_request() -> None:
    tenant = in_force()
    assert tenant.plan()["requests"]["read"] == 5
    assert mark(tenant, OWN, blocked=False).plan()["requests"]["read"] == 6
