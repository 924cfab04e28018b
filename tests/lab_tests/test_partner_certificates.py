# Copyright: (c) 2026, mailflow.exchange_online contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the partners' servers show in a handshake, seen by a client of its own."""

from __future__ import annotations

import datetime
import itertools
import ssl
import typing as t

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from ansible_collections.mailflow.exchange_online.tests.lab.partners import PartnerWorld
from ansible_collections.mailflow.exchange_online.tests.lab_tests.partner_client import (
    Smtp,
    address,
    context,
    look,
    names,
    wait_for,
)

#: OpenSSL's X509_V_ERR_* for each server, when it is verified without its name.
VERIFIED = {
    "a_good": 0,
    "a_good_san_domain": 0,
    "a_ecdsa": 0,
    "o_wildcard": 0,
    "m_near_expiry": 0,
    "b_wrong_name": 0,
    "b_cn_only": 0,
    "c_expired": 10,
    "c_not_yet": 9,
    "d_selfsigned": 18,
    "e_unknown_ca": 19,
    "e_unknown_ca_no_root": 20,
    "e_unknown_ca_bare": 20,
    "e_unknown_ca_linked": 20,
    "l_no_intermediate": 20,
    "k_rsa1024": 0,
    "k_sha1": 0,
    "cc_eku_client": 26,
    "cc_broken_san": 0,
    "bb_revoked": 0,
    "ee_smarthost_ip": 0,
}


@pytest.fixture(scope="module")
def world() -> t.Iterator[PartnerWorld]:
    with PartnerWorld() as running:
        yield running


@pytest.mark.parametrize("case_id", VERIFIED)
def test_a_verifying_client_comes_to_the_same_end(world: PartnerWorld, case_id: str) -> None:
    tls = context(ca_path=world.ca_path)
    tls.verify_flags &= ~ssl.VERIFY_X509_STRICT  # what Python adds since 3.13 is not what mail servers ask for
    code = 0
    try:
        look(world, case_id, tls)
    except ssl.SSLCertVerificationError as problem:
        code = problem.verify_code
    assert code == VERIFIED[case_id]


@pytest.mark.parametrize(
    ("case_id", "length"),
    [("a_good", 2), ("d_selfsigned", 1), ("e_unknown_ca", 3), ("e_unknown_ca_no_root", 2), ("l_no_intermediate", 1)],
)
def test_the_chain_as_sent(world: PartnerWorld, case_id: str, length: int) -> None:
    chain = look(world, case_id).chain
    assert len(chain) == length
    for lower, upper in itertools.pairwise(chain):
        lower.verify_directly_issued_by(upper)


@pytest.mark.parametrize(
    ("case_id", "expected"),
    [
        ("a_good", ["mx.a-good.test"]),
        ("a_good_san_domain", ["mx.a-good-san-domain.test", "a-good-san-domain.test"]),
        ("o_wildcard", ["*.o-wildcard.test"]),
        ("b_wrong_name", ["other.example"]),
        ("b_tlsdomain", ["mx.hoster.example"]),
        ("b_tlsdomain_deep", ["mx.deep.b-tlsdomain-deep.test"]),
        ("x_idn", ["mx.xn--bcher-x-n2a.test"]),
    ],
)
def test_the_names(world: PartnerWorld, case_id: str, expected: list[str]) -> None:
    assert names(look(world, case_id).chain[0]) == expected


def test_a_certificate_without_san(world: PartnerWorld) -> None:
    leaf = look(world, "b_cn_only").chain[0]
    assert leaf.subject.rfc4514_string() == "CN=mx.b-cn-only.test"
    with pytest.raises(x509.ExtensionNotFound):
        names(leaf)


def test_a_san_that_cannot_be_read(world: PartnerWorld) -> None:
    with pytest.raises(ValueError, match="ParseError"):
        names(look(world, "cc_broken_san").chain[0])


def test_keys_signatures_and_purposes(world: PartnerWorld) -> None:
    keys = {case_id: look(world, case_id).chain[0].public_key() for case_id in ("a_good", "a_ecdsa", "k_rsa1024")}
    assert isinstance(keys["a_ecdsa"], ec.EllipticCurvePublicKey)
    assert isinstance(keys["a_good"], rsa.RSAPublicKey)
    assert isinstance(keys["k_rsa1024"], rsa.RSAPublicKey)
    assert (keys["a_good"].key_size, keys["k_rsa1024"].key_size) == (2048, 1024)
    chain = look(world, "k_sha1").chain
    assert chain[0].signature_algorithm_oid.dotted_string == "1.2.840.113549.1.1.5"
    assert chain[1].signature_algorithm_oid.dotted_string != "1.2.840.113549.1.1.5"
    purposes = look(world, "cc_eku_client").chain[0].extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_the_days_that_are_left(world: PartnerWorld) -> None:
    now = datetime.datetime.now(datetime.UTC)
    days = {
        case_id: (look(world, case_id).chain[0].not_valid_after_utc - now).days
        for case_id in ("a_good", "m_near_expiry")
    }
    assert days == {"a_good": 90, "m_near_expiry": 10}


