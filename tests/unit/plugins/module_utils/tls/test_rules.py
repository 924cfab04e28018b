# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From observations to verdicts: each finding by the observation that makes it, and what holds for all of them."""

from __future__ import annotations

import dataclasses
import pathlib
import re
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.codes import CODES
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.facts import (
    Dane,
    Fault,
    Host,
    MtaSts,
    Reply,
    RevocationStatus,
    Route,
    Tlsa,
    Trust,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.model import (
    LEVELS,
    Judgement,
    Observation,
    Server,
    rank,
)
from ansible_collections.mailflow.exchange_online.plugins.module_utils._tls.rules import judge
from ansible_collections.mailflow.exchange_online.tests.unit.plugins.module_utils.tls.observations import (
    ADDRESS,
    AUTHORITY,
    DOMAIN,
    MX,
    NOW,
    TLS,
    broken,
    certificate,
    days,
    observation,
    policy,
    server,
    session,
)

FAULTS: tuple[Fault, ...] = ("timeout", "closed", "reply")
Make = t.Callable[[], Server]
#: What is left of a template whose value is missing.
UNFILLED = re.compile(r"[{}]|''|\(\)|  | [:.,]")


def verdict_on(seen: Observation, warning_days: int = 14) -> Judgement:
    return judge(seen, NOW, warning_days)


def codes(judgement: Judgement) -> dict[str, str]:
    """The codes that were found, with their severity."""
    return {finding.code: finding.severity for finding in judgement.findings}


def dane(status: str, **changes: t.Any) -> Dane:
    return Dane(t.cast(t.Any, status), (Tlsa(3, 1, 1, b"x" * 32),), **changes)


def with_second(protocol: str, cipher: str = "ECDHE-RSA-CHACHA20-POLY1305") -> Server:
    """A failed handshake, and what the server took when it was offered everything."""
    second = session(tls=dataclasses.replace(TLS, protocol=protocol, cipher=cipher))
    return server(session=broken("handshake", "tls", alert="protocol_version"), second=second)


def other_host(**changes: t.Any) -> Server:
    host = Host("mx2.contoso.com", 20, addresses=("192.0.2.2",))
    return server(host, certificate("mx2.contoso.com"), **{"address": "192.0.2.2", **changes})


# -- one server ------------------------------------------------------------------------------------------------------

#: code, the server that has it, the level that it sustains (None: it was not judged).
SERVERS: list[tuple[str, Make, str | None]] = [
    ("connect_failed", lambda: server(session=broken("connect", "refused")), None),
    ("ipv6_not_tested", lambda: server(address="2001:db8::1", session=broken("connect", "unreachable")), None),
    ("private_address", lambda: server(session=broken("connect", "private")), None),
    ("deadline_server", lambda: server(session=broken("connect", "deadline")), None),
    ("banner_timeout", lambda: server(session=broken("banner", "timeout")), None),
    ("banner_tempfail", lambda: server(session=broken("banner", "reply", banner=Reply(421, ("later",)))), None),
    ("banner_reject", lambda: server(session=broken("banner", "reply", banner=Reply(554, ("no",)))), None),
    ("not_smtp", lambda: server(session=broken("banner", "protocol")), None),
    ("closed_early", lambda: server(session=broken("banner", "closed")), None),
    ("ehlo_refused", lambda: server(session=broken("ehlo", "reply")), None),
    ("reply_timeout", lambda: server(session=broken("starttls", "timeout")), None),
    ("reply_timeout", lambda: server(session=broken("ehlo_again", "timeout")), None),
    ("handshake_timeout", lambda: server(session=broken("handshake", "timeout")), None),
    (
        "client_cert_required",
        lambda: server(session=broken("handshake", "tls", client_certificate_asked=True)),
        None,
    ),
    (
        "client_cert_required",
        lambda: server(
            session=broken("handshake", "tls"),
            second=broken(
                "ehlo_again",
                "tls",
                "tlsv13 alert certificate required",  # OpenSSL's words: the alert itself is encrypted
                tls=dataclasses.replace(TLS, protocol="TLSv1.3"),
            ),
        ),
        None,
    ),
    ("no_starttls", lambda: server(session=session(extensions=("SIZE",), starttls=None, tls=None)), "opportunistic"),
    (
        "starttls_stripped",
        lambda: server(session=session(extensions=("SIZE", "XXXXXXXA"), starttls=None, tls=None)),
        "opportunistic",
    ),
    (
        "starttls_refused",
        lambda: server(session=broken("starttls", "reply", starttls=Reply(454, ("no key",)))),
        "opportunistic",
    ),
    ("protocol_too_old", lambda: with_second("TLSv1.1"), "opportunistic"),
    ("no_shared_cipher", lambda: with_second("TLSv1.2"), "opportunistic"),
    ("handshake_failed", lambda: server(session=broken("handshake", "closed")), "opportunistic"),
    (
        "handshake_failed",
        lambda: server(session=broken("handshake", "closed"), second=broken("handshake", "closed")),
        "opportunistic",
    ),
    # Then it may be the network that is gone.
    (
        "closed_early",
        lambda: server(session=broken("handshake", "closed"), second=broken("connect", "unreachable")),
        None,
    ),
    (
        "handshake_failed",
        lambda: server(session=broken("handshake", "tls"), second=broken("connect", "refused")),
        "opportunistic",
    ),
    ("tls13_only", lambda: with_second("TLSv1.3", "TLS_AES_256_GCM_SHA384"), "opportunistic"),
    (
        "no_forward_secrecy",
        lambda: server(session=session(tls=dataclasses.replace(TLS, cipher="AES256-GCM-SHA384"))),
        "domain_validation",
    ),
    ("plaintext_after_starttls", lambda: server(session=session(injected=20)), "domain_validation"),
    ("client_certificate_asked", lambda: server(session=session(client_certificate_asked=True)), "domain_validation"),
    ("ecdsa_certificate", lambda: server(leaf=certificate(key_type="EC P-256", key_bits=256)), "domain_validation"),
    (
        "certificate_unreadable",
        lambda: server(chain=(), trust=None, chain_problem="not a certificate"),
        "encryption_only",
    ),
    (
        "cert_expired",
        lambda: server(leaf=certificate(not_after=days(-1)), trust=Trust("expired", 10)),
        "encryption_only",
    ),
    (
        "cert_expired",
        lambda: server(leaf=certificate(not_after=days(-1)), trust=Trust("self_signed", 18, also=("expired",))),
        "encryption_only",
    ),
    (
        "cert_not_yet_valid",
        lambda: server(leaf=certificate(not_before=days(1)), trust=Trust("not_yet_valid", 9)),
        "encryption_only",
    ),
    ("self_signed", lambda: server(trust=Trust("self_signed", 18)), "encryption_only"),
    ("untrusted_root", lambda: server(trust=Trust("untrusted_root", 19)), "encryption_only"),
    ("incomplete_chain", lambda: server(trust=Trust("incomplete_chain", 20, missing="CN=X")), "encryption_only"),
    ("wrong_purpose", lambda: server(trust=Trust("wrong_purpose", 26)), "encryption_only"),
    ("untrusted", lambda: server(trust=Trust("other", 24, "invalid CA certificate")), "encryption_only"),
    ("weak_key", lambda: server(leaf=certificate(key_bits=1024)), "encryption_only"),
    ("weak_key", lambda: server(leaf=certificate(key_type="EC secp192r1", key_bits=192)), "encryption_only"),
    ("weak_key", lambda: server(leaf=certificate(key_type="DSA", key_bits=2048)), "encryption_only"),
    (
        "weak_key",
        lambda: server(chain=(certificate(), dataclasses.replace(AUTHORITY, key_bits=1024))),
        "encryption_only",
    ),
    ("weak_signature", lambda: server(leaf=certificate(signature="sha1WithRSAEncryption")), "encryption_only"),
    ("weak_signature", lambda: server(leaf=certificate(signature="ecdsa-with-SHA1")), "encryption_only"),
    (
        "cert_revoked",
        lambda: server(revocation=RevocationStatus("revoked", "CN=leaf", "revoked on 2026-11-01")),
        "encryption_only",
    ),
    (
        "revocation_unknown",
        lambda: server(revocation=RevocationStatus("unknown", "CN=leaf", "out of date")),
        "domain_validation",
    ),
    ("cert_expires_soon", lambda: server(leaf=certificate(not_after=days(13))), "domain_validation"),
    ("name_mismatch", lambda: server(leaf=certificate("mx.fabrikam.com")), "certificate_validation"),
    (
        "no_san",
        lambda: server(leaf=certificate(names=(), common_name=MX, has_san=False)),
        "certificate_validation",
    ),
]


@pytest.mark.parametrize(("code", "make", "sustains"), SERVERS)
def test_a_server_has_its_finding_and_the_level_that_goes_with_it(code: str, make: Make, sustains: str | None) -> None:
    judgement = verdict_on(observation(make()))
    assert code in codes(judgement)
    assert judgement.sustains == sustains
    assert judgement.levels == (sustains,)
    for finding in judgement.findings:
        assert not UNFILLED.search(finding.message + finding.advice)


def test_a_good_server_has_nothing_to_be_told() -> None:
    judgement = verdict_on(observation(server()))
    assert judgement == Judgement("ready", "domain_validation", "ok", (MX, "*.contoso.com"), (), ("domain_validation",))


def test_a_roots_own_signature_does_not_count() -> None:
    root = certificate(
        subject="CN=Root CA", issuer="CN=Root CA", self_issued=True, signature="sha1WithRSAEncryption", names=()
    )
    assert verdict_on(observation(server(chain=(certificate(), AUTHORITY, root)))).verdict == "ready"
    alone = certificate(self_issued=True, signature="sha1WithRSAEncryption")
    assert "weak_signature" in codes(verdict_on(observation(server(chain=(alone,), trust=Trust("self_signed", 18)))))


@pytest.mark.parametrize(("left", "told"), [(13.9, True), (14.1, False), (-0.1, False)])
def test_an_expiry_is_told_within_the_days_of_warning(left: float, told: bool) -> None:
    found = codes(verdict_on(observation(server(leaf=certificate(not_after=days(left))))))
    assert ("cert_expires_soon" in found) is told


def test_the_authoritys_expiry_counts_too() -> None:
    soon = dataclasses.replace(AUTHORITY, not_after=days(3))
    (finding,) = verdict_on(observation(server(chain=(certificate(), soon)))).findings
    assert finding.code == "cert_expires_soon"
    assert "CN=Issuing CA" in finding.message
    assert "2026-11-28" in finding.message


def test_certificates_that_are_sent_and_not_needed_do_not_count() -> None:
    """Servers send leftovers, such as the cross certificate of an old root; no one verifies them."""
    leftover = certificate(subject="CN=Old CA", issuer="CN=Older CA", names=(), not_after=days(-900), key_bits=1024)
    sha1 = dataclasses.replace(leftover, signature="sha1WithRSAEncryption", not_after=days(2))
    for chain in ((certificate(), AUTHORITY, leftover), (certificate(), sha1, AUTHORITY)):
        assert verdict_on(observation(server(chain=chain))).findings == ()
    soon = verdict_on(observation(server(chain=(certificate(not_after=days(3)), AUTHORITY, leftover))))
    assert codes(soon) == {"cert_expires_soon": "warning"}
    expired = certificate(not_after=days(-1))
    (finding,) = verdict_on(observation(server(chain=(expired, leftover), trust=Trust("expired", 10)))).findings
    assert "2026-11-24" in finding.message


# -- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "wanted", "verdict", "code"),
    [
        ((MX,), MX, "ready", None),
        (("*.contoso.com",), MX, "ready", None),
        ((MX,), "*.contoso.com", "ready", None),
        (("*.contoso.com",), "*.contoso.com", "ready", None),
        ((MX,), "mail.contoso.com", "not_ready", "name_mismatch"),
        (("a.b.contoso.com",), "*.contoso.com", "unknown", "name_ambiguous"),
        (("contoso.com",), "*.contoso.com", "unknown", "name_ambiguous"),
        (("*.contoso.com",), "contoso.com", "unknown", "name_ambiguous"),
    ],
)
def test_a_given_name_is_held_against_the_certificate_by_exchanges_rule(
    names: tuple[str, ...], wanted: str, verdict: str, code: str | None
) -> None:
    seen = observation(server(leaf=certificate(*names)), level="domain_validation", certificate_name=wanted)
    judgement = verdict_on(seen)
    assert judgement.verdict == verdict
    assert set(codes(judgement)) == ({code} if code else set())


