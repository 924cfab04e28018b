# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant without Exchange: plans are carried out on a list of connectors."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.fields import fields_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Connector, Key, key
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.reading import settings_from
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.course import (
    course_of,
    refused_disabled,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.foresight import Staged
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.gate import Rules, Stage
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.listed import Listed, read_list
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.planned import plan_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.planning import Planner, Terms

NOW = "2026-11-26T08:00:00Z"
READY: dict[str, t.Any] = {"verdict": "ready", "names": [], "obstacles": []}
NOT_READY: dict[str, t.Any] = {
    "verdict": "not_ready",
    "names": [],
    "obstacles": [{"message": "Its server offers no STARTTLS."}, {"message": "And more."}],
}
UNSEEN: dict[str, t.Any] = {"verdict": "unreachable", "names": [], "obstacles": [{"message": "Port 25 is closed."}]}


class AllReady(dict[str, t.Any]):
    """Everybody was seen to be ready, unless said otherwise."""

    def get(self, name: str, default: t.Any = None) -> t.Any:
        return super().get(name, READY)


def outbound(name: str, domains: t.Sequence[str], **settings: t.Any) -> Connector:
    """A connector as somebody has made it."""
    entry = {
        "enabled": True,
        "connector_type": "partner",
        "recipient_domains": list(domains),
        "use_mx_record": True,
        "smart_hosts": [],
        "tls_settings": "certificate_validation",
        "tls_domain": "",
        "transport_rule_scoped": False,
        "test_mode": False,
        "comment": "",
        **settings,
    }
    owner = entry.pop("owner", None)
    details = entry.pop("details", {})
    unset = {field.option: field.kind.unset for field in fields_of("outbound")}
    return Connector("outbound", name, f"guid {name}", {**unset, **settings_from(entry)}, owner, details)


@dataclasses.dataclass
class Tenant:
    """A list of partners and a tenant, the list's terms, and what was seen of the partners."""

    partners: list[t.Any]
    connectors: dict[Key, Connector] = dataclasses.field(default_factory=dict)
    evidence: t.Mapping[str, t.Any] = dataclasses.field(default_factory=AllReady)
    terms: Terms = dataclasses.field(default_factory=Terms)
    now: str = NOW
    allow_weaken: t.Any = ()

    def holding(self, *connectors: Connector) -> Tenant:
        self.connectors.update({connector.key: connector for connector in connectors})
        return self

    def with_rules(self, **rules: t.Any) -> Tenant:
        return dataclasses.replace(self, terms=dataclasses.replace(self.terms, rules=Rules(**rules)))

    def listed(self) -> Listed:
        return read_list(self.partners, None, "Forced TLS", self.now, self.allow_weaken)

    def planner(self) -> Planner:
        everyone = self.allow_weaken == "all"
        terms = dataclasses.replace(self.terms, everyone=everyone)
        return Planner(self.listed(), list(self.connectors.values()), "contoso", terms, self.evidence)

    def stage(
        self,
        stage: Stage = "plan",
        admitted: t.Sequence[str] | None = None,
        validations: t.Sequence[t.Any] = (),
        outcomes: t.Sequence[t.Any] = (),
        *,
        scoped: bool = False,
    ) -> tuple[Staged, dict[str, t.Any]]:
        listed = self.listed()
        course = course_of(listed, stage, admitted, validations, outcomes)
        refused = refused_disabled(listed, validations) if scoped else frozenset()
        planner = self.planner()
        staged = planner.stage(course, refused)
        return staged, plan_of(planner, staged, course, "run")

    def plan(self, stage: Stage = "plan", **course: t.Any) -> dict[str, t.Any]:
        return self.stage(stage, **course)[1]

    def carry_out(self, staged: Staged) -> None:
        """Do what is not blocked."""
        for change in staged.plan.touched:
            if change.blocked:
                continue
            if change.after is None:
                del self.connectors[change.key]
                continue
            before = self.connectors.get(change.key)
            guid = before.guid if before else f"guid {change.name}"
            details = before.details if before else {}
            # Exchange returns every setting, also those that nobody has asked for.
            unset = {field.option: field.kind.unset for field in fields_of(change.direction)}
            settings = {**unset, **change.after}
            self.connectors[change.key] = Connector(
                change.direction, change.name, guid, settings, change.owner, details
            )

    def run(self) -> dict[str, t.Any]:
        """Plan and carry out, without validations."""
        staged, plan = self.stage()
        self.carry_out(staged)
        return plan

    def settings(self, name: str, direction: t.Literal["outbound", "inbound"] = "outbound") -> t.Mapping[str, t.Any]:
        return self.connectors[key(direction, name)].settings


def of(plan: t.Mapping[str, t.Any], name: str) -> dict[str, t.Any]:
    """One partner of a plan."""
    (found,) = (partner for partner in plan["partners"] if partner["name"] == name)
    return t.cast("dict[str, t.Any]", found)


def held(plan: t.Mapping[str, t.Any], name: str) -> str | None:
    """By what a partner is held."""
    hold = of(plan, name)["held"]
    return None if hold is None else str(hold["reason"])


def changes(plan: t.Mapping[str, t.Any]) -> list[tuple[str, str, str]]:
    """Direction, name and action of what is to be done."""
    return [(change["direction"], change["name"], change["action"]) for change in plan["changes"]]


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
