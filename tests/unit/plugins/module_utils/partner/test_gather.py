# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gather: what stands becomes a partner list that changes nothing, and what does not is told."""

from __future__ import annotations

import typing as t

import pytest
import yaml

from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.model import Policy
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.plan import make_plan
from ansible_collections.mailflow.exchange_online.plugins.module_utils._connector.wishes import read_wishes
from ansible_collections.mailflow.exchange_online.plugins.module_utils._errors import InputError
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.check import check_partners
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.compose import connectors_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.gather import Gathered, gather
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.gather_text import lines_of, plain_of
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.glass import break_glass_mark
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.pack import pack_name
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.standing import standing
from ansible_collections.mailflow.exchange_online.plugins.module_utils._partner.trial import trial_mark, with_trial
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.builders import inventory
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.connector.exchange_model import (
    Exchange,
)
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.partner.runs import (
    NOW,
    Values,
    World,
)

PREFIX, OWNER = "Forced TLS", "forced_tls"
FORCED: Values = {"TlsSettings": "CertificateValidation"}


def gathered(exchange: Exchange, defaults: Values | None = None) -> Gathered:
    """Gather, and see that nothing is lost, and that running the list would change nothing."""
    found = gather(inventory(exchange), PREFIX, OWNER, now=NOW, defaults=defaults)
    partners = check_partners(list(found.partners), defaults) if found.partners else []
    entries = [
        entry
        for partner in partners
        for entry in connectors_of(partner, PREFIX, standing(partner, NOW).stand)
        if standing(partner, NOW).stand != "untouched"
    ]
    plan = make_plan(read_wishes(entries, listed=True), inventory(exchange), Policy(owner=OWNER))
    assert [(change.name, change.action, change.changes) for change in plan.touched] == []
    told = {(entry["direction"], entry["name"]) for entry in entries}
    left = {(one.direction, one.name) for one in found.not_expressed}
    assert told.isdisjoint(left)
    assert told | left == {(one.direction, one.name) for one in inventory(exchange)}
    return found


def pair(exchange: Exchange, name: str, *domains: str, out: Values | None = None, inn: Values | None = None) -> None:
    """A pair as somebody makes it in the admin center."""
    exchange.seed("outbound", f"{name} out", RecipientDomains=list(domains), **{**FORCED, **(out or {})})
    exchange.seed("inbound", f"{name} in", SenderDomains=list(domains), **{"RequireTls": True, **(inn or {})})


def test_a_pair_made_by_hand_is_adopted() -> None:
    exchange = Exchange()
    pair(exchange, "Contoso", "*.contoso.com", "contoso.com", out={"Comment": "call Bob\nfirst"})
    assert gathered(exchange).partners == (
        {
            "name": "contoso.com",
            "domains": ["contoso.com", "*.contoso.com"],
            "state": "enforced",
            "outbound": {"level": "certificate_validation", "adopt": "Contoso out"},
            "inbound": {"adopt": "Contoso in"},
        },
    )


def test_all_that_a_list_can_say() -> None:
    exchange = Exchange()
    pair(
        exchange,
        "C",
        "contoso.com",
        out={
            "TlsSettings": "DomainValidation",
            "TlsDomain": "mx.contoso.com",
            "UseMXRecord": False,
            "SmartHosts": ["mx1.contoso.com", "192.0.2.9"],
            "SmtpDaneMode": "Mandatory",
            "MtaStsMode": "None",
            "Enabled": False,
        },
        inn={
            "TlsSenderCertificateName": "*.contoso.com",
            "RestrictDomainsToCertificate": True,
            "SenderIPAddresses": ["192.0.2.0/24"],
            "RestrictDomainsToIPAddresses": True,
            "Enabled": False,
        },
    )
    (entry,) = gathered(exchange).partners
    assert entry["state"] == "prepared"
    assert entry["outbound"] == {
        "level": "domain_validation",
        "certificate_name": "mx.contoso.com",
        "smart_hosts": ["192.0.2.9", "mx1.contoso.com"],
        "smtp_dane_mode": "mandatory",
        "mta_sts_mode": "none",
        "adopt": "C out",
    }
    assert entry["inbound"] == {"certificate_name": "*.contoso.com", "ip_addresses": ["192.0.2.0/24"], "adopt": "C in"}