def test_a_name_that_stands_in_the_common_name_only_is_not_promised() -> None:
    leaf = certificate(names=(), common_name=MX, has_san=False)
    judgement = verdict_on(observation(server(leaf=leaf), level="domain_validation", certificate_name=MX))
    assert judgement.verdict == "unknown"
    assert codes(judgement) == {"no_san": "warning"}


def test_without_a_name_the_level_that_needs_one_stays_unknown_and_the_candidates_are_told() -> None:
    judgement = verdict_on(observation(server(), level="domain_validation"))
    assert judgement.verdict == "unknown"
    assert judgement.sustains == "domain_validation"
    (finding,) = judgement.findings
    assert finding.code == "certificate_name_missing"
    assert finding.advice.endswith("'mx.contoso.com', '*.contoso.com'.")


def test_candidates_are_what_all_servers_carry() -> None:
    both = [
        server(leaf=certificate(MX, "mail.contoso.com")),
        other_host(chain=(certificate("mx2.contoso.com", "mail.contoso.com"), AUTHORITY)),
    ]
    assert verdict_on(observation(*both)).names == ("mail.contoso.com", "*.contoso.com")
    unreadable = other_host(chain=(), trust=None, chain_problem="not a certificate")
    assert verdict_on(observation(both[0], unreadable)).names == ()


