# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""partner_tls_info against the partners of the lab: every case of the table, the probe's manners, bad input."""

from __future__ import annotations

import collections
import functools
import pathlib
import re
import socket
import time
import typing as t

import pytest
import yaml

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.codes import CODES as FINDINGS
from ansible_collections.mailflow.exchange_online.tests.integration import harness
from ansible_collections.mailflow.exchange_online.tests.lab.partners import CASES, PartnerWorld

Values = dict[str, t.Any]
LEVELS = ("encryption_only", "certificate_validation", "domain_validation")
#: What is left where a template was not filled, or was filled with nothing.
UNFILLED = re.compile(r"[{}]|''|\(\)|  | [:.,]|(?<!to )\bNone\b(?! of)")
PATIENCE = 2  # seconds: the lab's hanging servers hang for longer


@pytest.fixture(scope="module")
def world() -> t.Iterator[PartnerWorld]:
    with PartnerWorld() as running:
        yield running


class Seen(t.NamedTuple):
    """What one run returned, by case, and what the servers saw of it."""

    partners: dict[str, Values]
    connections: int
    visits: collections.Counter[str]
    commands: set[str]


@pytest.fixture(scope="module")
def seen_at(world: PartnerWorld) -> t.Callable[[str], Seen]:
    """Probe all partners at a level, once."""

    @functools.cache
    def probe(level: str) -> Seen:
        world.journal.clear()
        result = probe_module(world, world.partners(level))
        assert not result.get("failed"), result
        ids = [case.id for case in world.cases]
        return Seen(
            dict(zip(ids, result["partners"], strict=True)),
            result["connections"],
            collections.Counter(visit.address for visit in world.journal.visits),
            world.journal.commands(),
        )

    return probe


def probe_module(world: PartnerWorld, partners: list[Values], **options: t.Any) -> Values:
    given = {**world.module_options(), "timeout": PATIENCE, **options, "partners": partners}
    return harness.run_module("partner_tls_info", given)


def codes(partner: Values) -> set[str]:
    return {finding["code"] for finding in partner["findings"]}


# -- verdicts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("case_id", CASES)
def test_each_case_is_judged_as_the_table_says(case_id: str, level: str, seen_at: t.Callable[[str], Seen]) -> None:
    partner, expected = seen_at(level).partners[case_id], CASES[case_id].expected
    assert (partner["verdict"], partner["sustains"], partner["delivery"]) == (
        getattr(expected.verdicts, level),
        expected.sustains,
        expected.delivery,
    ), partner["findings"]
    assert codes(partner) >= set(expected.codes)


@pytest.mark.parametrize("level", LEVELS)
def test_findings_and_verdicts_agree(level: str, seen_at: t.Callable[[str], Seen]) -> None:
    for case_id, partner in seen_at(level).partners.items():
        severities = {finding["severity"] for finding in partner["findings"]}
        assert ("error" in severities) == (partner["verdict"] == "not_ready"), case_id
        if partner["verdict"] == "unknown":
            assert "warning" in severities, case_id
        for finding in partner["findings"]:
            for text in (finding["subject"], finding["message"], finding["advice"]):
                assert text, (case_id, finding["code"])
                assert not UNFILLED.search(text), (case_id, text)
            assert finding["message"].endswith("."), finding


def test_the_table_brings_up_nearly_every_finding(seen_at: t.Callable[[str], Seen]) -> None:
    found = {code for level in LEVELS for partner in seen_at(level).partners.values() for code in codes(partner)}
    # These take another resolver, another machine, a mode of the connector, or time; the unit tests have them.
    elsewhere = {
        "dane_unproven",
        "dane_unseen",
        "dane_missing",
        "deadline_reached",
        "deadline_server",
        "ipv6_not_tested",
    }
    elsewhere |= {"private_address", "network_cut", "ehlo_refused", "certificate_name_missing", "sts_dns_failure"}
    elsewhere |= {"certificate_unreadable", "untrusted"}
    assert found <= set(FINDINGS)
    assert set(FINDINGS) - found <= elsewhere


def test_names_are_what_all_servers_carry(seen_at: t.Callable[[str], Seen]) -> None:
    partners = seen_at("certificate_validation").partners
    assert partners["a_good"]["names"][0] == "mx.a-good.test"
    assert partners["o_wildcard"]["names"] == ["mx.o-wildcard.test", "*.o-wildcard.test"]
    assert partners["f_no_starttls"]["names"] == []


def test_every_server_is_told_with_what_it_showed(seen_at: t.Callable[[str], Seen]) -> None:
    (host,) = seen_at("certificate_validation").partners["a_good"]["hosts"]
    assert host["host"] == "mx.a-good.test"
    assert host["protocol"] == "TLSv1.2"
    assert host["offers_tls13"] is True
    assert host["cipher"].startswith("ECDHE")
    assert host["trust"] == {"trusted": True, "reason": "trusted", "code": 0, "text": "", "missing_issuer": ""}
    assert host["revocation"] == "good"
    assert host["failed_at"] is None
    assert host["chain"][0]["names"] == ["mx.a-good.test"]
    assert 80 <= host["chain"][0]["days_left"] <= 90
    assert "STARTTLS" in host["extensions"]
    assert "STARTTLS" not in host["extensions_after_tls"]