LEFT: list[tuple[str, Values, Values, str]] = [
    ("type", {"ConnectorType": "OnPremises"}, {}, "its type is on_premises"),
    ("type in", {}, {"ConnectorType": "OnPremises"}, "its type is on_premises"),
    ("level", {"TlsSettings": None}, {}, "its level is opportunistic"),
    ("unknown level", {"TlsSettings": "QuantumValidation"}, {}, "its level is QuantumValidation"),
    ("rules", {"IsTransportRuleScoped": True}, {}, "for mail flow rules only"),
    ("test", {"TestMode": True}, {}, "in test mode"),
    ("stale name", {"TlsDomain": "left.over"}, {}, "certificate name 'left.over'"),
    ("stale hosts", {"SmartHosts": ["left.over"]}, {}, "holds smart hosts, and sends by MX"),
    ("odd certificate", {"TlsSettings": "DomainValidation", "TlsDomain": "<I>x"}, {}, "would be refused"),
    ("no tls", {}, {"RequireTls": False}, "does not require TLS"),
    ("own domains", {}, {"AssociatedAcceptedDomains": ["own.example"]}, "own domains only"),
    ("organisations", {}, {"TrustedOrganizations": ["x.example"]}, "trusts other organisations"),
    ("loose name", {}, {"TlsSenderCertificateName": "mx.a.example"}, "does not restrict its domains to it"),
    ("loose addresses", {}, {"SenderIPAddresses": ["192.0.2.1"]}, "does not restrict its domains to them"),
    (
        "odd addresses",
        {},
        {"SenderIPAddresses": ["2001:db8::1"], "RestrictDomainsToIPAddresses": True},
        "would be refused",
    ),
    ("half", {"Enabled": False}, {}, "enabled in one direction"),
    ("half in", {}, {"Enabled": False}, "enabled in one direction"),
    ("them", {"Comment": "[mailflow.exchange_online owner=them]"}, {}, "mark of owner 'them'"),
    ("ours", {"Comment": f"[mailflow.exchange_online owner={OWNER}]"}, {}, "forced_tls_name_prefix"),
    (
        "broken",
        {"Comment": break_glass_mark(NOW, "why"), "Enabled": False},
        {"Enabled": False},
        "in haste on 2026-11-26",
    ),
    ("shadow", {"LinkForModifiedConnector": "11111111-2222-3333-4444-555555555555"}, {}, "editing"),
]


@pytest.mark.parametrize(("out", "inn", "words"), [case[1:] for case in LEFT], ids=[case[0] for case in LEFT])
def test_what_a_list_cannot_say_is_told_for_both_sides(out: Values, inn: Values, words: str) -> None:
    exchange = Exchange()
    pair(exchange, "A", "a.example", out=out, inn=inn)
    pair(exchange, "B", "b.example")
    found = gathered(exchange)
    assert [entry["name"] for entry in found.partners] == ["b.example"]
    assert [one.name for one in found.not_expressed] == ["A in", "A out"]
    assert any(words in one.reason for one in found.not_expressed)


DOMAINS: list[tuple[list[str], list[str], str]] = [
    (["a.example"], [], "there is no inbound connector for its domains"),
    ([], ["a.example"], "there is no outbound connector for its domains"),
    (["a.example", "b.example"], ["a.example"], "for some of its domains only, or for more"),
    (["*"], ["*"], "for all domains"),
    (["a.example"], ["*"], "for all domains"),
    (["com"], ["com"], "there is no inbound connector for its domains"),
]