def test_two_servers_of_one_host(world: PartnerWorld) -> None:
    now = datetime.datetime.now(datetime.UTC)
    ends = [look(world, "dd_multi_a", number=number).chain[0].not_valid_after_utc for number in (0, 1)]
    assert [end > now for end in ends] == [True, False]


def test_customers_of_one_provider_share_its_server(world: PartnerWorld) -> None:
    assert len({address(f"ff_shared_{number}") for number in (1, 2, 3)}) == 1
    assert names(look(world, "ff_shared_2").chain[0]) == ["*.provider.example"]


# -- what is agreed on -----------------------------------------------------------------------------------------------

VERSIONS = [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
SPOKEN = {
    "a_good": ["TLSv1.2", "TLSv1.3"],
    "i_tls10": ["TLSv1", "TLSv1.1"],
    "i_tls11": ["TLSv1.1"],
    "j_tls12": ["TLSv1.2"],
    "j_tls13": ["TLSv1.3"],
}


@pytest.mark.parametrize("case_id", SPOKEN)
def test_the_versions_of_tls(world: PartnerWorld, case_id: str) -> None:
    spoken, hung_up = [], []
    for version in VERSIONS:
        try:
            spoken.append(look(world, case_id, context(version, version, "ALL")).version)
        except ssl.SSLEOFError:
            hung_up.append(version)  # real servers refuse with an alert
        except ssl.SSLError:
            continue
    assert (spoken, hung_up) == (SPOKEN[case_id], [])


@pytest.mark.parametrize(
    ("case_id", "suite", "agreed"),
    [
        ("i_dhe_only", "ALL", "DHE-RSA-AES256-GCM-SHA384"),
        ("i_dhe_only", "ECDHE:kRSA", ""),
        ("i_chacha_only", "ALL", "ECDHE-RSA-CHACHA20-POLY1305"),
        ("i_chacha_only", "AESGCM", ""),
        ("j_static_rsa", "ALL", "AES256-GCM-SHA384"),
        ("j_static_rsa", "ECDHE", ""),
    ],
)
def test_the_suites(world: PartnerWorld, case_id: str, suite: str, agreed: str) -> None:
    tls = context(newest=ssl.TLSVersion.TLSv1_2, suites=suite)
    if agreed:
        assert look(world, case_id, tls).cipher == agreed
    else:
        with pytest.raises(ssl.SSLError, match="HANDSHAKE_FAILURE"):
            look(world, case_id, tls)


def test_servers_that_go_by_the_name_asked_for(world: PartnerWorld) -> None:
    assert names(look(world, "q_sni_default").chain[0]) == ["mx.q-sni-default.test"]
    assert names(look(world, "q_sni_default", name="").chain[0]) == ["default.example"]
    look(world, "q_sni_alert")
    for name in ("", "other.example"):
        with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
            look(world, "q_sni_alert", name=name)
    visits = world.visits("q_sni_alert")
    wait_for(lambda: all(visit.closed is not None for visit in visits))
    assert [visit.sni for visit in visits] == ["mx.q-sni-alert.test", "", "other.example"]


def test_client_certificates(world: PartnerWorld) -> None:
    look(world, "aa_client_cert_opt")
    for case_id, newest in (
        ("aa_client_cert_req", ssl.TLSVersion.TLSv1_2),
        ("aa_client_cert_req", ssl.TLSVersion.TLSv1_3),
        ("aa_client_cert_req_tls12", ssl.TLSVersion.TLSv1_3),
    ):
        with pytest.raises(ssl.SSLError, match="ALERT"):
            look(world, case_id, context(newest=newest))


def test_a_certificate_that_is_none(world: PartnerWorld) -> None:
    tls = context(newest=ssl.TLSVersion.TLSv1_2, suites="AES128-GCM-SHA256")
    with Smtp(world, address("g_garbage")) as talk:
        talk.to_starttls()
        with pytest.raises(ssl.SSLError):
            talk.secure(tls, "mx.g-garbage.test")