def test_a_server_that_is_short_of_a_certificate_is_told_apart(seen_at: t.Callable[[str], Seen]) -> None:
    """The list of an authority that was fetched tells which certificate is missing."""
    (host,) = seen_at("certificate_validation").partners["l_no_intermediate"]["hosts"]
    assert host["trust"]["reason"] == "incomplete_chain"
    assert host["trust"]["missing_issuer"] == "CN=Lab Public Issuing RSA"


# -- manners ---------------------------------------------------------------------------------------------------------


def test_one_connection_settles_a_server_and_a_second_one_only_names_a_cause(
    world: PartnerWorld, seen_at: t.Callable[[str], Seen]
) -> None:
    seen = seen_at("certificate_validation")
    assert seen.visits.total() <= seen.connections
    diagnosed = {"protocol_too_old", "no_shared_cipher", "handshake_failed", "tls13_only"}
    for case in world.cases:
        failed_handshake = bool(codes(seen.partners[case.id]) & diagnosed)
        for host in seen.partners[case.id]["hosts"]:
            assert seen.visits[host["address"]] <= (2 if failed_handshake else 1), (case.id, host["address"])


def test_nothing_is_said_that_asks_for_mail(seen_at: t.Callable[[str], Seen]) -> None:
    assert seen_at("certificate_validation").commands <= {"EHLO", "STARTTLS", "QUIT"}


def test_partners_that_share_a_server_share_the_connection(world: PartnerWorld) -> None:
    shared = [case.id for case in world.cases if case.id.startswith("ff_shared")]
    assert len(shared) > 1
    world.journal.clear()
    partners = [entry for entry, case in zip(world.partners(), world.cases, strict=True) if case.id in shared]
    result = probe_module(world, partners)
    addresses = {host["address"] for partner in result["partners"] for host in partner["hosts"]}
    assert len(result["partners"]) == len(shared)
    assert result["connections"] == len(addresses) == len(world.journal.visits)


def test_each_question_is_asked_once(world: PartnerWorld) -> None:
    world.journal.clear()
    probe_module(world, only(world, "a_good", "w_sts_ok", "v_dane_ok"))
    asked = collections.Counter((question.name, question.type) for question in world.journal.questions)
    assert set(asked.values()) == {1}
    assert all(question.wants_ad for question in world.journal.questions)


def only(world: PartnerWorld, *ids: str, **changes: t.Any) -> list[Values]:
    entries = dict(zip([case.id for case in world.cases], world.partners(), strict=True))
    return [{**entries[case_id], **changes} for case_id in ids]


def test_the_name_that_was_given_is_said(world: PartnerWorld) -> None:
    world.journal.clear()
    probe_module(world, only(world, "a_good"), helo_name="relay.contoso.com")
    (visit,) = world.journal.visits
    assert visit.helo_names == ["relay.contoso.com", "relay.contoso.com"]


def test_private_addresses_are_left_alone_unless_allowed(world: PartnerWorld) -> None:
    world.journal.clear()
    result = probe_module(world, only(world, "a_good", "w_sts_ok"), allow_private=False)
    assert [partner["verdict"] for partner in result["partners"]] == ["unknown", "unknown"]
    assert "private_address" in codes(result["partners"][0])
    assert result["connections"] == 0
    assert world.journal.visits == []
    assert world.journal.requests == []


def test_without_revocation_nothing_is_fetched_but_policies(world: PartnerWorld) -> None:
    world.journal.clear()
    revoked, incomplete = probe_module(world, only(world, "bb_revoked", "l_no_intermediate"), check_revocation=False)[
        "partners"
    ]
    assert world.journal.requests == []
    assert revoked["verdict"] == "ready"
    assert revoked["hosts"][0]["revocation"] == "not_checked"
    assert incomplete["hosts"][0]["trust"]["reason"] == "incomplete_chain"


# -- what the caller decides -----------------------------------------------------------------------------------------


def test_the_connectors_modes_decide_what_stops_mail(world: PartnerWorld) -> None:
    def delivery(case_id: str, **modes: str) -> str:
        (partner,) = probe_module(world, only(world, case_id, **modes))["partners"]
        return str(partner["delivery"])

    assert delivery("v_dane_bad") == "blocked"
    assert delivery("v_dane_bad", smtp_dane_mode="none") == "ok"
    assert delivery("a_good", smtp_dane_mode="mandatory") == "blocked"
    assert delivery("w_sts_mismatch") == "blocked"
    assert delivery("w_sts_mismatch", mta_sts_mode="none") == "ok"


