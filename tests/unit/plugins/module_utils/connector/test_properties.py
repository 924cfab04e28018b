# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must hold for every tenant and every list, shown on many of them before a model of the service."""

from __future__ import annotations

import contextlib
import typing as t

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector import codec, normal, present
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.apply import foresee
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import (
    DIRECTIONS,
    Connector,
    Plan,
    Policy,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.plan import make_plan
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.builders import (
    Entry,
    carry_out,
    inventory,
    plan_for,
    sent,
    wished,
)
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.exchange_model import (
    Exchange,
    enforced,
)

steady = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], database=None
)

NAMES = ["Ann", "bob", "Cy", "Dee"]
DOMAINS = ["a.example", "b.example", "*.c.example", "xn--mnchen-3ya.example", "e.example"]
FLAGS = st.booleans()
SPELLINGS: dict[str, t.Callable[[str], str]] = {
    "as it is": str,
    "upper case": str.upper,
    "with a dot": lambda text: text + ".",
    "with blanks": lambda text: f" {text} ",
}

Shares = dict[str, list[str]]


@st.composite
def shared(draw: st.DrawFn) -> Shares:
    """Each domain belongs to one connector or to none."""
    found: Shares = {name: [] for name in NAMES}
    for domain in DOMAINS:
        owner = draw(st.sampled_from([*NAMES, ""]))
        if owner:
            found[owner].append(domain)
    return found


def levels() -> st.SearchStrategy[tuple[str | None, str | None]]:
    return st.sampled_from(
        [
            (None, None),
            ("EncryptionOnly", None),
            ("CertificateValidation", "left.over.example"),
            ("DomainValidation", "Mx.a.example"),
            ("DomainValidation", "*.b.example"),
        ]
    )


COMMENTS = st.sampled_from(
    [
        "",
        "plain",
        "two\r\nlines\r\n",
        "[mailflow.exchange_online owner=me]",
        "text\r\n[mailflow.exchange_online owner=me]\r\nmore",
        "text\n[mailflow.exchange_online owner=them]",
    ]
)


@st.composite
def tenants(draw: st.DrawFn) -> Exchange:
    """What an administrator, a wizard or an earlier run may have left."""
    exchange = Exchange()
    for direction in DIRECTIONS:
        shares = draw(shared())
        for name in draw(st.lists(st.sampled_from(NAMES), unique=True)):
            spell = SPELLINGS[draw(st.sampled_from(["as it is", "upper case"]))]
            domains = [spell(domain) for domain in shares[name]]
            members: dict[str, t.Any] = {"Enabled": draw(FLAGS) or draw(FLAGS), "Comment": draw(COMMENTS)}
            if direction == "outbound":
                level, certificate = draw(levels())
                hosts = draw(st.sampled_from([[], ["H.example"], ["[192.0.2.1]", "h.example"]]))
                members |= {
                    "RecipientDomains": domains,
                    "TlsSettings": level,
                    "TlsDomain": certificate,
                    "SmartHosts": hosts,
                    "UseMXRecord": not hosts or draw(FLAGS),
                    "SmtpDaneMode": draw(st.sampled_from(["Opportunistic", "Opportunistic", "Mandatory", "None"])),
                    "IsTransportRuleScoped": draw(st.sampled_from([False, False, False, True])),
                    "ValidationRecipients": draw(st.sampled_from([[], ["P@a.example"]])),
                }
            else:
                members |= {
                    "SenderDomains": domains,
                    "RequireTls": draw(FLAGS),
                    "RestrictDomainsToCertificate": draw(FLAGS),
                    "TlsSenderCertificateName": draw(st.sampled_from([None, "Mx.a.example"])),
                    "SenderIPAddresses": draw(st.sampled_from([[], ["192.0.2.9/24", "198.51.100.1/32"]])),
                }
            exchange.seed(direction, name, **members)
    return exchange


def optional(draw: st.DrawFn, entry: Entry, option: str, values: list[t.Any]) -> None:
    """Leave the option out as often as not."""
    if draw(FLAGS):
        entry[option] = draw(st.sampled_from(values))