# -- the partner as a whole ------------------------------------------------------------------------------------------


def test_the_weakest_server_decides() -> None:
    plain = other_host(session=session(address="192.0.2.2", extensions=(), starttls=None, tls=None))
    judgement = verdict_on(observation(server(), plain))
    assert judgement.verdict == "not_ready"
    assert judgement.sustains == "opportunistic"
    assert judgement.levels == ("domain_validation", "opportunistic")
    assert codes(judgement)["mx_hosts_differ"] == "warning"


def test_addresses_of_one_host_are_compared_as_well() -> None:
    second = server(address="192.0.2.9", trust=Trust("self_signed", 18))
    found = codes(verdict_on(observation(server(), second)))
    assert "addresses_differ" in found
    assert "mx_hosts_differ" not in found


def test_a_server_that_was_not_seen_does_not_count_against_the_others() -> None:
    judgement = verdict_on(observation(server(), other_host(session=broken("connect", "timeout"))))
    assert judgement.verdict == "ready"
    assert judgement.sustains == "domain_validation"
    assert codes(judgement) == {"connect_failed": "warning", "mx_unreachable": "warning"}


def test_ipv6_that_cannot_be_tested_is_only_noted() -> None:
    ipv6 = server(address="2001:db8::1", session=broken("connect", "unreachable"))
    judgement = verdict_on(observation(server(), ipv6))
    assert judgement.verdict == "ready"
    assert codes(judgement) == {"ipv6_not_tested": "info"}