def test_a_resolver_that_is_not_trusted_proves_nothing(world: PartnerWorld) -> None:
    (partner,) = probe_module(world, only(world, "v_dane_bad"), trust_ad=False)["partners"]
    assert partner["delivery"] == "unknown"
    assert partner["verdict"] == "unknown"
    assert "dane_unproven" in codes(partner)


def test_the_level_that_needs_a_name_says_which_names_there_are(world: PartnerWorld) -> None:
    (partner,) = probe_module(world, only(world, "a_good", certificate_name=None, level="domain_validation"))[
        "partners"
    ]
    assert partner["verdict"] == "unknown"
    assert partner["sustains"] == "domain_validation"
    (told,) = [finding for finding in partner["findings"] if finding["code"] == "certificate_name_missing"]
    assert "'mx.a-good.test'" in told["advice"]


def test_an_expiry_is_warned_of_within_the_days_that_are_asked_for(world: PartnerWorld) -> None:
    (soon,) = probe_module(world, only(world, "a_good"), expiry_warning_days=100)["partners"]
    assert "cert_expires_soon" in codes(soon)
    (later,) = probe_module(world, only(world, "a_good"), expiry_warning_days=30)["partners"]
    assert "cert_expires_soon" not in codes(later)


def test_the_deadline_ends_the_run_and_keeps_what_was_seen(world: PartnerWorld) -> None:
    began = time.monotonic()
    result = probe_module(world, only(world, "p_hang", "a_good"), timeout=3, deadline=3)
    assert time.monotonic() - began < 10
    hanging, good = result["partners"]
    assert hanging["verdict"] == "unknown"
    assert {"deadline_reached", "banner_timeout"} & codes(hanging)
    assert good["verdict"] == "ready"


def test_check_mode_looks_just_the_same(world: PartnerWorld) -> None:
    given = {**world.module_options(), "partners": only(world, "a_good")}
    result = harness.run_module("partner_tls_info", given, check=True)
    assert result["changed"] is False
    assert result["partners"][0]["verdict"] == "ready"


# -- bad input -------------------------------------------------------------------------------------------------------


def test_bad_input_is_told_at_once_and_nothing_is_sent(world: PartnerWorld) -> None:
    world.journal.clear()
    result = probe_module(world, [{"domain": "192.0.2.1"}, {"domain": "*.contoso.com"}], timeout=10, deadline=5)
    assert result["failed"]
    assert result["error"]["kind"] == "input"
    assert "partners: entry 1: domain: '192.0.2.1' is an IP address" in result["msg"]
    assert "partners: entry 2: domain: '*.contoso.com' stands for many domains" in result["msg"]
    assert "deadline: 5 seconds" in result["msg"]
    assert world.journal.questions == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read (No such file or directory); give a file of CA certificates."),
        (b"no certificate\n", "holds no certificate in PEM form; give a file of CA certificates."),
    ],
)
def test_a_ca_file_that_cannot_be_used_is_named(
    content: bytes | None, said: str, world: PartnerWorld, tmp_path: pathlib.Path
) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    result = probe_module(world, only(world, "a_good"), ca_path=str(path))
    assert result["error"]["kind"] == "input"
    assert result["msg"] == f"ca_path: {path} {said}"


def test_a_resolver_that_does_not_answer_is_named(world: PartnerWorld) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        resolver = f"127.0.0.1:{silent.getsockname()[1]}"
        result = probe_module(world, only(world, "a_good"), resolvers=[resolver], timeout=1)
    assert result["failed"]
    assert result["error"]["kind"] == "network"
    assert result["error"]["retryable"] is True
    assert result["msg"].startswith(f"No DNS resolver answered any question ({resolver})")
    assert "'resolvers'" in result["msg"]


# -- as Ansible runs it ----------------------------------------------------------------------------------------------


def test_a_playbook_reads_the_verdicts(world: PartnerWorld, tmp_path: pathlib.Path) -> None:
    verdicts = "{{ seen.partners | items2dict(key_name='domain', value_name='verdict') }}"
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [
            {
                "mailflow.exchange_online.partner_tls_info": {
                    **world.module_options(),
                    "partners": only(world, "a_good", "f_no_starttls"),
                },
                "register": "seen",
            },
            {"ansible.builtin.debug": {"var": "verdicts"}, "vars": {"verdicts": verdicts}},
        ],
    }
    path = tmp_path / "play.yml"
    path.write_text(yaml.safe_dump([play]), encoding="utf-8")
    done = harness.run_playbook(path, environment={}, home=tmp_path)
    assert done.rc == 0, done.text
    assert '"a-good.test": "ready"' in done.stdout
    assert '"f-no-starttls.test": "not_ready"' in done.stdout
    assert "WARNING" not in done.text
    assert "DEPRECATION" not in done.text