@st.composite
def wish_lists(draw: st.DrawFn) -> list[Entry]:
    """A list without contradictions of its own; what it means for a tenant is not looked at."""
    entries: list[Entry] = []
    for direction in DIRECTIONS:
        shares = draw(shared())
        for name in draw(st.lists(st.sampled_from(NAMES), unique=True)):
            spelled = draw(st.sampled_from([name, name.upper(), name.lower()]))
            entry: Entry = {"name": spelled, "direction": direction, "state": "present"}
            spell = SPELLINGS[draw(st.sampled_from(list(SPELLINGS)))]
            domains = [spell(domain) for domain in shares[name]]
            if draw(st.integers(0, 5)) == 0:
                entry["state"] = "absent"
            optional(draw, entry, "enabled", [True, True, False])
            optional(draw, entry, "comment", ["", "plain", "new\r\ntext"])
            if direction == "outbound":
                entry["recipient_domains"] = domains
                if not domains:
                    entry["transport_rule_scoped"] = True
                else:
                    optional(draw, entry, "transport_rule_scoped", [False, False, True])
                if draw(FLAGS):
                    level = draw(st.sampled_from(["opportunistic", "encryption_only", "certificate_validation"]))
                    pinned = draw(FLAGS)
                    entry["tls_settings"] = "domain_validation" if pinned else level
                    entry["tls_domain"] = "mx.A.example." if pinned else ""
                if draw(FLAGS):
                    hosts = draw(st.sampled_from([[], ["h.example", "H.example"], ["192.0.2.1/32"]]))
                    entry |= {"smart_hosts": hosts, "use_mx_record": not hosts}
                optional(draw, entry, "smtp_dane_mode", ["opportunistic", "mandatory", "none"])
                optional(draw, entry, "mta_sts_mode", ["opportunistic", "none"])
                optional(draw, entry, "validation_recipients", [[], ["p@a.example"], ["Q@a.example", "q@a.example"]])
            else:
                entry["sender_domains"] = domains or ["own-of-" + name.lower() + ".example"]
                if draw(FLAGS):
                    entry |= {"require_tls": True, "restrict_domains_to_certificate": draw(FLAGS)}
                    entry["tls_sender_certificate_name"] = "mx.a.example"
                elif draw(FLAGS):
                    entry |= {"require_tls": False, "restrict_domains_to_certificate": False}
                optional(draw, entry, "sender_ip_addresses", [["192.0.2.1"], ["192.0.2.0/24", "192.0.2.7/24"]])
            entries.append(entry)
    return draw(st.permutations(entries))


POLICIES = st.sampled_from(
    [
        Policy(allow_weaken=True),
        Policy(),
        Policy(owner="me", allow_weaken=True),
        Policy(owner="me", prune=True, allow_weaken=True),
        Policy(owner="me", prune=True, prune_limit=1),
    ]
)


def plan_or_none(exchange: Exchange, entries: list[Entry], policy: Policy) -> Plan | None:
    """None where the list does not fit what stands: then nothing is sent, and other tests say why."""
    try:
        return plan_for(exchange, *entries, policy=policy)
    except InputError:
        return None


def test_enough_of_the_drawn_lists_fit_to_show_anything() -> None:
    seen = dict.fromkeys(("fits", "create", "update", "delete", "none", "moves", "weakens", "held back"), 0)

    @steady
    @given(tenants(), wish_lists())
    def count(exchange: Exchange, entries: list[Entry]) -> None:
        plan = plan_or_none(exchange, entries, Policy())
        seen["fits"] += plan is not None
        for change in plan.changes if plan else ():
            seen[change.action] += 1
            seen["moves"] += bool(change.waits_for)
            seen["weakens"] += bool(change.weakens)
            seen["held back"] += bool(change.blocked)

    count()
    assert min(seen.values()) > 3, seen


@steady
@given(tenants(), wish_lists(), POLICIES)
def test_a_plan_brings_about_the_wishes_and_nothing_else(
    exchange: Exchange, entries: list[Entry], policy: Policy
) -> None:
    before = {connector.key: connector for connector in inventory(exchange)}
    plan = plan_or_none(exchange, entries, policy)
    if plan is None:
        return
    carry_out(exchange, plan)
    after = {connector.key: connector for connector in inventory(exchange)}
    blocked = {change.key for change in plan.changes if change.blocked}
    wishes = {wish.key: wish for wish in wished(*entries)}
    pruned = {change.key for change in plan.changes if change.pruned}
    for key in {*before, *after, *wishes}:
        wish, old, new = wishes.get(key), before.get(key), after.get(key)
        if key in blocked or (wish is None and key not in pruned):
            assert new == old
        elif wish is None or not wish.present:
            assert new is None
        else:
            assert new is not None
            assert {option: new.settings[option] for option in wish.settings} == dict(wish.settings)
            assert new.owner == (policy.owner or (old.owner if old else None))
            if old is not None:
                kept = {option: value for option, value in old.settings.items() if option not in wish.settings}
                assert {option: new.settings[option] for option in kept} == kept
                assert (new.name, new.guid) == (old.name, old.guid)