@pytest.mark.parametrize("fault", ["refused", "timeout", "unreachable"])
def test_when_nothing_can_be_connected_to_the_partner_is_not_to_blame(fault: str) -> None:
    judgement = verdict_on(observation(server(session=broken("connect", t.cast(t.Any, fault)))))
    assert judgement.verdict == "unreachable"
    assert judgement.sustains is None
    assert "error" not in codes(judgement).values()
    told = next(finding for finding in judgement.findings if finding.code == "unreachable")
    assert "says nothing about the partner" in told.advice


def test_servers_that_do_not_let_themselves_be_judged_leave_the_verdict_open() -> None:
    seen = observation(server(session=broken("banner", "timeout")), other_host(session=broken("connect", "refused")))
    assert verdict_on(seen).verdict == "unknown"
    assert verdict_on(seen).delivery == "unknown"
    assert verdict_on(observation(server(session=broken("connect", "private")))).verdict == "unknown"
    silent_inside = verdict_on(observation(server(session=broken("ehlo_again", "timeout", tls=TLS))))
    assert (silent_inside.verdict, silent_inside.delivery) == ("unknown", "unknown")


def test_a_fault_counts_also_where_the_conversation_ended_after_it() -> None:
    """A certificate that was seen does not get better by the silence that follows."""
    silent = other_host(trust=Trust("self_signed", 18), session=broken("ehlo_again", "timeout", tls=TLS))
    judgement = verdict_on(observation(server(), silent))
    assert judgement.verdict == "not_ready"
    assert judgement.sustains == "encryption_only"
    assert judgement.levels == ("domain_validation", None)
    assert verdict_on(observation(server(), silent, level="encryption_only")).verdict == "ready"
    assert verdict_on(observation(silent)).verdict == "not_ready"


