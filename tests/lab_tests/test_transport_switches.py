# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The transport's switches: every value of each."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.mailflow.exchange_online.tests.lab.evidence import BASES
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.shapes import TlsSettings
from ansible_collections.mailflow.exchange_online.tests.lab.mailflow.transport_switches import SWITCHES
from ansible_collections.mailflow.exchange_online.tests.lab.partners import PartnerWorld
from ansible_collections.mailflow.exchange_online.tests.lab_tests.transport_client import Office

MAILFLOW = pathlib.Path(__file__).resolve().parents[1] / "lab" / "mailflow"
CANNOT = "450 4.4.317 Cannot connect to remote server"

#: Switch, value, partner, level, change of the route, beginning of the text.
READINGS: tuple[tuple[str, str, str, TlsSettings | None, dict[str, t.Any], str], ...] = (
    ("outbound_tls13", "no", "j_tls13", "EncryptionOnly", {}, "450 4.4.317 "),
    ("outbound_tls13", "yes", "j_tls13", "EncryptionOnly", {}, "250 "),
    ("outbound_tls13", "yes", "a_good", "DomainValidation", {}, "250 "),
    ("outbound_tls13", "yes", "aa_client_cert_req", "EncryptionOnly", {}, "450 4.4.317 "),
    ("outbound_ecdsa", "yes", "a_ecdsa", "DomainValidation", {}, "250 "),
    ("outbound_ecdsa", "no", "a_ecdsa", "DomainValidation", {}, "450 4.4.317 "),
    ("outbound_sni", "yes", "q_sni_alert", "DomainValidation", {}, "250 "),
    ("outbound_sni", "no", "q_sni_alert", "DomainValidation", {}, "450 4.4.317 "),
    ("outbound_sni", "no", "q_sni_default", "DomainValidation", {}, "450 4.4.317 "),
    ("certificate_failure_code", "4.4.317", "c_expired", "DomainValidation", {}, f"{CANNOT} [Message=CertificateE"),
    (
        *("certificate_failure_code", "4.7.320", "c_expired", "DomainValidation", {}),
        "450 4.7.320 Certificate validation failed [Message=CertificateExpired Expected Subject: mx.c-expired.test. ",
    ),
    (
        *("certificate_failure_code", "4.7.320", "d_selfsigned", "CertificateValidation", {}),
        "450 4.7.320 Certificate validation failed [Message=UntrustedRoot] ",
    ),
    (
        *("certificate_failure_code", "4.7.320", "b_wrong_name", "DomainValidation", {}),
        "450 4.7.320 Certificate validation failed [Message=SubjectMismatch ",
    ),
    # A server without STARTTLS has shown no certificate.
    ("certificate_failure_code", "4.7.320", "f_no_starttls", "DomainValidation", {}, f"{CANNOT} [Message=451 5.7.3 "),
    ("revocation_unknown", "accepted", "bb_crl_missing", "CertificateValidation", {}, "250 "),
    ("revocation_unknown", "refused", "bb_crl_missing", "CertificateValidation", {}, "450 4.7.320 "),
    ("revocation_unknown", "refused", "bb_crl_stale", "CertificateValidation", {}, "450 4.7.320 "),
    ("revocation_unknown", "refused", "bb_crl_stale", "EncryptionOnly", {}, "250 "),
    # One that names no list has none that is missing.
    ("revocation_unknown", "refused", "bb_crl_none", "CertificateValidation", {}, "250 "),
    ("revocation_unknown", "refused", "a_good", "CertificateValidation", {}, "250 "),
    ("tls_domain_depth", "all", "b_tlsdomain_deep", "DomainValidation", {}, "250 "),
    ("tls_domain_depth", "one", "b_tlsdomain_deep", "DomainValidation", {}, f"{CANNOT} [Message=SubjectMismatch "),
    ("tls_domain_depth", "one", "a_good", "DomainValidation", {"tls_domain": "*.a-good.test"}, "250 "),
    ("tls_domain_apex", "no", "o_wildcard", "DomainValidation", {"tls_domain": "o-wildcard.test"}, f"{CANNOT} [Mess"),
    ("tls_domain_apex", "yes", "o_wildcard", "DomainValidation", {"tls_domain": "o-wildcard.test"}, "250 "),
    ("tls_domain_apex", "yes", "o_wildcard", "DomainValidation", {"tls_domain": "x.test"}, f"{CANNOT} [Message=Subj"),
    ("dane_expired", "accepted", "v_dane_expired_ee", "EncryptionOnly", {}, "250 "),
    ("dane_expired", "refused", "v_dane_expired_ee", "EncryptionOnly", {}, "450 4.7.322 certificate-expired: Dest"),
    ("dane_expired", "refused", "v_dane_ok", "EncryptionOnly", {}, "250 "),
    ("dnssec_failure_code", "4.7.324", "v_dane_bogus", None, {}, "450 4.7.324 dnssec-invalid: "),
    ("dnssec_failure_code", "4.4.312", "v_dane_bogus", None, {}, "450 4.4.312 DNS query failed [LastAttemptedSe"),
    ("dane_smart_hosts", "by_name", "v_dane_bad", None, {"smart_hosts": ("mx.v-dane-bad.test",)}, "450 4.7.323 "),
    ("dane_smart_hosts", "off", "v_dane_bad", None, {"smart_hosts": ("mx.v-dane-bad.test",)}, "250 "),
    ("dane_smart_hosts", "off", "v_dane_bad", None, {}, "450 4.7.323 "),
    ("dane_and_mta_sts", "dane_first", "w_sts_dane_wins", None, {}, "250 "),
    ("dane_and_mta_sts", "both", "w_sts_dane_wins", None, {}, "450 4.4.8 "),
)


@pytest.fixture(scope="module")
def office() -> t.Iterator[Office]:
    with PartnerWorld({row[2] for row in READINGS}, hang_seconds=60) as world:
        yield Office(world)


@pytest.mark.parametrize(("name", "value", "case_id", "level", "changes", "text"), READINGS)
def test_both_settings_of_each_switch(
    name: str, value: str, case_id: str, level: TlsSettings | None, changes: dict[str, t.Any], text: str, office: Office
) -> None:
    attempt = office.send(case_id, level, settings={name: value}, **changes)
    assert attempt.text.startswith(text), (attempt.text, attempt.conversation)


def test_with_tls_1_3_it_is_used_where_it_is_offered(office: Office) -> None:
    assert office.send("a_good", settings={"outbound_tls13": "yes"}).protocol == "TLSv1.3"
    assert office.send("a_good", settings={"outbound_tls13": "no"}).protocol == "TLSv1.2"


def test_each_setting_of_each_switch_is_tried() -> None:
    tried = {(row[0], row[1]) for row in READINGS}
    assert tried == {(switch.name, value) for switch in SWITCHES for value in switch.values or ()}


def test_each_switch_is_read() -> None:
    text = "\n".join(path.read_text() for path in sorted(MAILFLOW.glob("*.py")))
    for switch in SWITCHES:
        assert f'switches["{switch.name}"]' in text, switch.name
        assert switch.basis in BASES
        assert switch.values is not None
        assert switch.default in switch.values