@steady
@given(tenants(), wish_lists(), POLICIES)
def test_a_second_run_does_nothing(exchange: Exchange, entries: list[Entry], policy: Policy) -> None:
    plan = plan_or_none(exchange, entries, policy)
    if plan is None:
        return
    carry_out(exchange, plan)
    again = plan_for(exchange, *entries, policy=policy)
    held_back = {change.key for change in plan.changes if change.blocked}
    assert {change.key for change in again.touched} <= held_back
    assert sent(again) == []


MOVERS = ["Ann", "bob", "Cy"]
ROAMING = ["a.example", "b.example", "c.example", "d.example", "e.example"]
LEVELS: dict[str, tuple[str | None, str | None]] = {
    "opportunistic": (None, None),
    "encryption_only": ("EncryptionOnly", None),
    "domain_validation": ("DomainValidation", "mx.a.example"),
}


@st.composite
def moves(draw: st.DrawFn) -> tuple[Exchange, list[Entry]]:
    """Connectors that hand domains to each other, along chains and in circles, some changing their level as well."""
    exchange, entries = Exchange(), []
    inbound = draw(FLAGS)
    owners = [(draw(st.sampled_from(MOVERS)), draw(st.sampled_from(MOVERS))) for _domain in ROAMING]
    pairs = list(zip(ROAMING, owners, strict=True))
    for name in MOVERS:
        held = [domain for domain, (owner, _heir) in pairs if owner == name]
        wanted = [domain for domain, (_owner, heir) in pairs if heir == name]
        old = draw(st.sampled_from(["domain_validation", *LEVELS]))
        new = draw(st.sampled_from([old, old, *LEVELS]))
        if inbound:
            exchange.seed("inbound", name, SenderDomains=held, RequireTls=old != "opportunistic")
            wish: Entry = {"sender_domains": wanted, "require_tls": new != "opportunistic"}
        else:
            level, certificate = LEVELS[old]
            exchange.seed("outbound", name, RecipientDomains=held, TlsSettings=level, TlsDomain=certificate)
            wish = {"recipient_domains": wanted, "tls_settings": new, "tls_domain": LEVELS[new][1] or ""}
        entry: Entry = {"name": name, "direction": "inbound" if inbound else "outbound", "state": "present", **wish}
        entries.append(entry if wanted else {**entry, "state": "absent"})
    return exchange, draw(st.permutations(entries))


def test_the_drawn_moves_hold_chains_and_swaps() -> None:
    seen = {"chains": 0, "swaps": 0, "weakens": 0, "plain": 0}

    @steady
    @given(moves())
    def count(drawn: tuple[Exchange, list[Entry]]) -> None:
        changes = plan_for(drawn[0], *drawn[1]).changes
        awaited = {key for change in changes for key in change.waits_for}
        both = sum(1 for change in changes if change.waits_for and change.key in awaited)
        seen["swaps"] += both > 1
        seen["chains"] += both == 1
        seen["weakens"] += any(change.weakens for change in changes)
        seen["plain"] += any(change.waits_for for change in changes) and not both

    count()
    assert min(seen.values()) > 0, seen


@settings(steady, max_examples=300)
@given(moves(), st.randoms(use_true_random=False))
def test_a_moving_domain_is_never_unenforced(drawn: tuple[Exchange, list[Entry]], order: t.Any) -> None:
    for consent in (False, True):
        exchange = Exchange()
        exchange.records = drawn[0].snapshot()
        plan = plan_for(exchange, *drawn[1], policy=Policy(allow_weaken=consent))
        start = everything_enforced(exchange)
        seen = [start]
        steps = sent(plan)
        order.shuffle(steps)
        for _turn, cmdlet, parameters in sorted(steps, key=lambda step: step[0]):  # any order within a round
            exchange.run(cmdlet, parameters)
            seen.append(everything_enforced(exchange))
        for moment in seen:
            assert start & seen[-1] <= moment
        if not consent:
            assert start <= seen[-1]  # nothing enforced ends unenforced without consent


def everything_enforced(exchange: Exchange) -> set[tuple[str, str]]:
    return {(direction, domain) for direction in DIRECTIONS for domain in enforced(exchange, direction)}


@steady
@given(tenants(), wish_lists())
def test_without_consent_nothing_enforced_is_left_unenforced(exchange: Exchange, entries: list[Entry]) -> None:
    lower_case(exchange)
    plan = plan_or_none(exchange, entries, Policy())
    if plan is None:
        return
    start = everything_enforced(exchange)
    carry_out(exchange, plan, lambda: check(exchange, start))
    check(exchange, start)