@pytest.mark.parametrize("fault", ["private", "deadline"])
def test_a_port_is_called_closed_only_where_it_was_tried(fault: str) -> None:
    found = codes(verdict_on(observation(server(session=broken("connect", t.cast(t.Any, fault))))))
    assert "unreachable" not in found


def test_ipv6_that_works_elsewhere_is_no_excuse() -> None:
    judgement = verdict_on(
        observation(
            server(address="2001:db8::1"),
            other_host(address="2001:db8::2", session=broken("connect", "unreachable")),
        )
    )
    assert codes(judgement)["connect_failed"] == "warning"
    assert "ipv6_not_tested" not in codes(judgement)


@pytest.mark.parametrize(("fault", "code"), [("closed", "closed_early"), ("timeout", "reply_timeout")])
def test_tls13_alone_that_comes_to_no_good_end_is_not_judged(fault: str, code: str) -> None:
    """So it looks when a client certificate is demanded and the alert that says so gets lost."""
    inside = broken("ehlo_again", t.cast(t.Any, fault), tls=dataclasses.replace(TLS, protocol="TLSv1.3"))
    judgement = verdict_on(observation(server(session=broken("handshake", "tls"), second=inside)))
    assert judgement.verdict == "unknown"
    assert judgement.levels == (None,)
    assert {"tls13_only", code} <= set(codes(judgement))


def test_a_run_that_was_cut_off_promises_nothing() -> None:
    judgement = verdict_on(observation(server(), cut_off=True))
    assert judgement.verdict == "unknown"
    assert codes(judgement) == {"deadline_reached": "warning"}
    weak = verdict_on(observation(server(trust=Trust("self_signed", 18)), cut_off=True))
    assert weak.verdict == "not_ready"  # what was seen suffices


@pytest.mark.parametrize(
    ("problem", "verdict", "delivery", "code", "severity"),
    [
        ("null_mx", "not_ready", "blocked", "null_mx", "error"),
        ("nxdomain", "not_ready", "blocked", "nxdomain", "error"),
        ("no_address", "not_ready", "blocked", "no_address", "error"),
        ("dns_failed", "unknown", "unknown", "dns_failure", "warning"),
        ("dns_timeout", "unknown", "unknown", "dns_failure", "warning"),
    ],
)
def test_without_a_route_the_reason_decides(
    problem: str, verdict: str, delivery: str, code: str, severity: str
) -> None:
    seen = dataclasses.replace(observation(), route=Route(problem=t.cast(t.Any, problem)), servers=())
    judgement = verdict_on(seen)
    assert (judgement.verdict, judgement.delivery) == (verdict, delivery)
    assert codes(judgement) == {code: severity}