@pytest.mark.parametrize(("out", "inn", "words"), DOMAINS)
def test_domains_that_do_not_pair_up(out: list[str], inn: list[str], words: str) -> None:
    exchange = Exchange()
    if out:
        exchange.seed("outbound", "o", RecipientDomains=out, **FORCED)
    if inn:
        exchange.seed("inbound", "i", SenderDomains=inn, RequireTls=True)
    found = gathered(exchange)
    assert found.partners == ()
    assert any(words in one.reason for one in found.not_expressed)


def test_connectors_without_domains_are_told() -> None:
    exchange = Exchange()
    exchange.seed("outbound", "o", **FORCED)
    exchange.seed("inbound", "i", RequireTls=True)
    assert {one.reason for one in gathered(exchange).not_expressed} == {"it lists no domain"}


def test_a_domain_goes_to_the_pair_in_force() -> None:
    exchange = Exchange()
    pair(exchange, "A old", "a.example", "b.example", out={"Enabled": False}, inn={"Enabled": False})
    pair(exchange, "Z new", "a.example")
    found = gathered(exchange)
    assert [entry["outbound"]["adopt"] for entry in found.partners] == ["Z new out"]
    assert {one.reason for one in found.not_expressed} == {
        "a.example is in 'Z new out' as well, and a domain belongs to one partner"
    }


def test_of_two_for_the_same_domains_the_one_in_the_same_state_is_taken() -> None:
    exchange = Exchange()
    pair(exchange, "A", "a.example")
    exchange.seed("inbound", "A 0", SenderDomains=["a.example"], RequireTls=True, Enabled=False)
    found = gathered(exchange)
    assert found.partners[0]["inbound"] == {"adopt": "A in"}
    (left,) = found.not_expressed
    assert (left.name, left.reason) == ("A 0", "another inbound connector is for the same domains")


OURS: list[Values] = [
    {"name": "Contoso", "domains": ["contoso.com", "*.contoso.com"]},
    {"name": "Fabrikam, Inc.", "domains": ["fabrikam.com"], "state": "prepared", "contact": "a.b@fabrikam.com"},
    {"name": "Adatum (2)", "domains": ["adatum.com"], "reference": "CHG 1", "description": "Two. Sentences"},
    {"name": "N" * 70 + ". Ltd", "domains": ["n.example"], "contact": "x", "reference": "y", "description": "z!"},
    {"name": "Down", "domains": ["down.example"], "state": "suspended", "reason": "Ticket 7.", "until": "2026-12-24"},
    # The last one would fit into the first part, and stands in the last.
    {"name": "Many", "domains": [*(f"{'d' * 60}{number}.example" for number in range(10, 80)), "short.example"]},
    {
        "name": "Strict",
        "domains": ["s.example"],
        "outbound": {"level": "domain_validation", "certificate_name": "mx.s.example"},
        "inbound": {"certificate_name": "mx.s.example"},
    },
]


@pytest.mark.parametrize("partner", OURS, ids=lambda partner: partner["name"][:12])
def test_what_the_role_has_made_comes_back_as_it_was_listed(partner: Values) -> None:
    world = World()
    world.provision(partner)
    (entry,) = gathered(world.exchange).partners
    assert "adopt" not in entry["outbound"]
    (was,), (found) = check_partners([partner]), check_partners([entry])
    assert sorted(found[0].domains) == sorted(was.domains)
    same = ("name", "state", "reason", "until", "outbound", "inbound", "contact", "reference", "description")
    told = {key: getattr(found[0], key) for key in same}
    wanted = {key: getattr(was, key) for key in same}
    wanted["description"] = wanted["description"].removesuffix("!") if "!" not in told["description"] else "z!"
    wanted["reason"] = wanted["reason"].removesuffix(".")
    assert told == wanted


def test_a_comment_that_somebody_has_edited_would_be_rewritten_and_is_told() -> None:
    world = World()
    world.provision(OURS[0])
    (record,) = world.exchange.records["outbound"].values()
    record["Comment"] = f"edited\n[mailflow.exchange_online owner={OWNER}]"
    assert {one.reason for one in gathered(world.exchange).not_expressed} == {
        "as a partner it would be changed (update comment)"
    }