def check(exchange: Exchange, start: set[tuple[str, str]]) -> None:
    assert start <= everything_enforced(exchange)


def lower_case(exchange: Exchange) -> None:
    """Spell the domains as the product does, so that the model's own view of them can be compared."""
    for direction, member in (("outbound", "RecipientDomains"), ("inbound", "SenderDomains")):
        for record in exchange.records[direction].values():
            record[member] = [domain.lower() for domain in record[member]]


@steady
@given(tenants())
def test_what_is_shown_changes_nothing_when_fed_back(exchange: Exchange) -> None:
    entries = [present.as_input(connector) for connector in inventory(exchange)]
    plan = plan_for(exchange, *entries)
    assert [change.action for change in plan.changes] == ["none"] * len(entries)


@steady
@given(tenants(), wish_lists(), POLICIES)
def test_check_mode_foresees_what_the_real_run_does(exchange: Exchange, entries: list[Entry], policy: Policy) -> None:
    plan = plan_or_none(exchange, entries, policy)
    if plan is None:
        return
    expected = {fate.change.key: fate for fate in foresee(plan)}
    before = {connector.key: connector for connector in inventory(exchange)}
    shown = present.diff(plan.changes)
    carry_out(exchange, plan)
    after = {connector.key: connector for connector in inventory(exchange)}
    for key, fate in expected.items():
        assert (fate.status == "planned") == (before.get(key) != after.get(key))
        if fate.status == "planned":
            assert actual_action(before.get(key), after.get(key)) == fate.change.action
    assert len(shown) == sum(1 for fate in expected.values() if fate.status == "planned")


def actual_action(before: Connector | None, after: Connector | None) -> str:
    if before is None:
        return "create"
    return "delete" if after is None else "update"


@steady
@given(tenants(), wish_lists(), POLICIES, st.randoms(use_true_random=False))
def test_the_plan_depends_neither_on_the_order_of_the_list_nor_of_the_inventory(
    exchange: Exchange, entries: list[Entry], policy: Policy, order: t.Any
) -> None:
    plan = plan_or_none(exchange, entries, policy)
    if plan is None:
        return
    wishes, standing = wished(*entries), inventory(exchange)
    order.shuffle(wishes)
    order.shuffle(standing)
    shuffled = make_plan(wishes, standing, policy)
    assert shuffled.plan_id == plan.plan_id
    assert {change.key: change.weakens for change in shuffled.changes} == {
        change.key: change.weakens for change in plan.changes
    }
    held_back = [{change.key for change in p.changes if change.blocked} for p in (plan, shuffled)]
    assert held_back[0] == held_back[1]


@steady
@given(tenants(), wish_lists())
def test_another_state_or_wish_is_another_plan(exchange: Exchange, entries: list[Entry]) -> None:
    plan = plan_or_none(exchange, entries, Policy(allow_weaken=True))
    if plan is None or not plan.touched:
        return
    carry_out(exchange, plan)
    assert plan_for(exchange, *entries, policy=Policy(allow_weaken=True)).plan_id != plan.plan_id


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40)
HOSTS = st.text(st.sampled_from("aB1-.*[]:;/ @üß。\u00ad"), max_size=20)


@steady
@given(st.one_of(TEXTS, HOSTS, st.from_regex(r"[a-z0-9.*/:\[\]-]{1,30}", fullmatch=True)))
def test_normal_forms_are_stable_and_refusals_are_value_errors(text: str) -> None:
    for function in (
        normal.domain,
        normal.mail_domain,
        normal.sender_domain,
        normal.certificate_name,
        normal.smart_host,
        normal.sender_network,
        normal.mail_address,
        normal.comment,
        normal.plain,
    ):
        once = attempt(function, text)
        if once is not None:
            assert function(once) == once


def attempt(function: t.Callable[[str], str], text: str) -> str | None:
    """None where the text is refused; any other exception is a fault."""
    with contextlib.suppress(ValueError):
        return function(text)
    return None


@steady
@given(TEXTS, st.one_of(st.none(), st.from_regex(codec.OWNER, fullmatch=True)))
def test_a_comment_and_its_mark_come_apart_again(text: str, owner: str | None) -> None:
    comment = normal.comment(text)
    stored = codec.join_comment(comment, owner)
    assert codec.split_comment(normal.comment(stored.replace("\n", "\r\n"))) == (comment, owner)