def test_what_is_odd_about_the_route_is_told() -> None:
    alias = Host(MX, addresses=("2001:db8::1",), canonical="lb.contoso.net")
    empty = Host("old.contoso.com", problem="nxdomain")
    seen = observation(server(alias, address="2001:db8::1"), route=Route((alias, empty), stray_null_mx=True))
    assert codes(verdict_on(seen)) == {
        "mx_is_cname": "warning",
        "mx_no_address": "warning",
        "stray_null_mx": "warning",
        "ipv6_only": "info",
    }
    implicit = Host(DOMAIN, via="implicit_mx", addresses=("192.0.2.1",))
    assert codes(verdict_on(observation(server(implicit, certificate(DOMAIN))))) == {"implicit_mx": "info"}
    network = Host("", via="smart_host", addresses=("192.0.2.1",), more=100)
    assert codes(verdict_on(observation(server(network, certificate(DOMAIN))))) == {"network_cut": "info"}


# -- severity --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "severity"),
    [("encryption_only", "info"), ("certificate_validation", "error"), ("domain_validation", "error")],
)
def test_a_fault_is_an_error_only_where_it_stands_against_the_level(level: str, severity: str) -> None:
    judgement = verdict_on(observation(server(trust=Trust("self_signed", 18)), level=level, certificate_name=MX))
    assert codes(judgement)["self_signed"] == severity
    assert judgement.verdict == ("ready" if severity == "info" else "not_ready")


def test_errors_come_first() -> None:
    seen = observation(
        server(trust=Trust("self_signed", 18), session=session(client_certificate_asked=True, injected=1))
    )
    assert [finding.severity for finding in verdict_on(seen).findings] == ["error", "warning", "info"]


# -- DANE and MTA-STS ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "mode", "delivery", "code"),
    [
        (dane("mismatch"), "opportunistic", "blocked", "dane_mismatch"),
        (dane("bogus"), "opportunistic", "blocked", "dane_bogus"),
        (dane("mismatch"), "none", "ok", None),
        (dane("mismatch", proven=False), "opportunistic", "unknown", "dane_unproven"),
        (dane("unusable"), "opportunistic", "ok", "dane_unusable"),
        (dane("match"), "opportunistic", "ok", None),
        (dane("match"), "mandatory", "ok", None),
        (Dane("none"), "mandatory", "blocked", "dane_missing"),
        (dane("unusable"), "mandatory", "blocked", "dane_missing"),
        (Dane("none"), "opportunistic", "ok", None),
        (Dane("none", proven=False), "opportunistic", "ok", None),
        (Dane("none", proven=False), "mandatory", "unknown", "dane_unseen"),
        (dane("unusable", proven=False), "mandatory", "unknown", "dane_unseen"),
        (dane("match", proven=False), "mandatory", "unknown", "dane_unseen"),
        (dane("match", proven=False), "opportunistic", "ok", None),
    ],
)
def test_dane_and_the_connectors_mode_decide_on_delivery(
    found: Dane, mode: str, delivery: str, code: str | None
) -> None:
    judgement = verdict_on(observation(server(dane=found), smtp_dane_mode=mode))
    assert judgement.delivery == delivery
    assert (code in codes(judgement)) if code else (codes(judgement) == {})
    assert judgement.verdict == {"ok": "ready", "blocked": "not_ready", "unknown": "unknown"}[delivery]
    assert judgement.sustains == "domain_validation"


def test_records_of_a_server_that_was_not_reached_leave_delivery_open() -> None:
    seen = observation(server(dane=dane("unjudged"), session=broken("connect", "timeout")))
    assert verdict_on(seen).delivery == "unknown"
    silent = verdict_on(observation(server(dane=Dane("unjudged", detail="no answer within 10 seconds"))))
    assert (silent.delivery, silent.verdict, codes(silent)) == ("unknown", "unknown", {"dns_failure": "warning"})


def test_one_host_that_passes_is_enough_for_delivery() -> None:
    judgement = verdict_on(observation(server(dane=dane("mismatch")), other_host()))
    assert judgement.delivery == "ok"
    assert codes(judgement)["dane_mismatch"] == "warning"
    assert judgement.verdict == "ready"