def test_what_the_role_has_made_stays_together_whoever_else_came_to_its_domains() -> None:
    world = World()
    world.provision(OURS[0])
    # By their names they come before ours.
    pair(world.exchange, "A", "contoso.com", "*.contoso.com")
    found = gathered(world.exchange)
    assert [(entry["name"], sorted(entry["outbound"])) for entry in found.partners] == [("Contoso", ["level"])]
    assert [(one.name, one.deleted_by) for one in found.not_expressed] == [("A in", ""), ("A out", "")]


def test_nobody_takes_half_of_what_the_role_has_made_away() -> None:
    world = World()
    world.provision({**OURS[0], "state": "prepared"})
    world.exchange.seed("outbound", "in use", RecipientDomains=OURS[0]["domains"], **FORCED)
    found = gathered(world.exchange)
    assert [(entry["name"], entry["state"]) for entry in found.partners] == [("Contoso", "prepared")]
    assert [(one.name, one.reason) for one in found.not_expressed] == [
        ("in use", "another outbound connector is for the same domains")
    ]


def test_in_one_direction_another_may_stand_in_for_what_the_role_has_made() -> None:
    world = World()
    world.provision(OURS[0])
    (record,) = world.exchange.records["inbound"].values()
    record["Enabled"] = False
    world.exchange.seed("inbound", "in use", SenderDomains=record["SenderDomains"], RequireTls=True)
    (entry,) = gathered(world.exchange).partners
    assert (entry["name"], entry["inbound"]) == ("Contoso", {"adopt": "in use"})


def test_what_a_run_has_left_in_the_middle_of_a_change_is_no_state_to_keep() -> None:
    exchange = Exchange()
    mark = trial_mark({"require_tls": False}, {"require_tls": True})
    pair(exchange, "A", "a.example", inn={"Comment": with_trial("call Bob", mark)})
    found = gathered(exchange)
    assert found.partners == ()
    assert "in the middle of a change of it" in next(one.reason for one in found.not_expressed if one.name == "A in")


def test_what_a_run_takes_for_a_leftover_is_told_with_what_deletes_it() -> None:
    world = World()
    world.provision({"name": "Half", "domains": ["half.example"]}, OURS[0])
    next(iter(world.exchange.records["inbound"].values()))["Enabled"] = False
    pair(world.exchange, "A", "a.example", inn={"RequireTls": False})
    shared = f"{pack_name(PREFIX, 'outbound', 1, 'encryption_only', '0123ab')}"
    mark = {"Comment": f"[mailflow.exchange_online owner={OWNER}]"}
    world.exchange.seed("outbound", shared, RecipientDomains=["s.example"], **FORCED, **mark)
    world.exchange.seed("outbound", f"{shared} x", RecipientDomains=["t.example"], **FORCED, Comment="by hand")
    found = gathered(world.exchange)
    assert {one.name: one.deleted_by for one in found.not_expressed} == {
        "A in": "",
        "A out": "",
        "Forced TLS from Half": "forced_tls_prune",
        "Forced TLS to Half": "forced_tls_prune",
        shared: "any run with this list",
        f"{shared} x": "",
    }
    plain = plain_of(found, None, "now")
    assert [one["deleted_by"] for one in plain["not_expressed"]] == [one.deleted_by for one in found.not_expressed]
    assert sum("deletes it, because it carries the mark of this role" in line for line in plain["lines"]) == 3
    assert "are taken for leftovers" in plain["text"]
    assert "are taken for leftovers" not in plain_of(gathered(Exchange()), None, "now")["text"]


def test_by_hand_and_by_the_role_side_by_side() -> None:
    world = World()
    world.provision(*OURS[:3])
    pair(world.exchange, "Forced TLS to x", "x.example")
    pair(world.exchange, "Y", "y.example")
    world.exchange.seed("outbound", "Contoso", RecipientDomains=["z.example"], **FORCED)
    world.exchange.seed("inbound", "Contoso", SenderDomains=["z.example"], RequireTls=True)
    found = gathered(world.exchange)
    assert len(found.partners) == 6
    assert found.not_expressed == ()


