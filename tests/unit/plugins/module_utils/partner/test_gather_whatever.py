# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gather, whatever stands: a plan for the list changes nothing, in any stage of a run, but what was told of."""

from __future__ import annotations

import json
import typing as t

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import DIRECTIONS, key
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.gate import Course, Stage
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.gather import gather
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.glass import break_glass_mark
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.listed import read_list
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.names import connector_name
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.pack import is_pack_name
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.planning import Planner, Terms
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.builders import inventory
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.exchange_model import (
    Exchange,
)
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.partner.runs import NOW, Values
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.partner.test_gather import (
    DEFAULTS,
    OWNER,
    PREFIX,
)

MARK = f"[mailflow.exchange_online owner={OWNER}]"
TRIAL = "[mailflow.exchange_online trial {}]"
DOMAINS = ("a.example", "b.example", "sub.a.example", "*.a.example", "*.b.example")
ROLES = ("Alpha", "ALPHA", "a.example", "Alpha (2)", "shared 1 (encryption_only 0123ab)")
BY_HAND = ("by hand", "a.example", "Forced TLS to a.example", "Forced TLS from shared 1 (encryption_only 0123ab)")


def usually(usual: t.Any, *odd: t.Any) -> st.SearchStrategy[t.Any]:
    return st.sampled_from((usual,) * 4 * len(odd) + odd)


OURS = usually(
    "", " Contact: x.", " Suspended until 2999-01-01 00:00 UTC: INC1.", " Edited", f"\n{break_glass_mark(NOW, 'why')}"
)
THEIRS = usually(
    "call Bob",
    MARK,
    "[mailflow.exchange_online owner=somebody else]",
    break_glass_mark(NOW, "why"),
    TRIAL.format(json.dumps({"tls_settings": "encryption_only", "require_tls": False})),
)
OUTBOUND = st.fixed_dictionaries(
    {
        "TlsSettings": usually("CertificateValidation", "EncryptionOnly", "DomainValidation", None),
        "UseMXRecord": usually(True, False),
        "SmtpDaneMode": usually("Opportunistic", "Mandatory"),
        "IsTransportRuleScoped": usually(False, True),
        "TestMode": usually(False, True),
        "ValidationRecipients": usually([], ["it@a.example"]),
    }
)
INBOUND = st.fixed_dictionaries(
    {
        "RequireTls": usually(True, False),
        "TlsSenderCertificateName": usually(None, "mx.a.example"),
        "RestrictDomainsToCertificate": usually(True, False),
        "SenderIPAddresses": usually([], ["192.0.2.0/24"]),
        "RestrictDomainsToIPAddresses": usually(True, False),
    }
)
PAIRS = st.fixed_dictionaries(
    {
        "ours": st.booleans(),
        "role": st.sampled_from(ROLES),
        "names": st.tuples(st.sampled_from(BY_HAND), st.sampled_from(BY_HAND)),
        "domains": st.lists(st.sampled_from(DOMAINS), min_size=1, max_size=2, unique=True),
        "others": usually(None, ["a.example"], ["*"], []),
        "on": st.tuples(st.booleans(), usually(True, False)),
        "ours said": OURS,
        "theirs said": st.tuples(THEIRS, THEIRS),
        "out": OUTBOUND,
        "in": INBOUND,
    }
)


def seed(exchange: Exchange, pair: Values) -> None:
    on, alike = pair["on"]
    out, inn = {**pair["out"], "Enabled": on}, {**pair["in"], "Enabled": on is alike}
    if out["TlsSettings"] == "DomainValidation":
        out["TlsDomain"] = "mx.a.example"
    if not out["UseMXRecord"]:
        out["SmartHosts"] = ["relay.a.example"]
    # A restriction comes with what it restricts to.
    inn["RestrictDomainsToCertificate"] = bool(inn["TlsSenderCertificateName"] and inn["RestrictDomainsToCertificate"])
    inn["RestrictDomainsToIPAddresses"] = bool(inn["SenderIPAddresses"] and inn["RestrictDomainsToIPAddresses"])
    domains = pair["domains"] if pair["others"] is None else pair["others"]
    names, comments = pair["names"], pair["theirs said"]
    if pair["ours"]:
        names = (connector_name(PREFIX, "outbound", pair["role"]), connector_name(PREFIX, "inbound", pair["role"]))
        comments = (f"Forced TLS with {pair['role']}.{pair['ours said']}\n{MARK}",) * 2
    taken = {
        (direction, one["Name"].casefold()) for direction in ("outbound", "inbound") for one in exchange.get(direction)
    }
    if ("outbound", names[0].casefold()) not in taken:
        exchange.seed("outbound", names[0], RecipientDomains=pair["domains"], Comment=comments[0], **out)
    if ("inbound", names[1].casefold()) not in taken:
        exchange.seed("inbound", names[1], SenderDomains=domains, Comment=comments[1], **inn)


@settings(max_examples=250, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
@given(
    pairs=st.lists(PAIRS, min_size=1, max_size=4),
    defaults=st.sampled_from((None, None, DEFAULTS)),
    seen=st.sampled_from(("ready", "not_ready", None)),
    consent=st.sampled_from(("all", [])),
    prune=st.booleans(),
    pack=st.booleans(),
    stage=st.sampled_from(t.get_args(Stage)),
)
def test_a_plan_for_the_list_changes_nothing_but_leftovers_and_what_is_to_be_shared(
    pairs: list[Values],
    defaults: Values | None,
    seen: str | None,
    consent: object,
    prune: bool,
    pack: bool,
    stage: Stage,
) -> None:
    exchange = Exchange()
    for pair in pairs:
        seed(exchange, pair)
    standing = inventory(exchange)
    found = gather(standing, PREFIX, OWNER, now=NOW, defaults=defaults)
    listed = {
        key(direction, entry.get(direction, {}).get("adopt") or connector_name(PREFIX, direction, entry["name"]))
        for entry in found.partners
        for direction in ("outbound", "inbound")
    }
    left = {key(one.direction, one.name): one for one in found.not_expressed}
    assert listed.isdisjoint(left)
    assert listed | left.keys() == {connector.key for connector in standing}
    if not found.partners:
        return
    evidence = {entry["name"].casefold(): {"verdict": seen, "obstacles": []} for entry in found.partners if seen}
    whole = read_list(list(found.partners), defaults, PREFIX, NOW, consent)
    terms = Terms(OWNER, everyone=consent == "all", prune=prune, prune_limit=100, pack_size=50 if pack else 0)
    touched = {
        change.key for change in Planner(whole, standing, "tenant", terms, evidence).stage(Course(stage)).plan.touched
    }
    sharing = {key(d, connector_name(PREFIX, d, name)) for d in DIRECTIONS for name in found.sharing if pack}
    made = {own for own in touched - left.keys() if is_pack_name(PREFIX, *own)} if sharing else set()
    assert touched == made | sharing | {own for own, one in left.items() if _goes(one.deleted_by, prune)}


def _goes(deleted_by: str, prune: bool) -> bool:
    return deleted_by == "any run with this list" or (prune and bool(deleted_by))


def test_the_connectors_of_that_test_are_gathered_often_enough() -> None:
    counts = {True: 0, False: 0}

    @settings(max_examples=60, deadline=None, derandomize=True, database=None)
    @given(st.lists(PAIRS, min_size=1, max_size=4))
    def count(pairs: list[Values]) -> None:
        exchange = Exchange()
        for pair in pairs:
            seed(exchange, pair)
        counts[bool(gather(inventory(exchange), PREFIX, OWNER, now=NOW).partners)] += 1

    count()
    assert counts[True] > 20, counts