@pytest.mark.parametrize(
    ("mta_sts", "mode", "delivery", "code", "severity"),
    [
        (policy(), "opportunistic", "ok", None, None),
        (policy("enforce", "*.contoso.com"), "opportunistic", "ok", None, None),
        (policy("enforce", "mail.contoso.com"), "opportunistic", "blocked", "sts_mx_mismatch", "error"),
        (policy("testing", "mail.contoso.com"), "opportunistic", "ok", "sts_mx_mismatch", "warning"),
        (policy("enforce", "mail.contoso.com"), "none", "ok", None, None),
        ({DOMAIN: MtaSts("fetch_failed", "1", detail="404")}, "opportunistic", "ok", "sts_fetch_error", "warning"),
        ({DOMAIN: MtaSts("policy_invalid", detail="no mx")}, "opportunistic", "ok", "sts_policy_invalid", "warning"),
        ({DOMAIN: MtaSts("txt_invalid", detail="two")}, "opportunistic", "ok", "sts_policy_invalid", "warning"),
        ({DOMAIN: MtaSts("dns_failed", detail="SERVFAIL")}, "opportunistic", "ok", "sts_dns_failure", "warning"),
    ],
)
def test_mta_sts_and_the_connectors_mode_decide_on_delivery(
    mta_sts: dict[str, MtaSts], mode: str, delivery: str, code: str | None, severity: str | None
) -> None:
    judgement = verdict_on(observation(server(), mta_sts=mta_sts, mta_sts_mode=mode))
    assert judgement.delivery == delivery
    assert codes(judgement) == ({code: severity} if code else {})


def test_an_enforced_policy_wants_a_trusted_certificate_with_the_hosts_name() -> None:
    for leaf, trust in ((certificate(), Trust("self_signed", 18)), (certificate("mail.contoso.com"), Trust("trusted"))):
        judgement = verdict_on(observation(server(leaf=leaf, trust=trust), mta_sts=policy(), level="encryption_only"))
        assert judgement.delivery == "blocked"
        assert codes(judgement)["sts_certificate"] == "error"
        assert judgement.verdict == "not_ready"


def test_dane_goes_before_mta_sts() -> None:
    good, bad = dane("match"), policy("enforce", "mail.contoso.com")
    assert verdict_on(observation(server(dane=good), mta_sts=bad)).delivery == "ok"
    assert verdict_on(observation(server(dane=good), mta_sts=bad, smtp_dane_mode="none")).delivery == "blocked"
    unproven = dane("match", proven=False)
    assert verdict_on(observation(server(dane=unproven), mta_sts=bad)).delivery == "unknown"


def test_a_policy_that_is_only_tested_is_no_error_beside_one() -> None:
    seen = observation(server(dane=dane("bogus")), mta_sts=policy("testing", "mail.contoso.com"))
    assert codes(verdict_on(seen)) == {"dane_bogus": "error", "sts_mx_mismatch": "warning"}


def test_a_smart_host_answers_to_its_own_policy_alone() -> None:
    """A host that a smart host's MX records name is held against the smart host's policy, an address against none."""

    def of(smart_host: str) -> Server:
        host = Host(f"mx.{smart_host}", via="smart_host", addresses=(ADDRESS,), smart_host=smart_host)
        return server(host, certificate(host.name))

    policies = {name: MtaSts("found", "1", "enforce", (f"mx.{name}",), 60) for name in ("a.example", "b.example")}
    address = server(Host("", via="smart_host", addresses=("192.0.2.9",)), address="192.0.2.9")
    asked: dict[str, t.Any] = {"smart_hosts": ("a.example", "b.example", "192.0.2.9"), "level": "encryption_only"}
    judgement = verdict_on(observation(of("a.example"), of("b.example"), address, mta_sts=policies, **asked))
    assert judgement.delivery == "ok"
    assert "sts_mx_mismatch" not in codes(judgement)
    swapped = {"a.example": policies["b.example"]}
    assert verdict_on(observation(of("a.example"), mta_sts=swapped, **asked)).delivery == "blocked"