def test_names_are_told_apart() -> None:
    world = World()
    world.provision({"name": "x.example", "domains": ["elsewhere.example"]})
    pair(world.exchange, "By hand", "x.example")
    names = [entry["name"] for entry in gathered(world.exchange).partners]
    assert len(set(names)) == 2
    assert "x.example" in names


def test_a_hand_made_connector_with_the_name_of_another_partner_is_told() -> None:
    world = World()
    world.provision({"name": "Contoso", "domains": ["contoso.com"]})
    for record in list(world.exchange.records["inbound"].values()):
        del world.exchange.records["inbound"][record["Guid"]]
    world.exchange.seed("inbound", "Forced TLS from Contoso", SenderDomains=["other.example"], RequireTls=True)
    world.exchange.seed("outbound", "other", RecipientDomains=["other.example"], **FORCED)
    world.exchange.seed("inbound", "contoso", SenderDomains=["contoso.com"], RequireTls=True)
    found = gathered(world.exchange)
    assert [(entry["name"], entry["inbound"]) for entry in found.partners] == [("Contoso", {"adopt": "contoso"})]
    assert [one.name for one in found.not_expressed] == ["Forced TLS from Contoso", "other"]
    assert all("is the name of the connector of partner 1 (Contoso)" in one.reason for one in found.not_expressed)


def test_what_stays_beside_the_list_is_noted() -> None:
    exchange = Exchange()
    pair(exchange, "A", "a.example", out={"ValidationRecipients": ["it@a.example"]}, inn={"EFSkipLastIP": True})
    found = gathered(exchange)
    assert "validation_recipients" not in found.partners[0]["outbound"], "a validation would be a write"
    assert [note.partition(": ")[2][:40] for note in found.notes] == [
        "the validation recipients of 'A out' sta",
        "the enhanced filtering of 'A in' stays a",
    ]


def test_the_file_is_the_list_and_tells_the_rest() -> None:
    exchange = Exchange()
    pair(exchange, "Bücher", "xn--bcher-kva.example", out={"ValidationRecipients": ["it@xn--bcher-kva.example"]})
    exchange.seed("outbound", "evil\n- name: x\r\u2028y", RecipientDomains=["a.example"])
    found = gathered(exchange)
    plain = plain_of(found, "contoso.onmicrosoft.com", "2026-11-26 01:30 UTC")
    assert yaml.safe_load(plain["text"]) == plain["partners"] == list(found.partners)
    assert plain["text"].startswith(
        "# Partner list, gathered 2026-11-26 01:30 UTC from the connectors of the tenant contoso"
    )
    comments = [line for line in plain["text"].splitlines() if line.startswith("#")]
    assert "# not expressed: outbound connector 'evil - name: x y': its level is opportunistic" in plain["text"]
    assert len(comments) == 7
    assert plain["lines"] == lines_of(found)
    assert plain["not_expressed"][0]["name"].startswith("evil")


def test_who_would_be_moved_into_a_shared_connector_is_named_in_the_output_and_in_the_file() -> None:
    world = World()
    validated = {"name": "V", "domains": ["v.example"], "outbound": {"validation_recipients": ["it@v.example"]}}
    world.provision(validated, {"name": "P", "domains": ["p.example"], "state": "prepared"})
    pair(world.exchange, "By hand", "a.example")
    plain = plain_of(gathered(world.exchange), None, "now")
    assert plain["sharing"] == ["V"]
    note = (
        "note: forced_tls_pack moves partners with connectors of their own, which this role has made, into shared ones;"
        " leave it off to keep them as they are: V."
    )
    assert plain["lines"][-1] == note
    assert f"# {note}" in plain["text"]
    assert "# With forced_tls_pack it does change something: see the last note below." in plain["text"]
    world = World()
    world.provision(*({"name": f"P{number}", "domains": [f"p{number}.example"]} for number in range(10, 22)))
    assert plain_of(gathered(world.exchange), None, "now")["lines"][-1].endswith(
        ": P10, P11, P12, P13, P14, P15, P16, P17, P18, P19 and 2 more."
    )
    exchange = Exchange()
    pair(exchange, "By hand", "a.example")
    assert "forced_tls_pack" not in plain_of(gathered(exchange), None, "now")["text"]