def test_a_policy_that_leaves_a_host_out_is_known_without_a_connection() -> None:
    seen = observation(server(session=broken("connect", "timeout")), mta_sts=policy("enforce", "mail.contoso.com"))
    assert verdict_on(seen).delivery == "blocked"
    assert verdict_on(dataclasses.replace(seen, mta_sts=policy())).delivery == "unknown"


# -- what holds for all ----------------------------------------------------------------------------------------------


def test_every_code_is_brought_up_by_some_test() -> None:
    source = pathlib.Path(__file__).read_text(encoding="utf-8")
    assert [code for code in CODES if f'"{code}"' not in source] == []


SERVER = st.sampled_from([make for _code, make, _level in SERVERS] + [server, other_host])
DANES = st.builds(
    lambda status, proven: dane(status, proven=proven),
    st.sampled_from(["none", "match", "mismatch", "bogus", "unusable"]),
    st.booleans(),
)
#: What may befall a server on top of its own fault, once it has shown its certificate.
ENDS = st.sampled_from([None, None, *(broken("ehlo_again", fault, tls=TLS) for fault in FAULTS)])
STS = st.sampled_from([{}, policy(), policy("enforce", "other.example"), policy("testing", "other.example")])


@st.composite
def observations(draw: st.DrawFn) -> Observation:
    made = draw(st.lists(SERVER.map(lambda make: make()), min_size=1, max_size=4))
    ends = [draw(ENDS) if one.session.tls is not None else None for one in made]
    servers = [
        one if end is None else dataclasses.replace(one, session=end) for one, end in zip(made, ends, strict=True)
    ]
    late = any(one.session.failure is not None and one.session.failure.fault == "deadline" for one in servers)
    # Without TLS there is nothing that records could be held against.
    danes = [draw(DANES) if one.tls is not None else draw(st.just(dane("unjudged"))) for one in servers]
    return observation(
        *(dataclasses.replace(one, dane=found) for one, found in zip(servers, danes, strict=True)),
        level=draw(st.sampled_from(LEVELS[1:])),
        certificate_name=draw(st.sampled_from(["", MX, "*.contoso.com", "contoso.com", "mail.fabrikam.com"])),
        smtp_dane_mode=draw(st.sampled_from(["opportunistic", "mandatory", "none"])),
        mta_sts_mode=draw(st.sampled_from(["opportunistic", "none"])),
        mta_sts=draw(STS),
        cut_off=late or draw(st.booleans()),
    )


@given(observations())
def test_a_verdict_agrees_with_its_findings(seen: Observation) -> None:
    judgement = verdict_on(seen)
    severities = set(codes(judgement).values())
    assert (judgement.verdict == "not_ready") == ("error" in severities)
    if judgement.verdict == "ready":
        assert judgement.delivery == "ok"
        assert judgement.sustains is not None
        assert rank(judgement.sustains) >= rank(seen.target.level)
    if judgement.verdict == "unknown":
        assert "warning" in severities
    assert (judgement.verdict == "unreachable") <= ("unreachable" in codes(judgement))
    assert (judgement.sustains is None) == (set(judgement.levels) <= {None})


@given(observations())
def test_a_server_more_never_raises_what_all_sustain(seen: Observation) -> None:
    fewer = dataclasses.replace(seen, servers=seen.servers[:-1])
    before, after = verdict_on(fewer).sustains, verdict_on(seen).sustains
    if before is not None:
        assert after is not None
        assert rank(after) <= rank(before)


@given(observations())
def test_a_lower_level_is_never_judged_more_harshly(seen: Observation) -> None:
    order = ("not_ready", "unreachable", "unknown", "ready")
    verdicts = [
        verdict_on(dataclasses.replace(seen, target=dataclasses.replace(seen.target, level=level))).verdict
        for level in LEVELS[1:]
    ]
    assert [order.index(verdict) for verdict in verdicts] == sorted(map(order.index, verdicts), reverse=True)