DEFAULTS: Values = {
    "state": "prepared",
    "enforce_from": "2999-01-01",
    "outbound": {
        "level": "domain_validation",
        "certificate_name": "mx.hub.example",
        "smart_hosts": ["relay.hub.example"],
        "smtp_dane_mode": "mandatory",
        "mta_sts_mode": "none",
        "validation_recipients": ["postmaster@a.example"],
    },
    "inbound": {"certificate_name": "mx.hub.example", "ip_addresses": ["192.0.2.0/24"]},
    "contact": "mail@hub.example",
    "reference": "CHG1",
    "description": "By the hub",
}


def test_what_the_defaults_would_change_the_entry_keeps_as_it_stands() -> None:
    world = World()
    pair(world.exchange, "A", "a.example")
    pair(world.exchange, "B", "b.example", out={"Enabled": False}, inn={"Enabled": False})
    world.provision(OURS[0])
    found = gathered(world.exchange, DEFAULTS)
    assert found.not_expressed == ()
    stands = {"smart_hosts": [], "smtp_dane_mode": "opportunistic", "mta_sts_mode": "opportunistic"}
    by_hand = found.partners[0]
    assert by_hand["enforce_from"] == "2026-11-26T01:30:00Z"
    assert by_hand["outbound"] == {
        "level": "certificate_validation",
        **stands,
        "validation_recipients": [],
        "adopt": "A out",
    }
    assert by_hand["inbound"] == {"certificate_name": "", "ip_addresses": [], "adopt": "A in"}
    assert "enforce_from" not in found.partners[1]
    assert [found.partners[2][key] for key in ("name", "contact", "reference", "description")] == [
        "Contoso",
        "",
        "",
        "",
    ]


@pytest.mark.parametrize("section", ["outbound", "inbound", "enforce_from"])
def test_what_the_defaults_do_not_touch_is_left_out(section: str) -> None:
    exchange = Exchange()
    pair(exchange, "A", "a.example")
    (plain,), (found,) = gathered(exchange).partners, gathered(exchange, {section: DEFAULTS[section]}).partners
    assert {key for key in plain | found if plain.get(key) != found.get(key)} == {section}
    assert gathered(exchange, {"contact": "mail@hub.example", "state": "prepared"}).partners == (plain,)


def test_who_would_be_validated_by_the_defaults_is_told() -> None:
    exchange = Exchange()
    pair(exchange, "A", "a.example", out={"ValidationRecipients": ["it@a.example"]})
    found = gathered(exchange, DEFAULTS)
    assert {one.reason for one in found.not_expressed} == {
        "as a partner it would be changed (update validation_recipients)"
    }


def test_defaults_that_cannot_be_used_are_told_once() -> None:
    with pytest.raises(InputError, match="Defaults: the key 'contcat' is not known") as told:
        gathered(Exchange(), {"contcat": "x"})
    assert len(told.value.problems) == 1


def test_an_empty_tenant_is_an_empty_list() -> None:
    plain = plain_of(gathered(Exchange()), None, "now")
    assert yaml.safe_load(plain["text"]) == []
    assert plain["lines"] == ["Partners 0, connectors that are not in the list 0."]


def test_values_that_look_like_something_else_stay_texts() -> None:
    exchange = Exchange()
    pair(exchange, "2026-12-01", "a.example")
    pair(exchange, "no", "b.example")
    text = plain_of(gathered(exchange), None, "now")["text"]
    loaded: t.Any = yaml.safe_load(text)
    assert [entry["outbound"]["adopt"] for entry in loaded] == ["2026-12-01 out", "no out"]
